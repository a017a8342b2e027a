# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Which window suits a source.

Legend: T frames of a window.
"""

from __future__ import annotations

from typing import Any, Optional

from mmtrack.registry import TASK_UTILS

from ..sources import FrameSource
from ..streaming import LiveWindow, RecordedWindow, SymmetricWindow
from ..streaming.window import Window


def choose_window(
    frame_sampler: dict,
    source: FrameSource,
    num_frames: Optional[int] = None,
    lookahead: Optional[int] = None,
    max_frames: Optional[int] = None,
) -> Window:
    """Return the window of a source: as in testing, or a live one.

    Args:
        frame_sampler (dict): ``test_cfg.frame_sampler`` of a config.
        source (FrameSource): The source.
        num_frames (int, optional): T, in place of the sampler's.
        lookahead (int, optional): Frames after a frame that its window waits
            for. Defaults to the sampler's window, and to 0 for a camera.
        max_frames (int, optional): After how many frames the source is left.

    Returns:
        Window: For :class:`mmhvr.streaming.VideoEngine`.

    Raises:
        ValueError: T or ``lookahead`` is out of range, or the sampler needs
            the length of a source that does not tell it.
    """
    sampler = dict(frame_sampler)
    if num_frames is not None:
        sampler['num_frames'] = num_frames
    built: Any = TASK_UTILS.build(sampler)
    if lookahead is None and source.is_live:
        lookahead = 0
    if lookahead is not None:
        return LiveWindow(built.num_frames, lookahead)
    kind = type(built).__name__
    if kind == 'WindowFrameSampler' and built.stride == 1:
        return SymmetricWindow(built.num_frames)
    length = source.count()
    if length is None:
        raise ValueError(
            f"{kind} of the config's test_cfg needs the number of frames, "
            f'which {source.name} does not tell; give lookahead'
        )
    if max_frames is not None:
        length = min(length, max_frames)
    return RecordedWindow(built, length)
