# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Detection in a stream of frames that never needs to end.

Legend: H x W size of a frame in pixels, n detections of a frame.
"""

from __future__ import annotations

from typing import Any, List, Optional

import numpy as np

from ..sources.arrays import check_frame
from ..streaming import VideoEngine
from ..streaming.state import VideoState
from ..streaming.window import LiveWindow
from .frames import FrameEncoder, FrameResult, to_results


class VideoStream:
    """Push frames one at a time, get detections back in order.

    The window of a frame is the ``num_frames`` frames that end
    ``lookahead`` frames after it, fewer at the beginning of the stream; its
    result comes back with the frame that completes it (``mode='delayed'``:
    that completes the windows of all its frames). What is kept is
    bounded by the window, however long the stream is. An object serves one
    producer: calls from several threads need a lock of the caller's.

    A context manager: leaving it forgets the stream.

    Args:
        model (HVRNet): As :func:`mmhvr.apis.init_model` returns it.
        lookahead (int): Frames to wait for after a frame; 0 is causal, and
            more see both sides of it. Defaults to 0.
        num_frames (int): Frames of a window. Defaults to 31.
        mode (str): 'cached', 'exact', or 'delayed', which waits for twice
            as many frames; see :class:`mmhvr.streaming.VideoEngine`.
            Defaults to 'cached'.
        score_thr (float): Detections below are left out. Defaults to 0.0.

    Raises:
        ValueError: ``lookahead``, ``num_frames`` or ``mode`` is out of range.

    Example:
        >>> model = init_model('configs/mini/hvr_faster-rcnn_r18_mini.py')
        >>> with VideoStream(model, lookahead=1, num_frames=5) as stream:
        ...     frame = np.zeros((96, 128, 3), np.uint8)
        ...     first = stream.push(frame)  # waits for the next frame
        ...     second = stream.push(frame)
        ...     rest = stream.flush()
        >>> first is None, second.frame_id, [r.frame_id for r in rest]
        (True, 0, [1])
    """

    def __init__(
        self,
        model: Any,
        lookahead: int = 0,
        num_frames: int = 31,
        mode: str = 'cached',
        score_thr: float = 0.0,
    ) -> None:
        self.model = model
        self.score_thr = score_thr
        self.window = LiveWindow(num_frames, lookahead)
        self.engine = VideoEngine(model.detector.roi_head, mode)
        self.encoder = FrameEncoder(model)
        self.state: VideoState = self.engine.open(self.window)
        self._size: Optional[tuple] = None

    def push(
        self, frame: np.ndarray, frame_id: Any = None
    ) -> Optional[FrameResult]:
        """Take the next frame of the stream.

        Args:
            frame (np.ndarray): BGR, uint8 [H, W, 3].
            frame_id (Any): Comes back with the result. Defaults to the
                number of the frame in the stream, from 0.

        Returns:
            FrameResult | None: The detections of the frame ``lookahead``
            frames ago (twice as many with ``mode='delayed'``); None while
            there is none. A frame that could not be used raises and
            changes nothing: drop it and push the next.

        Raises:
            TypeError: The frame is no uint8 array.
            ValueError: Its shape is wrong, it is empty, or its size differs
                from the frames before (flush, then reset, for a new video).
        """
        check_frame(frame, self._size)
        if frame_id is None:
            frame_id = self.state.received
        (encoded,) = self.encoder.encode([frame], [frame_id])
        self._size = frame.shape
        finished = self.engine.push(self.state, encoded)
        results = to_results(finished, self.score_thr)
        return results[0] if results else None

    def flush(self) -> List[FrameResult]:
        """End the stream.

        Returns:
            list[FrameResult]: What is still to come, in order. Afterwards
            the object is ready for another stream, as after :meth:`reset`.
        """
        finished = self.engine.close(self.state)
        self.reset()
        return to_results(finished, self.score_thr)

    def reset(self) -> None:
        """Forget the stream; the next frame is the first of another one."""
        self.state = self.engine.open(self.window)
        self._size = None

    def __enter__(self) -> 'VideoStream':
        return self

    def __exit__(self, *error: Any) -> None:
        self.reset()
