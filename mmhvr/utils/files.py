# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Writing files whole or not at all, and the order of file names."""

import os
import os.path as osp
import re
from contextlib import contextmanager
from typing import IO, Iterator, Tuple


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


@contextmanager
def whole_file(path: str) -> Iterator[IO[str]]:
    """Write a text file under a temporary name, which is then renamed.

    So a file that was there stays whole if the disk is full or the work is
    interrupted.

    Args:
        path: The file, whose folder is made if need be.

    Yields:
        The open file, in UTF-8.

    Raises:
        OSError: It cannot be written.
    """
    temporary = f'{path}.part'
    try:
        os.makedirs(osp.dirname(path) or '.', exist_ok=True)
        with open(temporary, 'w', encoding='utf-8') as file:
            yield file
        os.replace(temporary, path)
    except OSError as error:
        raise type(error)(
            f'cannot write {osp.abspath(path)} ({error}); what was there '
            'before is as it was'
        ) from error
    finally:
        if osp.exists(temporary):
            os.remove(temporary)


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
