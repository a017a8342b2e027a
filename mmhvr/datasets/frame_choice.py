# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Which frames of a video support its target frame, as pure functions.

Legend: L frames in the video, T frames in a sample (the target is one of
them), frame indices run from 0 to L - 1.
"""

from __future__ import annotations

from typing import List, Optional

import numpy as np


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


def choose_reference_frames(
    video_length: int, num_references: int
) -> List[int]:
    """Choose the same references for all frames, as MMTracking's SELSA.

    Evenly over the whole video, its first and last frame among them,
    ``round(i (L - 1) / (n - 1))`` for i = 0 ... n - 1, halves to the even
    one. In a video shorter than that frames repeat, and a target may be
    among its own references: it then counts twice.

    Args:
        video_length: Number of frames L.
        num_references: Number of references n, at least 2.

    Returns:
        Exactly ``num_references`` frame indices in ascending order.

    Example:
        >>> choose_reference_frames(6, 3)
        [0, 2, 5]
    """
    stride = float(video_length - 1) / (num_references - 1)
    return [round(i * stride) for i in range(num_references)]


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
