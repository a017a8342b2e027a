# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Frame samplers for configs: which frames support the target frame.

Legend: L frames in the video, T frames in a sample (the target is one of
them), frame indices run from 0 to L - 1. A class is a thin shell over a
function of :mod:`mmhvr.datasets.frame_choice`, and all share one signature::

    sampler(frame_index, video_length, rng) -> support frame indices, sorted
"""

from __future__ import annotations

from typing import List, Optional

import numpy as np
from mmtrack.registry import TASK_UTILS

from .frame_choice import (
    choose_bilateral_frames,
    choose_global_frames,
    choose_reference_frames,
    choose_window_frames,
)


@TASK_UTILS.register_module()
class BilateralFrameSampler:
    """Random supports on both sides of the target, for training.

    See :func:`choose_bilateral_frames`. The paper has the target in the
    middle; :class:`mmhvr.released.OffsetFrameSampler` is the released
    code's draw.

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
        check_at_least(1, num_frames=num_frames, stride=stride)
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
        check_at_least(1, num_frames=num_frames)
        self.num_frames = num_frames

    def __call__(
        self, frame_index: int, video_length: int, rng: np.random.Generator
    ) -> List[int]:
        """Return at most ``num_frames - 1`` support frame indices."""
        return choose_global_frames(frame_index, video_length, self.num_frames)


@TASK_UTILS.register_module()
class ReferenceFrameSampler:
    """The same references for all frames of a video, as MMTracking's SELSA.

    See :func:`choose_reference_frames`: its method
    ``test_with_adaptive_stride``. Nothing is random. Like
    :class:`GlobalFrameSampler` it needs a whole video before the first frame
    is finished.

    Args:
        num_frames: T, the target included: one more than the references (15
            in MMTracking's configs).

    Raises:
        ValueError: If ``num_frames`` is below 3.
    """

    def __init__(self, num_frames: int = 15) -> None:
        check_at_least(3, num_frames=num_frames)
        self.num_frames = num_frames

    def __call__(
        self, frame_index: int, video_length: int, rng: np.random.Generator
    ) -> List[int]:
        """Return exactly ``num_frames - 1`` frame indices."""
        return choose_reference_frames(video_length, self.num_frames - 1)


def check_at_least(least: int, **values: int) -> None:
    """Raise a ValueError that names the first value below ``least``."""
    for name, value in values.items():
        if value < least:
            raise ValueError(
                f'{name} must be at least {least}, but is {value}'
            )
