# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Which frames of a video support its target frame.

Legend: L frames in the video, T frames in a sample (the target is one of
them), frame indices run from 0 to L - 1. The functions are pure, a registered
class is a thin shell over one of them, and all share one signature::

    sampler(frame_index, video_length, rng) -> support frame indices, sorted
"""

from __future__ import annotations

from typing import List, Optional

import numpy as np
from mmtrack.registry import TASK_UTILS


def choose_bilateral_frames(
    frame_index: int,
    video_length: int,
    num_supports: int,
    rng: np.random.Generator,
    max_offset: Optional[int] = None,
) -> List[int]:
    """Draw supports from both sides of the target frame.

    Half of them come from before the target and half from after it, without
    replacement. What one side lacks the other side gives; what the whole
    video lacks is filled by repeating the drawn frames in turn, or the target
    frame if the video has no other.

    Args:
        frame_index: Index of the target frame.
        video_length: Number of frames L.
        num_supports: Number of supports, even.
        rng: Source of every random choice.
        max_offset: Farthest support, in frames. None: anywhere in the video.

    Returns:
        Exactly ``num_supports`` frame indices in ascending order.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> choose_bilateral_frames(1, 3, 2, rng)
        [0, 2]
    """
    reach = video_length if max_offset is None else max_offset
    before = range(max(0, frame_index - reach), frame_index)
    after = range(frame_index + 1, min(video_length, frame_index + reach + 1))
    half = num_supports // 2
    num_before = min(len(before), max(half, num_supports - len(after)))
    num_after = min(len(after), max(half, num_supports - len(before)))
    drawn = [
        int(index)
        for side, number in ((before, num_before), (after, num_after))
        for index in rng.choice(side, number, replace=False)
    ]
    pool = drawn or [frame_index]
    lack = num_supports - len(drawn)
    drawn += [pool[i % len(pool)] for i in range(lack)]
    return sorted(drawn)


def choose_window_frames(
    frame_index: int, video_length: int, num_frames: int, stride: int = 1
) -> List[int]:
    """Choose the window of frames around the target frame.

    The window has the target in its middle and holds every ``stride``-th
    frame. At the ends of the video it is *shifted* inside, so the number of
    frames stays the same and no frame repeats; a video with fewer frames than
    the window gives all that it has.

    Args:
        frame_index: Index of the target frame.
        video_length: Number of frames L.
        num_frames: Frames in the window, the target included.
        stride: Distance of neighbouring frames of the window.

    Returns:
        At most ``num_frames - 1`` frame indices in ascending order.

    Example:
        >>> choose_window_frames(0, 10, 5)
        [1, 2, 3, 4]
        >>> choose_window_frames(5, 10, 5)
        [3, 4, 6, 7]
    """
    first = -(frame_index // stride)
    last = (video_length - 1 - frame_index) // stride
    start = max(first, min(-((num_frames - 1) // 2), last - num_frames + 1))
    stop = min(last, start + num_frames - 1)
    return [
        frame_index + step * stride
        for step in range(start, stop + 1)
        if step != 0
    ]


def choose_global_frames(
    frame_index: int, video_length: int, num_frames: int
) -> List[int]:
    """Choose supports that lie evenly over the whole video.

    Args:
        frame_index: Index of the target frame.
        video_length: Number of frames L.
        num_frames: Frames in the sample, the target included.

    Returns:
        The lesser of ``num_frames - 1`` and L - 1 distinct frame indices in
        ascending order; the first and last of the other frames are among
        them if there are two or more.

    Example:
        >>> choose_global_frames(4, 9, 4)
        [0, 5, 8]
    """
    num_others = video_length - 1
    number = min(num_frames - 1, num_others)
    if number < 1:
        return []
    if number == 1:
        places = [(num_others - 1) // 2]
    else:
        # i (n - 1) / (number - 1) rounded half up, in whole numbers.
        places = [
            (2 * i * (num_others - 1) + number - 1) // (2 * (number - 1))
            for i in range(number)
        ]
    return [place + (place >= frame_index) for place in places]


@TASK_UTILS.register_module()
class BilateralFrameSampler:
    """Random supports on both sides of the target, for training.

    See :func:`choose_bilateral_frames`. The released code draws within 1000
    frames and may take both supports from one side; the paper's figure has
    the target in the middle, which is what this class gives.

    Args:
        num_frames: T, odd and at least 3: the target and (T - 1) / 2 supports
            on each side.
        max_offset: Farthest support, in frames. None: anywhere in the video.

    Raises:
        ValueError: If ``num_frames`` or ``max_offset`` is out of range.
    """

    def __init__(
        self, num_frames: int = 3, max_offset: Optional[int] = None
    ) -> None:
        if num_frames < 3 or num_frames % 2 == 0:
            raise ValueError(
                f'num_frames must be odd and at least 3 (the target and as '
                f'many supports before it as after it), but is {num_frames}; '
                "use dict(type='WindowFrameSampler', num_frames=1) for single "
                'frames'
            )
        if max_offset is not None and max_offset < 1:
            raise ValueError(
                f'max_offset must be at least 1 frame or None, '
                f'but is {max_offset}'
            )
        self.num_frames = num_frames
        self.max_offset = max_offset

    def __call__(
        self, frame_index: int, video_length: int, rng: np.random.Generator
    ) -> List[int]:
        """Return exactly ``num_frames - 1`` support frame indices."""
        return choose_bilateral_frames(
            frame_index,
            video_length,
            self.num_frames - 1,
            rng,
            self.max_offset,
        )


@TASK_UTILS.register_module()
class WindowFrameSampler:
    """The window of frames around the target, for testing.

    See :func:`choose_window_frames`. Nothing is random.

    Args:
        num_frames: T, the target included (31 in the paper).
        stride: Distance of neighbouring frames of the window.

    Raises:
        ValueError: If ``num_frames`` or ``stride`` is below 1.
    """

    def __init__(self, num_frames: int = 31, stride: int = 1) -> None:
        _check_at_least_one(num_frames=num_frames, stride=stride)
        self.num_frames = num_frames
        self.stride = stride

    def __call__(
        self, frame_index: int, video_length: int, rng: np.random.Generator
    ) -> List[int]:
        """Return at most ``num_frames - 1`` support frame indices."""
        return choose_window_frames(
            frame_index, video_length, self.num_frames, self.stride
        )


@TASK_UTILS.register_module()
class GlobalFrameSampler:
    """Supports evenly over the whole video, as SELSA tests.

    See :func:`choose_global_frames`. Nothing is random.

    Args:
        num_frames: T, the target included.

    Raises:
        ValueError: If ``num_frames`` is below 1.
    """

    def __init__(self, num_frames: int = 31) -> None:
        _check_at_least_one(num_frames=num_frames)
        self.num_frames = num_frames

    def __call__(
        self, frame_index: int, video_length: int, rng: np.random.Generator
    ) -> List[int]:
        """Return at most ``num_frames - 1`` support frame indices."""
        return choose_global_frames(frame_index, video_length, self.num_frames)


def _check_at_least_one(**values: int) -> None:
    """Raise a ValueError that names the first value below 1."""
    for name, value in values.items():
        if value < 1:
            raise ValueError(f'{name} must be at least 1, but is {value}')
