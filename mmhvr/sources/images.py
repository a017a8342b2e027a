# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The frames of a video that lie in image files."""

from __future__ import annotations

import glob
import os
import os.path as osp
import warnings
from collections import Counter
from typing import Iterator, List, Sequence, Union

from ..utils.files import natural_key
from ..utils.image_files import IMAGE_SUFFIXES, read_image
from .base import Frame, FrameSource

# Of images that are not read.
OTHER_IMAGES = ('.heic', '.heif', '.avif', '.gif', '.jp2', '.jxl', '.dng')


def is_image_name(name: str) -> bool:
    """Whether a file name ends as those of images do, and is not hidden."""
    base = osp.basename(name)
    return base.lower().endswith(IMAGE_SUFFIXES) and not base.startswith('.')


def images_in_folder(folder: str) -> List[str]:
    """Return the images of a folder in natural order.

    Args:
        folder: The folder; other files and folders in it are passed over.

    Returns:
        Their paths, at least one.

    Raises:
        ValueError: There is none; the text says what there is.

    Warns:
        UserWarning: Images of other kinds are passed over, or two differ in
            their ending alone.
    """
    found = sorted(os.listdir(folder), key=natural_key)
    names = [
        n
        for n in found
        if is_image_name(n) and osp.isfile(osp.join(folder, n))
    ]
    _warn_of_others(folder, names, found)
    if not names:
        folders = [n for n in found if osp.isdir(osp.join(folder, n))]
        there = (
            f'it holds {len(found)} other entries' if found else 'it is empty'
        )
        hint = (
            f'; give a folder in it, such as {folders[0]}' if folders else ''
        )
        raise ValueError(
            f'folder {folder} has no images ({", ".join(IMAGE_SUFFIXES)}): '
            f'{there}{hint}'
        )
    return [osp.join(folder, name) for name in names]


def _warn_of_others(folder: str, names: List[str], found: List[str]) -> None:
    """Warns of images that are passed over, and of those that come twice.

    Args:
        folder: The folder.
        names: Its images.
        found: All that is in it.
    """
    others = [n for n in found if n.lower().endswith(OTHER_IMAGES)]
    if others and names:
        warnings.warn(
            f'{len(others)} images of folder {folder} are passed over, the '
            f'first is {others[0]}: convert them to .png or .jpg',
            stacklevel=3,
        )
    times = Counter(osp.splitext(name)[0] for name in names)
    twice = [name for name in names if times[osp.splitext(name)[0]] > 1]
    if twice:
        warnings.warn(
            f'{twice[0]} and {twice[1]} of folder {folder} have one name '
            f'({len(twice)} images do), and each is a frame; give a pattern '
            f"such as '{osp.join(folder, '*')}{osp.splitext(twice[0])[1]}' "
            'if that is not meant',
            stacklevel=3,
        )


def images_of_pattern(pattern: str) -> List[str]:
    """Return the images that a pattern with ``*``, ``?`` or ``[]`` matches.

    Args:
        pattern: As for :func:`glob.glob`.

    Returns:
        Their paths in natural order, at least one.

    Raises:
        FileNotFoundError: It matches no image.
    """
    matches = glob.glob(pattern, recursive=True)
    paths = [p for p in matches if is_image_name(p) and osp.isfile(p)]
    if not paths:
        raise FileNotFoundError(
            f'{pattern} matches no image ({", ".join(IMAGE_SUFFIXES)}) in '
            f'{os.getcwd()}'
        )
    return sorted(paths, key=natural_key)


class ImageFiles(FrameSource):
    """Image files as the frames of a video, in the order given.

    A frame's name is that of its file, with the folders that not all of the
    files share.

    Args:
        paths (Sequence[str | PathLike]): The files, at least one.
        name (str): For messages and results.
        bits (int): How many of the bits of 16-bit images are in use, see
            :func:`mmhvr.utils.image_files.read_image`.

    Raises:
        ValueError: There are none.
        FileNotFoundError: One does not exist.
    """

    def __init__(
        self,
        paths: Sequence[Union[str, os.PathLike]],
        name: str,
        bits: int = 16,
    ) -> None:
        self.paths = [os.fspath(path) for path in paths]
        self.name = name
        self.bits = bits
        self.length = len(self.paths)
        if not self.paths:
            raise ValueError(f'{name} has no frames; give at least one image')
        for path in self.paths:
            if not osp.isfile(path):
                raise FileNotFoundError(f'image {path} was not found')

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames; see :meth:`FrameSource.__iter__`."""
        folders = [osp.dirname(osp.abspath(path)) for path in self.paths]
        root = osp.commonpath(folders)
        for index, path in enumerate(self.paths):
            image = read_image(path, bits=self.bits)
            yield Frame(index, image, osp.relpath(path, root))
