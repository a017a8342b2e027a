# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Reading a config file, and saying which of its files is wrong."""

import ast
import inspect
import os.path as osp
import warnings
from typing import Iterator, List, Optional, Set, Tuple

from mmengine.config import Config
from mmengine.runner import Runner


def read_config(path: str) -> Config:
    """Read a config file and those that it builds on.

    Args:
        path: The file.

    Raises:
        FileNotFoundError: There is no such file, or one of its ``_base_`` is
            missing; the text says which file names it.
        ValueError: One of the files is not Python.
    """
    if not osp.isfile(path):
        raise FileNotFoundError(
            f'config {path} was not found (looked for {osp.abspath(path)}); '
            'mim finds the configs of mmhvr by file name alone: mim train '
            'mmhvr hvr_faster-rcnn_r18_mini.py'
        )
    try:
        cfg = Config.fromfile(path)
        _warn_of_idle_names(path)
        return cfg
    except (FileNotFoundError, SyntaxError) as error:
        _explain(path)
        kind = ValueError if isinstance(error, SyntaxError) else type(error)
        raise kind(f'config {path}: {error}') from error


def _warn_of_idle_names(path: str) -> None:
    """Warn of names in a config that its base has used before they are set.

    ``num_frames = 5`` in a child does not reach what the base made of its own
    ``num_frames``.
    """
    own, *below = [_names(name) for _, name in _files(path)]
    used = set().union(*(given & read for given, read in below))
    of_a_run = {'_base_', *inspect.signature(Runner).parameters}
    for name in sorted((own[0] & used) - own[1] - of_a_run):
        warnings.warn(
            f'config {path}: `{name}` changes nothing: the base has used its '
            f'own {name} already. Set the keys that it is used for '
            '(docs/en/configs.md, "Overriding")'
        )


def _names(path: str) -> Tuple[Set[str], Set[str]]:
    """Return the names that a config file sets at its top, and reads."""
    given, read = set(), set()
    if path.endswith('.py'):
        with open(path, encoding='utf-8') as file:
            tree = ast.parse(file.read())
        for statement in tree.body:
            if isinstance(statement, ast.Assign):
                for target in statement.targets:
                    if isinstance(target, ast.Name):
                        given.add(target.id)
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                read.add(node.id)
    return given, read


def _explain(path: str) -> None:
    """Raise what is wrong with the first wrong file of a config."""
    for name, base in _files(path):
        if not osp.isfile(base):
            raise FileNotFoundError(
                f'config {name} builds on {base}, which was not found; a '
                f'path in _base_ is relative to the folder of {name} '
                f'({osp.dirname(osp.abspath(name))}); one of mmhvr needs its '
                'full path there (docs/en/data.md, at the end)'
            ) from None


def _files(path: str, named_by: str = '') -> Iterator[Tuple[str, str]]:
    """Yield (who names it, path) of a config file and those below it.

    Raises:
        ValueError: One of them is not Python.
    """
    yield named_by, path
    if not osp.isfile(path) or not path.endswith('.py'):
        return
    with open(path, encoding='utf-8') as file:
        text = file.read()
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise ValueError(
            f'config {path}, line {error.lineno}: {error.msg}'
        ) from error
    for base in _bases(tree):
        if '::' not in base:  # of another package
            below = osp.normpath(osp.join(osp.dirname(path), base))
            yield from _files(below, path)


def _bases(tree: ast.Module) -> List[str]:
    """Return what ``_base_`` of a config names."""
    for node in tree.body:
        named: Optional[ast.expr] = None
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            named = node.targets[0]
        if isinstance(named, ast.Name) and named.id == '_base_':
            try:
                value = ast.literal_eval(node.value)  # type: ignore
            except ValueError:  # put together of parts
                return []
            return [value] if isinstance(value, str) else list(value)
    return []
