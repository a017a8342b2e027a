# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""From the frames of a source to their detections.

Legend: B frames of a pass through the backbone, M boxes of a frame before
NMS, K classes, n detections of a frame.
"""

from __future__ import annotations

from collections import deque
from typing import (
    Callable,
    Deque,
    Dict,
    Generator,
    Iterable,
    Iterator,
    List,
    Optional,
    Tuple,
)

import numpy as np

from ..sources import Frame, FrameSource
from ..sources.arrays import check_frame
from ..sources.base import SourceEndedEarly
from ..streaming import VideoEngine
from ..streaming.window import Window
from .frames import FrameEncoder, FrameResult, to_results

# Boxes [M, 4] and scores [M, K] of each frame before NMS -> bboxes [n, 4],
# scores [n] and labels [n] of each frame; mmhvr.evaluation.SeqNMS is one.
PostProcessor = Callable[
    [List[np.ndarray], List[np.ndarray]], List[Dict[str, np.ndarray]]
]


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


def detect_whole_video(
    source: FrameSource,
    finished: Iterable[tuple],
    post_processor: PostProcessor,
    score_thr: float = 0.0,
    seen: Callable[[], None] = lambda: None,
) -> Generator[Tuple[Frame, FrameResult], None, None]:
    """Return detections of a video that a post-processor makes of its boxes.

    Two passes: one through the network, of which the boxes and scores of
    every frame before NMS are kept, 4 M (K + 4) bytes a frame; then the
    source is read again, for whoever draws on its frames. If the first pass
    breaks off, by Ctrl-C too, what there is by then is the video.

    Args:
        source (FrameSource): The video, which can be read again.
        finished (Iterable[tuple]): The first pass, as
            :func:`finished_frames` yields it, with an engine that has
            ``before_nms``.
        post_processor (PostProcessor): Gets the boxes of the video.
        score_thr (float): Detections below are left out.
        seen (Callable): Called for each frame of the first pass.

    Yields:
        tuple[Frame, FrameResult]: One a frame, in order.

    Raises:
        SourceEndedEarly: The source broke off, or has fewer frames when it
            is read again; after the results of all frames before.
        OSError, TypeError, ValueError: A frame cannot be used; likewise.
        KeyboardInterrupt: Likewise.
    """
    kept: List[Tuple[np.ndarray, np.ndarray]] = []
    broken: Optional[BaseException] = None
    try:
        for _, (_, found) in finished:
            kept.append(
                (
                    found.bboxes.cpu().numpy(),
                    # The last column is for background.
                    found.scores[:, :-1].cpu().numpy(),
                )
            )
            seen()
    except (
        SourceEndedEarly,
        OSError,
        TypeError,
        ValueError,
        KeyboardInterrupt,
    ) as error:
        broken = error
    results = post_processor(
        [boxes for boxes, _ in kept], [s for _, s in kept]
    )
    kept.clear()
    frames = iter(source)
    for t, one in enumerate(results):
        frame = next(frames, None)
        if frame is None:
            raise SourceEndedEarly(
                f'{source.name} had {len(results)} frames, but only {t} when '
                'it was read again; the results end there'
            )
        strong = one['scores'] >= score_thr
        yield (
            frame,
            FrameResult(
                frame.index,
                one['bboxes'][strong],
                one['scores'][strong],
                one['labels'][strong],
            ),
        )
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
