# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Whether results can be written, and the order of file names."""

import os
import os.path as osp
import re
from typing import Tuple


def check_writable(path: str, kind: str) -> None:
    """Make the folder of a file and makes sure that it can be opened.

    What is in the file stays; a file that was not there is not made.

    Args:
        path: The file.
        kind: What it will hold, for the message.

    Raises:
        OSError: It cannot be written.
    """
    folder = osp.dirname(path) or '.'
    existed = osp.exists(path)
    try:
        os.makedirs(folder, exist_ok=True)
        with open(path, 'ab'):
            pass
    except OSError as error:
        raise type(error)(
            f'cannot write the {kind} {osp.abspath(path)} '
            f'({error}); choose another path'
        ) from error
    if not existed:
        os.remove(path)


def natural_key(name: str) -> Tuple:
    """Sort names by the numbers in them, as a person would.

    Args:
        name: A file name.

    Returns:
        The key: text and numbers by turns, then the name itself, which
        decides between '1' and '01'.

    Example:
        >>> sorted(['f10.jpg', 'f9.jpg'], key=natural_key)
        ['f9.jpg', 'f10.jpg']
    """
    parts = re.split(r'([0-9]+)', name)
    return (
        tuple(int(p) if i % 2 else p for i, p in enumerate(parts)),
        name,
    )
