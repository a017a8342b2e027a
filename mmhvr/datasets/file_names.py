# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""File names in annotation files that were written on Windows."""

from __future__ import annotations

import os.path as osp
import re
from typing import Sequence

_OF_A_DRIVE = re.compile(r'[A-Za-z]:[\\/]')


def with_slashes(images: Sequence[dict], folder: str) -> None:
    r"""Turn the backslashes of file names into slashes.

    Nothing is changed if the first of such names is that of a file: programs
    that unpack archives of Windows write files with backslashes in their
    names.

    Args:
        images: Records with ``file_name``; changed in place.
        folder: To which their names are relative.

    Raises:
        ValueError: A name begins with the letter of a drive.

    Example:
        >>> images = [dict(file_name='train\\yard_01\\000000.jpg')]
        >>> with_slashes(images, 'data/Data/VID')
        >>> images[0]['file_name']
        'train/yard_01/000000.jpg'
    """
    strange = [image for image in images if '\\' in image['file_name']]
    if not strange or osp.exists(osp.join(folder, strange[0]['file_name'])):
        return
    for image in strange:
        name = image['file_name']
        if _OF_A_DRIVE.match(name):
            raise ValueError(
                f'file_name {name} (image id {image["id"]}) is a path of '
                'another machine; write file names that are relative to '
                f'data_prefix ({folder})'
            )
        image['file_name'] = name.replace('\\', '/')
