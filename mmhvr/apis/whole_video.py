# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Detections of a recorded video, after a look at all of its boxes.

Legend: T frames, M boxes of a frame before NMS, K classes, n detections of a
frame.
"""

from __future__ import annotations

from typing import Callable, Dict, Generator, Iterable, List, Optional, Tuple

import numpy as np

from ..sources import Frame, FrameSource, SourceEndedEarly
from .frames import FrameResult

# Boxes [M, 4] and scores [M, K] of each frame before NMS -> bboxes [n, 4],
# scores [n] and labels [n] of each frame; mmhvr.evaluation.SeqNMS is one.
PostProcessor = Callable[
    [List[np.ndarray], List[np.ndarray]], List[Dict[str, np.ndarray]]
]


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
            :func:`mmhvr.apis.detect.finished_frames` yields it, with an
            engine that has ``before_nms``.
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
