# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Frames that are arrays already.

Legend: L frames, H x W size of a frame in pixels.
"""

from __future__ import annotations

from typing import Any, Iterable, Iterator, Optional, Sized, Tuple

import numpy as np

from .base import Frame, FrameSource


def check_frame(
    frame: Any,
    size: Optional[Tuple[int, ...]] = None,
    name: str = 'a frame',
) -> None:
    """Make sure that something is a frame of a video.

    Args:
        frame: Anything.
        size: The shape of the frames before, if there were any.
        name: Which frame it is, for the message.

    Raises:
        TypeError: It is no uint8 array.
        ValueError: Its shape is wrong, it is empty, or its size differs
            from the frames before.
    """
    if not isinstance(frame, np.ndarray) or frame.dtype != np.uint8:
        raise TypeError(
            f'{name} must be a uint8 array [H, W, 3] in BGR order, got '
            f'{_described(frame)}'
        )
    if frame.ndim != 3 or frame.shape[2] != 3 or frame.size == 0:
        raise ValueError(
            f'{name} must be [H, W, 3] and not empty, got {frame.shape}'
        )
    if size is not None and frame.shape != size:
        raise ValueError(
            f'the frames of this stream are {size}, but {name} is '
            f'{frame.shape}; frames of one size make a video: resize it, or '
            'begin a new video with it (a VideoStream: after flush())'
        )


def _described(value: Any) -> str:
    """Say what something is, and how an array becomes a frame."""
    if not isinstance(value, np.ndarray):
        return type(value).__name__
    text = str(value.dtype)
    if np.issubdtype(value.dtype, np.floating):
        bad = int((~np.isfinite(value)).sum())
        if bad:
            return f'{text}, {bad} of its values NaN or infinite'
        return (
            f'{text}; for values 0 to 1: (frame * 255).round()'
            '.astype(np.uint8)'
        )
    return text


class ArraySource(FrameSource):
    """An array, a list or an iterator of arrays.

    Args:
        frames (np.ndarray | Iterable[np.ndarray]): BGR, uint8 [L, H, W, 3],
            or anything that gives arrays [H, W, 3].

    Raises:
        TypeError: An array is not uint8.
        ValueError: An array is not [L, H, W, 3], or there are no frames.
    """

    def __init__(self, frames: Iterable[np.ndarray]) -> None:
        self.name = type(frames).__name__
        self.frames = frames
        self.can_be_read_again = not isinstance(frames, Iterator)
        if isinstance(frames, Sized):
            self.length = len(frames)
        if isinstance(frames, np.ndarray):
            self.name = 'array'
            if frames.ndim != 4:
                raise ValueError(
                    f'an array of frames must be [L, H, W, 3], got '
                    f'{frames.shape}; a single frame is array[None]'
                )
        if self.length == 0:
            raise ValueError(f'{self.name} has no frames; give at least one')
        if isinstance(frames, np.ndarray):
            if frames.dtype != np.uint8 or frames.shape[3] != 3:
                check_frame(frames[0], name='each frame of the array')

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames; see :meth:`FrameSource.__iter__`."""
        index = -1
        for index, image in enumerate(self.frames):
            yield Frame(index, image)
        if index < 0:
            raise ValueError(f'{self.name} gave no frame')
