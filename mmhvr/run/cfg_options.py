# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The words of ``--cfg-options``."""

import ast
import difflib
import inspect
import warnings
from typing import Any, Dict, List, Mapping, Optional, Sequence

from mmengine.config import Config
from mmengine.runner import Runner

_CLOSING = {'(': ')', '[': ']', '{': '}'}
# What may stand before a quote that begins a text.
_BEFORE = ('', '(', '[', '{', ':', ',')
# Top-level settings that a run reads beside the arguments of MMEngine's
# runner.
_READ = {'runner_type', 'custom_imports', 'find_unused_parameters'}


def parse_cfg_options(options: Optional[Sequence[str]]) -> Dict[str, Any]:
    """Turn ``KEY=VALUE`` words into the dict that a config merges.

    Values are numbers, True, False, None, texts, lists with or without
    brackets, tuples in parentheses, and Python's dicts. MMEngine's
    ``DictAction`` reads the same, but removes all blanks, also those inside
    names.

    Args:
        options: Words such as ``train_cfg.max_iters=10``,
            ``key=[traffic light,car]`` or ``key=['a, b','c']``.

    Returns:
        Keys as given, and their values.

    Raises:
        ValueError: A word has no key or no equals sign, or brackets that do
            not match.

    Example:
        >>> parse_cfg_options(['train_cfg.max_iters=10', 'a=1,b c'])
        {'train_cfg.max_iters': 10, 'a': [1, 'b c']}
    """
    parsed = {}
    for word in options or ():
        key, equals, text = word.partition('=')
        if not key or not equals:
            raise ValueError(
                f'--cfg-options takes KEY=VALUE, found {word!r}; '
                'write for example train_cfg.max_iters=100'
            )
        try:
            parsed[key] = parse_value(text)
        except ValueError as error:
            raise ValueError(f'--cfg-options {word}: {error}') from error
    return parsed


def apply_cfg_options(cfg: Config, options: Optional[Sequence[str]]) -> None:
    """Override settings of a config.

    Args:
        cfg: The config, changed in place.
        options: ``KEY=VALUE`` words.

    Raises:
        ValueError: A word is malformed, its key leads nowhere, or a switch
            is set to a text.

    Warns:
        UserWarning: Nothing reads a key: it is misspelt, or a variable that
            the config files have used already. Or it is new beside one that
            is spelt nearly alike.
    """
    known = set(inspect.signature(Runner.__init__).parameters) | _READ
    for key, value in parse_cfg_options(options).items():
        first = key.split('.')[0]
        if first not in known:
            warnings.warn(_no_effect(first, first in cfg, known), stacklevel=2)
        _compare(cfg, key, value)
        try:
            cfg.merge_from_dict({key: value})
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f'--cfg-options {key} cannot be set: {error.args[0]}'
            ) from error


def parse_value(text: str) -> Any:
    """Return the value of a text, as ``--cfg-options`` takes it.

    Args:
        text: Without its key.

    Raises:
        ValueError: Brackets or quotes do not match.

    Example:
        >>> parse_value('[(1, 2), a b, "3"]')
        [(1, 2), 'a b', '3']
    """
    text = text.strip()
    items = _split(text)
    if len(items) > 1:
        return [parse_value(item) for item in items if item.strip()]
    if text[:1] in ('(', '[') and text[-1:] == _CLOSING[text[0]]:
        inside = [parse_value(i) for i in _split(text[1:-1]) if i.strip()]
        return tuple(inside) if text[0] == '(' else inside
    if text[:1] == '{' or (text[:1] in ('"', "'") and len(text) > 1):
        value = _literal(text)
        # A shell may leave the quotes around a list.
        is_list = isinstance(value, str) and value[:1] in ('(', '[')
        return parse_value(value) if is_list else value
    return _scalar(text)


def _split(text: str) -> List[str]:
    """Split at the commas that are in no brackets and no quotes."""
    parts, open_brackets, quote = [''], [], ''
    for letter in text:
        if quote:
            quote = '' if letter == quote else quote
        elif letter in ('"', "'") and parts[-1].rstrip()[-1:] in _BEFORE:
            quote = letter  # elsewhere it is an apostrophe
        elif letter in _CLOSING:
            open_brackets.append(_CLOSING[letter])
        elif open_brackets and letter == open_brackets[-1]:
            open_brackets.pop()
        elif letter == ',' and not open_brackets:
            parts.append('')
            continue
        parts[-1] += letter
    if (open_brackets or quote) and ',' in text:
        missing = quote or open_brackets[-1]
        raise ValueError(f'{missing} is missing in {text}')
    return parts


def _literal(text: str) -> Any:
    """Return a value in Python's spelling."""
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError) as error:
        raise ValueError(f'{text} is no value in Python') from error


def _scalar(text: str) -> Any:
    """Return a number, True, False, None, or the text itself."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    named = {'true': True, 'false': False}
    return None if text == 'None' else named.get(text.lower(), text)


def _compare(cfg: Config, key: str, value: Any) -> None:
    """Compare an override with what the config has at its place."""
    first, *path = key.split('.')
    last = path.pop() if path else ''
    there: Any = cfg.get(first)
    for part in path:
        if isinstance(there, list) and part.isdigit():
            there = dict(enumerate(there)).get(int(part))
        else:
            there = there.get(part) if isinstance(there, Mapping) else None
    if not last or not isinstance(there, Mapping):
        return  # the merge looks at the rest
    if isinstance(there.get(last), bool) and isinstance(value, str):
        raise ValueError(
            f'--cfg-options {key} is a switch, and the text {value!r} would '
            'switch it on; write True or False'
        )
    near = difflib.get_close_matches(last, list(there), 1, cutoff=0.85)
    if last not in there and near:
        warnings.warn(
            f'--cfg-options {key} is new beside {near[0]}, which stays '
            f'{there[near[0]]!r}; did you mean {near[0]}?',
            stacklevel=3,
        )


def _no_effect(key: str, is_variable: bool, known: set) -> str:
    """Why a setting of this name changes nothing."""
    if is_variable:
        return (
            f'--cfg-options {key} has no effect: it is a variable, which the '
            'config files have used already; set the places where it is used '
            '(docs/en/configs.md, Overriding)'
        )
    near = difflib.get_close_matches(key, known, 1)
    hint = f'; did you mean {near[0]}?' if near else ''
    return f'--cfg-options {key} has no effect: nothing reads it{hint}'
