# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Lines of a config file, none longer than 79 columns."""

import textwrap
from typing import Any, Dict, List

_WIDTH = 79


def comment(text: str) -> List[str]:
    """Return a comment in lines."""
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent='# ',
        subsequent_indent='# ',
        break_long_words=False,
        break_on_hyphens=False,
    )


def assigned(name: str, values: List[str]) -> List[str]:
    """Return the assignment of a tuple of texts, in one line if it fits."""
    items = ', '.join(map(repr, values)) + ',' * (len(values) == 1)
    line = f'{name} = ({items})'
    if len(line) <= _WIDTH:
        return [line]
    return [f'{name} = (', *(f'    {value!r},' for value in values), ')']


def call(values: Dict[str, Any]) -> List[str]:
    """Return a ``dict(...)`` inside of a list, in one line if it fits."""
    items = [f'{key}={value!r}' for key, value in values.items()]
    line = f'    dict({", ".join(items)}),'
    if len(line) <= _WIDTH:
        return [line]
    return ['    dict(', *(f'        {item},' for item in items), '    ),']


def steps(
    pipeline: List[Dict[str, Any]], kind: str, place: str = ''
) -> List[str]:
    """Return the subscripts of the steps of a kind, inside of others, too."""
    found: List[str] = []
    for number, step in enumerate(pipeline):
        here = f'{place}[{number}]'
        if step['type'].split('.')[-1] == kind:
            found.append(here)
        inside = step.get('transforms', [])
        found += steps(inside, kind, f"{here}['transforms']")
    return found
