# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The way of a frame from its source to its detections.

Legend: B frames of a pass through the backbone.
"""

from __future__ import annotations

from collections import deque
from typing import Deque, Generator, Iterable, Iterator, List, Optional, Tuple

from ..sources import Frame, SourceEndedEarly, check_frame
from ..streaming import VideoEngine
from ..streaming.window import Window
from .frames import FrameEncoder, FrameResult, to_results


def detect_frames(
    frames: Iterable[Frame],
    encoder: FrameEncoder,
    engine: VideoEngine,
    window: Window,
    batch_size: int = 1,
    score_thr: float = 0.0,
) -> Generator[Tuple[Frame, FrameResult], None, None]:
    """Detect in a video, in each frame as soon as its window is complete.

    Args:
        frames (Iterable[Frame]): The video.
        encoder (FrameEncoder): Of the model.
        engine (VideoEngine): Of the model.
        window (Window): Which frames support which.
        batch_size (int): B.
        score_thr (float): Detections below are left out.

    Yields:
        tuple[Frame, FrameResult]: One a frame, in order.

    Raises:
        SourceEndedEarly, OSError, TypeError, ValueError: See
            :func:`finished_frames`.
    """
    for frame, pair in finished_frames(
        frames, encoder, engine, window, batch_size
    ):
        yield frame, to_results([pair], score_thr)[0]


def finished_frames(
    frames: Iterable[Frame],
    encoder: FrameEncoder,
    engine: VideoEngine,
    window: Window,
    batch_size: int = 1,
) -> Generator[Tuple[Frame, tuple], None, None]:
    """Yield what the engine makes of a video, window by window.

    Frames are taken when they are needed: those of the window and of one
    batch are in memory, and no others.

    Args:
        frames (Iterable[Frame]): The video.
        encoder (FrameEncoder): Of the model.
        engine (VideoEngine): Of the model.
        window (Window): Which frames support which.
        batch_size (int): B.

    Yields:
        tuple[Frame, tuple]: One a frame, in order: the frame, and what
        :meth:`mmhvr.streaming.VideoEngine.push` returns of it.

    Raises:
        SourceEndedEarly: The source broke off; after the results of all
            frames before, except in a :class:`RecordedWindow`, whose last
            windows would need the missing frames.
        OSError, TypeError, ValueError: A frame cannot be used; likewise.
    """
    state = engine.open(window)
    waiting: Deque[Frame] = deque()
    broken: Optional[Exception] = None
    try:
        for batch in in_batches(checked(frames), batch_size):
            encoded = encoder.encode(
                [frame.image for frame in batch],
                [frame.index for frame in batch],
            )
            waiting.extend(batch)
            for one in encoded:
                for pair in engine.push(state, one):
                    yield waiting.popleft(), pair
    except BadFrame as error:
        broken = error.reason
        if window.length is not None:
            # The windows were laid out for more frames than there are.
            raise broken from error
    for pair in engine.close(state):
        yield waiting.popleft(), pair
    if broken is not None:
        raise broken


class BadFrame(Exception):
    """The source has no further frame that can be used.

    Attributes:
        reason (Exception): What is wrong.
    """

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason


def checked(frames: Iterable[Frame]) -> Iterator[Frame]:
    """Yield frames as long as they make one video.

    Args:
        frames (Iterable[Frame]): A source.

    Yields:
        Frame: Those that can be used.

    Raises:
        BadFrame: At the first that cannot, or where the source fails.
    """
    size: Optional[Tuple[int, ...]] = None
    try:
        for frame in frames:
            name = f'frame {frame.index}'
            if frame.name:
                name += f' ({frame.name})'
            check_frame(frame.image, size, name)
            size = frame.image.shape
            yield frame
    except (SourceEndedEarly, OSError, TypeError, ValueError) as error:
        raise BadFrame(error) from error


def in_batches(frames: Iterable[Frame], size: int) -> Iterator[List[Frame]]:
    """Yield up to ``size`` frames at a time.

    Args:
        frames (Iterable[Frame]): The frames.
        size (int): B.

    Yields:
        list[Frame]: At least one frame; those before a bad one come before
        its exception.
    """
    batch: List[Frame] = []
    broken: Optional[BadFrame] = None
    try:
        for frame in frames:
            batch.append(frame)
            if len(batch) == size:
                yield batch
                batch = []
    except BadFrame as error:
        broken = error
    if batch:
        yield batch
    if broken is not None:
        raise broken
