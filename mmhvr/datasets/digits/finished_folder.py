# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Make a folder as a whole: it is complete, or it is not there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Callable


def make_folder(
    root: Path,
    stamp_name: str,
    stamp: dict,
    make: Callable[[Path], None],
    force: bool = False,
) -> bool:
    """Make a folder once.

    The work is done in a folder beside ``root`` that is renamed at the end; a
    rest of an interrupted run is removed first. An old ``root`` goes only
    when the new one is complete.

    Args:
        root (Path): Folder to make.
        stamp_name (str): File in the folder that marks it as finished.
        stamp (dict): What the folder is made from; written to the stamp.
        make (Callable[[Path], None]): Fills an empty folder.
        force (bool): Make a finished folder again.

    Returns:
        bool: False if a finished folder with the same stamp was kept.

    Raises:
        ValueError: ``root`` was made from something else, or is not ours.
    """
    if _keeps(root, stamp_name, stamp, force):
        return False
    root.parent.mkdir(parents=True, exist_ok=True)
    making = root.with_name(f'.{root.name}.making')
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir()
    make(making)
    text = json.dumps(stamp, indent=2) + '\n'
    (making / stamp_name).write_text(text, encoding='utf-8')
    old = root.with_name(f'.{root.name}.old')
    shutil.rmtree(old, ignore_errors=True)
    if root.exists():
        root.rename(old)
    making.rename(root)
    shutil.rmtree(old, ignore_errors=True)
    return True


def _keeps(root: Path, stamp_name: str, stamp: dict, force: bool) -> bool:
    """Whether a finished root stays; ValueError if it must not be touched."""
    if not root.exists():
        return False
    if not root.is_dir():
        raise ValueError(f'{root} is a file; name a folder')
    if not any(root.iterdir()):
        return False
    found = _read_stamp(root / stamp_name)
    if force:
        return False
    if found != stamp:
        detail = ', '.join(
            f'{key} {found.get(key)} instead of {stamp.get(key)}'
            for key in sorted({*found, *stamp})
            if found.get(key) != stamp.get(key)
        )
        raise ValueError(
            f'{root} was made with {detail}; name another folder or make it '
            'again with --force (force=True)'
        )
    return True


def _read_stamp(file: Path) -> dict:
    """Read a stamp; ValueError if it is missing or damaged."""
    if not file.is_file():
        raise ValueError(
            f'{file.parent} holds something else: it has no {file.name}; name '
            'another folder, or remove this one yourself'
        )
    try:
        stamp = json.loads(file.read_text(encoding='utf-8'))
    except ValueError:
        stamp = None
    if not isinstance(stamp, dict):
        raise ValueError(
            f'{file} is damaged; remove the folder {file.parent} and make it '
            'again'
        )
    return stamp
