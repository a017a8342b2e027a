# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Which frames of a video support a frame, as the video goes by.

Legend: L frames in the video, T frames in a window (the target is one of
them), frame indices run from 0 on.
"""

from __future__ import annotations

from typing import Callable, List, Optional, Union

import numpy as np


class RecordedWindow:
    """Windows of a video whose length is known: any frame sampler's.

    Attributes:
        length (int): Number of frames L; None if it is not known.
        max_supports (int): Support frames of the largest window.

    Args:
        sampler: A frame sampler of :mod:`mmhvr.datasets` or any function of
            (frame index, video length, random generator) that returns the
            indices of the support frames and draws nothing at random.
        length: Number of frames L.

    Raises:
        ValueError: ``length`` is below 1.
    """

    def __init__(
        self,
        sampler: Callable[
            [int, int, Optional[np.random.Generator]], List[int]
        ],
        length: int,
    ) -> None:
        if length < 1:
            raise ValueError(f'length must be at least 1, but is {length}')
        self.length: Optional[int] = length
        self._supports = [sampler(t, length, None) for t in range(length)]
        self.max_supports = max(map(len, self._supports))
        # The last target that a frame serves, as itself or as support.
        self._last_use = list(range(length))
        for target, supports in enumerate(self._supports):
            for frame in supports:
                self._last_use[frame] = max(self._last_use[frame], target)

    def supports(
        self, target: int, received: int, ended: bool
    ) -> Optional[List[int]]:
        """Return the support frames of a target, None while one is to come.

        Args:
            target: Index of the target frame.
            received: Number of frames received so far.
            ended: Whether there will be no more.

        Returns:
            Indices in ascending order, or None.
        """
        needed = self._supports[target]
        if max([target, *needed]) >= received:
            return None
        return needed

    def is_needed(self, frame: int, next_target: int, received: int) -> bool:
        """Whether any target from ``next_target`` on may need a frame."""
        return self._last_use[frame] >= next_target


class SymmetricWindow:
    """Windows of a recorded video whose length shows at its end.

    The window of a target frame is the T frames around it, shifted inside at
    both ends of the video: those of a :class:`RecordedWindow` with a
    ``WindowFrameSampler(T)``, without knowing the length beforehand. A video
    that breaks off is a shorter video.

    Args:
        num_frames: T.

    Raises:
        ValueError: T is below 1.
    """

    length: Optional[int] = None

    def __init__(self, num_frames: int = 31) -> None:
        if num_frames < 1:
            raise ValueError(
                f'num_frames must be at least 1, but is {num_frames}'
            )
        self.num_frames = num_frames
        self.before = (num_frames - 1) // 2
        self.max_supports = num_frames - 1

    def supports(
        self, target: int, received: int, ended: bool
    ) -> Optional[List[int]]:
        """See :meth:`RecordedWindow.supports`."""
        first = max(0, target - self.before)
        if first + self.num_frames > received:
            if not ended:
                return None
            first = max(0, received - self.num_frames)
        stop = min(received, first + self.num_frames)
        return [frame for frame in range(first, stop) if frame != target]

    def is_needed(self, frame: int, next_target: int, received: int) -> bool:
        """See :meth:`RecordedWindow.is_needed`."""
        return frame >= min(
            next_target - self.before, received - self.num_frames
        )


class LiveWindow:
    """Windows of a stream whose end is not known.

    The window of a target frame t is the T frames that end with frame
    t + lookahead; fewer at the beginning, and at the end the last T frames
    of the stream.

    Args:
        num_frames: T.
        lookahead: How many frames after the target to wait for; 0 is causal.

    Raises:
        ValueError: T is below 1, or ``lookahead`` is not in 0 to T - 1.
    """

    length: Optional[int] = None

    def __init__(self, num_frames: int = 31, lookahead: int = 15) -> None:
        if num_frames < 1:
            raise ValueError(
                f'num_frames must be at least 1, but is {num_frames}'
            )
        if not 0 <= lookahead < num_frames:
            raise ValueError(
                f'lookahead must be 0 to {num_frames - 1} (one less than '
                f'num_frames), but is {lookahead}'
            )
        self.num_frames = num_frames
        self.lookahead = lookahead
        self.max_supports = num_frames - 1

    def supports(
        self, target: int, received: int, ended: bool
    ) -> Optional[List[int]]:
        """See :meth:`RecordedWindow.supports`."""
        last = target + self.lookahead
        if last >= received:
            if not ended:
                return None
            last = received - 1
        first = max(0, last - self.num_frames + 1)
        return [frame for frame in range(first, last + 1) if frame != target]

    def is_needed(self, frame: int, next_target: int, received: int) -> bool:
        """See :meth:`RecordedWindow.is_needed`."""
        first = next_target + self.lookahead - self.num_frames + 1
        return frame >= min(next_target, first, received - self.num_frames)


Window = Union[RecordedWindow, SymmetricWindow, LiveWindow]
