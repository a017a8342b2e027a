# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What a conversion of weights did, in words."""

from typing import Dict

from .conversion import HEAD, Conversion


def conversion_report(conversion: Conversion) -> str:
    """Tell what was taken, what is new and what was left, by module."""
    groups: Dict[str, int] = {}
    for name, keys in conversion.taken.items():
        origin = ' and '.join(sorted({_module_of(key) for key in keys}))
        line = _module_of(name)
        if origin != line:
            line = f'{line} <- {origin}'
        groups[line] = groups.get(line, 0) + 1
    texts = [f'taken: {len(conversion.taken)} weights']
    texts += [f'  {line} ({number})' for line, number in groups.items()]
    for title, names in (
        ('new, as the config starts them', conversion.new),
        ('left, in the checkpoint alone', conversion.left),
    ):
        texts.append(f'{title}: {len(names)} weights')
        modules = [_module_of(key) for key in names]
        texts += [
            f'  {module} ({modules.count(module)})'
            for module in dict.fromkeys(modules)
        ]
    if conversion.misfits:
        texts.append('of another shape, so new here and left there:')
        texts += [
            f'  {name} {list(ours)}, in the checkpoint {list(theirs)}'
            for _, theirs, name, ours in conversion.misfits
        ]
    return '\n'.join(texts)


def _module_of(key: str) -> str:
    """Return the part of the detector that a weight belongs to."""
    parts = key.split('.')
    if key.startswith(HEAD):
        return '.'.join(parts[:-1])
    return '.'.join(parts[: 3 if parts[1] == 'roi_head' else 2])
