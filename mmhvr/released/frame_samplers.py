# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The released code's choice of support frames.

Legend: as in :mod:`mmhvr.datasets.frame_samplers`, with whose signature.
"""

from __future__ import annotations

from typing import List

import numpy as np
from mmtrack.registry import TASK_UTILS

from ..datasets.frame_choice import choose_window_frames
from ..datasets.frame_samplers import check_at_least


def choose_offset_frames(
    frame_index: int,
    video_length: int,
    num_supports: int,
    rng: np.random.Generator,
    max_offset: int,
) -> List[int]:
    """Draw each support at a random offset from the target frame.

    An offset that leaves the video ends at its first or last frame, so that
    in a short video most supports are these two. Supports may repeat, may be
    the target itself, and may all lie on one side of it.

    Args:
        frame_index: Index of the target frame.
        video_length: Number of frames L.
        num_supports: Number of supports.
        rng: Source of every random choice.
        max_offset: Largest offset to either side, in frames.

    Returns:
        Exactly ``num_supports`` frame indices in ascending order.

    Example:
        >>> choose_offset_frames(0, 1, 2, np.random.default_rng(0), 1000)
        [0, 0]
    """
    offsets = rng.integers(-max_offset, max_offset + 1, num_supports)
    places = np.clip(frame_index + offsets, 0, video_length - 1)
    return sorted(places.tolist())


def choose_shuffled_frames(
    frame_index: int, video_length: int, num_frames: int, seed: int = 0
) -> List[int]:
    """Choose the window around the target in a shuffled order of the video.

    One shuffle serves all frames of a video: it is a function of the seed
    and the video's length, so that windows are the same in every test.

    Args:
        frame_index: Index of the target frame.
        video_length: Number of frames L.
        num_frames: Frames in the window, the target included.
        seed: Seed of the shuffle.

    Returns:
        The lesser of ``num_frames - 1`` and L - 1 distinct frame indices in
        ascending order.
    """
    order = np.random.default_rng([seed, video_length]).permutation(
        video_length
    )
    place = int(np.flatnonzero(order == frame_index)[0])
    window = choose_window_frames(place, video_length, num_frames)
    return sorted(order[window].tolist())


@TASK_UTILS.register_module()
class OffsetFrameSampler:
    """Each support at a random offset, for training, as the released code.

    See :func:`choose_offset_frames`.

    Args:
        num_frames: T, at least 2: the target and T - 1 supports.
        max_offset: Largest offset to either side, in frames.

    Raises:
        ValueError: If ``num_frames`` or ``max_offset`` is out of range.
    """

    def __init__(self, num_frames: int = 3, max_offset: int = 1000) -> None:
        check_at_least(2, num_frames=num_frames)
        check_at_least(1, max_offset=max_offset)
        self.num_frames = num_frames
        self.max_offset = max_offset

    def __call__(
        self, frame_index: int, video_length: int, rng: np.random.Generator
    ) -> List[int]:
        """Return exactly ``num_frames - 1`` support frame indices."""
        return choose_offset_frames(
            frame_index,
            video_length,
            self.num_frames - 1,
            rng,
            self.max_offset,
        )


@TASK_UTILS.register_module()
class ShuffledFrameSampler:
    """The window around the target in a shuffled video, for testing.

    See :func:`choose_shuffled_frames`: context from the whole video, as the
    released code tests (10 frames before and 10 after, in shuffled order).
    Like :class:`mmhvr.datasets.GlobalFrameSampler` it needs most of a video
    before the first frame is finished.

    Args:
        num_frames: T, the target included (21 in the released code).
        seed: Seed of the shuffle.

    Raises:
        ValueError: If ``num_frames`` is below 1.
    """

    def __init__(self, num_frames: int = 21, seed: int = 0) -> None:
        check_at_least(1, num_frames=num_frames)
        self.num_frames = num_frames
        self.seed = seed

    def __call__(
        self, frame_index: int, video_length: int, rng: np.random.Generator
    ) -> List[int]:
        """Return at most ``num_frames - 1`` support frame indices."""
        return choose_shuffled_frames(
            frame_index, video_length, self.num_frames, self.seed
        )
