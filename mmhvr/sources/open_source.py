# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""From what a person has to a source of frames."""

from __future__ import annotations

import os
import os.path as osp
from collections.abc import Iterable
from typing import Any

import numpy as np

from .arrays import ArraySource
from .base import FrameSource
from .camera import Camera
from .images import (
    ImageFiles,
    images_in_folder,
    images_of_pattern,
    is_image_name,
)
from .video_file import VideoFile


def open_source(source: Any) -> FrameSource:
    """Open anything that has frames.

    Args:
        source: A video file, an image file (a video of one frame), a folder
            of images (in natural order), a pattern such as
            ``'frames/*.jpg'``, a list of image files, the index of a camera
            (0 or '0'), an array [L, H, W, 3] (BGR, uint8), a list or an
            iterator of arrays [H, W, 3], or a source already.

    Returns:
        FrameSource: The source; nothing but its first frame has been read.

    Raises:
        FileNotFoundError: There is no such file, or the pattern matches
            none.
        TypeError: It is none of these, or an array is not uint8.
        ValueError: It has no frames, or they cannot be decoded.
        ConnectionError: The camera cannot be opened.
    """
    if isinstance(source, FrameSource):
        return source
    if isinstance(source, (int, np.integer)) and not isinstance(source, bool):
        return Camera(int(source))
    if isinstance(source, (str, os.PathLike)):
        return _open_path(os.fspath(source))
    if isinstance(source, (list, tuple)) and any(
        isinstance(item, (str, os.PathLike)) for item in source
    ):
        return ImageFiles(source, f'list of {len(source)} images')
    if isinstance(source, np.ndarray) or (
        isinstance(source, Iterable) and not isinstance(source, (dict, set))
    ):
        return ArraySource(source)
    raise TypeError(
        'a source is a video file, a folder of images, a pattern, a camera '
        'index, an array [L, H, W, 3] or an iterator of arrays, got '
        f'{type(source).__name__}'
    )


def _open_path(path: str) -> FrameSource:
    """Return a file, a folder, a pattern, or a camera's index in letters."""
    if osp.isdir(path):
        return ImageFiles(images_in_folder(path), path)
    if osp.exists(path):
        if is_image_name(path):
            return ImageFiles([path], path)
        return VideoFile(path)
    if path.isdigit():
        return Camera(int(path))
    if any(letter in path for letter in '*?['):
        return ImageFiles(images_of_pattern(path), path)
    if '://' in path:
        raise ValueError(
            f'{path} is an address; download it, or give an iterator over '
            'the frames of cv2.VideoCapture(address)'
        )
    raise FileNotFoundError(
        f'source {path!r} was not found (looked for {osp.abspath(path)}); '
        'give a video file, a folder of images, a pattern in quotes, or the '
        'index of a camera'
    )
