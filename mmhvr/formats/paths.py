# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The files of an export."""

from __future__ import annotations

import os
from pathlib import Path
from typing import List

from ..utils.files import natural_key


def files_in(path: Path, *suffixes: str) -> List[Path]:
    """Return a file itself, or the files of a folder and all below it.

    Args:
        path (Path): A file or a folder.
        suffixes (str): Endings of the files, in small letters.

    Returns:
        list[Path]: In natural order; hidden files are passed over.

    Raises:
        FileNotFoundError: There is nothing at the path.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise FileNotFoundError(
            f'{path} does not exist (looked for {path.resolve()}); name the '
            'file or folder that your annotation tool has exported'
        )
    found = []
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(f for f in folders if not f.startswith('.'))
        found += [
            os.path.join(folder, name)
            for name in names
            if name.lower().endswith(suffixes) and not name.startswith('.')
        ]
    return [Path(name) for name in sorted(found, key=natural_key)]
