# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What a checkpoint holds: weights, class names, the config of its training.

MMEngine writes the config as Python text, and its own reader executes that
text. A checkpoint that somebody else has made would run what it likes. The
text that MMEngine writes is plain values, and plain values are all that is
read here.
"""

import ast
import re
from typing import Any, Dict, List, Mapping, Optional

from mmengine.config import Config
from mmengine.utils import import_modules_from_strings
from torch import Tensor

from ..annotations.class_names import names_in

_CONSTANTS = {'inf': float('inf'), 'nan': float('nan')}


def checkpoint_weights(checkpoint: Mapping[str, Any]) -> Dict[str, Tensor]:
    """Return the weights of a checkpoint, without a wrapper's ``module.``."""
    state = checkpoint.get('state_dict', checkpoint)
    if not isinstance(state, Mapping):
        return {}
    return {
        re.sub(r'^module\.', '', key): value
        for key, value in state.items()
        if isinstance(value, Tensor)
    }


def config_inside(checkpoint: Mapping[str, Any]) -> Optional[Config]:
    """Read the config in a checkpoint.

    Args:
        checkpoint: What the file holds.

    Returns:
        The config; None if the checkpoint has none.

    Raises:
        ValueError: It is not plain values: assignments of numbers, texts,
            lists, tuples and dicts.

    Example:
        >>> config_inside(dict(meta=dict(cfg='model = dict(depth=18)')))
        Config (path: None): {'model': {'depth': 18}}
    """
    meta = checkpoint.get('meta')
    if not isinstance(meta, Mapping):
        return None
    # MMTracking 0.x called it config.
    text = meta.get('cfg') or meta.get('config')
    if not isinstance(text, str):
        return None
    return Config(_read(text))


def class_names_inside(checkpoint: Mapping[str, Any]) -> Optional[List[str]]:
    """Return the class names that a checkpoint was trained with, by label.

    MMEngine writes the meta information of the training data, MMTracking 0.x
    the names alone; None if neither is there.
    """
    meta = checkpoint.get('meta')
    if not isinstance(meta, Mapping):
        return None
    return names_in(meta.get('dataset_meta'), 'the checkpoint') or names_in(
        meta, 'the checkpoint'
    )


def import_custom_modules(cfg: Config) -> None:
    """Import the modules that ``custom_imports`` of a config names.

    They are the user's own, such as another backbone; MMEngine imports them
    when it reads a config file.
    """
    if cfg.get('custom_imports'):
        import_modules_from_strings(**cfg.custom_imports)


def _read(text: str) -> dict:
    """Return the values that a text assigns, by name."""
    values = {}
    try:
        for statement in ast.parse(text).body:
            if (
                not isinstance(statement, ast.Assign)
                or len(statement.targets) != 1
                or not isinstance(statement.targets[0], ast.Name)
            ):
                raise ValueError(f'line {statement.lineno} is no assignment')
            values[statement.targets[0].id] = _value(statement.value)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(
            'the config in the checkpoint is not plain values, and is not '
            f'executed ({error}); give the config that it was trained with'
        ) from error
    return values


def _value(node: ast.expr) -> Any:
    """Return the value of an expression; ``dict(a=1)`` is the only call."""
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == 'dict'
        and not node.args
        and all(keyword.arg for keyword in node.keywords)
    ):
        return {str(k.arg): _value(k.value) for k in node.keywords}
    if isinstance(node, ast.Dict) and None not in node.keys:
        return {
            ast.literal_eval(key): _value(value)  # type: ignore[arg-type]
            for key, value in zip(node.keys, node.values)
        }
    if isinstance(node, ast.List):
        return [_value(item) for item in node.elts]
    if isinstance(node, ast.Tuple):
        return tuple(_value(item) for item in node.elts)
    if isinstance(node, ast.Name) and node.id in _CONSTANTS:
        return _CONSTANTS[node.id]
    try:
        return ast.literal_eval(node)
    except ValueError as error:
        raise ValueError(f'line {node.lineno}: {error}') from error
