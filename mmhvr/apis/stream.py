# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Detection in a stream of frames that never needs to end.

Legend: H x W size of a frame in pixels, n detections of a frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Optional

import numpy as np
import torch
from mmengine.registry import DefaultScope
from mmtrack.registry import TRANSFORMS
from mmtrack.structures import TrackDataSample

from ..streaming import LiveWindow, VideoEngine, VideoState


@dataclass(frozen=True)
class FrameResult:
    """Detections of one frame.

    Attributes:
        frame_id (Any): What :meth:`VideoStream.push` got, or the number of
            the frame, from 0.
        boxes (np.ndarray): Corners x1, y1, x2, y2 in pixels of the frame
            that was pushed, float32 [n, 4], best score first.
        scores (np.ndarray): In 0 to 1, float32 [n].
        labels (np.ndarray): Indices into ``model.class_names``, int64 [n].
    """

    frame_id: Any
    boxes: np.ndarray
    scores: np.ndarray
    labels: np.ndarray


class VideoStream:
    """Push frames one at a time, get detections back in order.

    The window of a frame is the ``num_frames`` frames that end
    ``lookahead`` frames after it, fewer at the beginning of the stream; its
    result comes back with the frame that completes it. What is kept is
    bounded by the window, however long the stream is. An object serves one
    producer: calls from several threads need a lock of the caller's.

    A context manager: leaving it forgets the stream.

    Args:
        model (HVRNet): As :func:`mmhvr.apis.init_model` returns it.
        lookahead (int): Frames to wait for after a frame; 0 is causal, and
            more see both sides of it. Defaults to 0.
        num_frames (int): Frames of a window. Defaults to 31.
        mode (str): 'cached' or 'exact', see
            :class:`mmhvr.streaming.VideoEngine`. Defaults to 'cached'.
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
        self.resize = _resize_of(model.cfg)
        self.state: VideoState = self.engine.open(self.window)
        self._size: Optional[tuple] = None

    @torch.no_grad()
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
            frames ago; None while there is none. A frame that could not be
            used raises and changes nothing: drop it and push the next.

        Raises:
            TypeError: The frame is no uint8 array.
            ValueError: Its shape is wrong, it is empty, or its size differs
                from the frames before (flush, then reset, for a new video).
        """
        self._check(frame)
        if frame_id is None:
            frame_id = self.state.received
        data = self.resize(dict(img=frame))
        sample = TrackDataSample(
            metainfo=dict(
                frame_id=frame_id,
                ori_shape=frame.shape[:2],
                img_shape=data['img'].shape[:2],
                scale_factor=data['scale_factor'],
            )
        )
        image = torch.from_numpy(
            np.ascontiguousarray(data['img'].transpose(2, 0, 1))
        )
        batch = self.model.data_preprocessor(
            dict(inputs=dict(img=[image[None]]), data_samples=[sample]), False
        )
        (encoded,) = self.model.encode(
            batch['inputs']['img'][:, 0], batch['data_samples']
        )
        self._size = frame.shape
        finished = self.engine.push(self.state, encoded)
        return self._results(finished)[0] if finished else None

    @torch.no_grad()
    def flush(self) -> List[FrameResult]:
        """End the stream.

        Returns:
            list[FrameResult]: What is still to come, in order. Afterwards
            the object is ready for another stream, as after :meth:`reset`.
        """
        results = self._results(self.engine.close(self.state))
        self.reset()
        return results

    def reset(self) -> None:
        """Forget the stream; the next frame is the first of another one."""
        self.state = self.engine.open(self.window)
        self._size = None

    def __enter__(self) -> 'VideoStream':
        return self

    def __exit__(self, *error: Any) -> None:
        self.reset()

    def _check(self, frame: Any) -> None:
        """TypeError or ValueError for what is no frame of this stream."""
        if not isinstance(frame, np.ndarray) or frame.dtype != np.uint8:
            found = getattr(frame, 'dtype', type(frame).__name__)
            raise TypeError(
                f'a frame must be a uint8 array [H, W, 3] in BGR order, '
                f'got {found}'
            )
        if frame.ndim != 3 or frame.shape[2] != 3 or frame.size == 0:
            raise ValueError(
                f'a frame must be [H, W, 3] and not empty, got {frame.shape}'
            )
        if self._size is not None and frame.shape != self._size:
            raise ValueError(
                f'the frames of this stream are {self._size}, but one is '
                f'{frame.shape}; call flush() for the results to come and '
                'go on with a new stream'
            )

    def _results(self, finished: list) -> List[FrameResult]:
        """Detections as arrays."""
        results = []
        for sample, found in finished:
            found = found[found.scores >= self.score_thr].cpu()
            results.append(
                FrameResult(
                    sample.frame_id,
                    found.bboxes.numpy(),
                    found.scores.numpy(),
                    found.labels.numpy(),
                )
            )
        return results


def _resize_of(cfg: Any) -> Any:
    """The resizing of the config's test pipeline."""
    steps = list(cfg.test_dataloader.dataset.pipeline)
    while steps:
        step = steps.pop(0)
        steps = list(step.get('transforms', [])) + steps
        if step['type'].split('.')[-1] == 'Resize':
            with DefaultScope.overwrite_default_scope('mmtrack'):
                return TRANSFORMS.build(step)
    raise ValueError(
        'the pipeline of test_dataloader has no Resize; add '
        "dict(type='mmdet.Resize', scale=..., keep_ratio=True)"
    )
