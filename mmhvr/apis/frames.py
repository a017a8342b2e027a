# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""From frames to what the engine takes, and from its output to arrays.

Legend: B frames of a batch, H x W size of a frame in pixels, n detections of
a frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterator, List, Sequence

import numpy as np
import torch
from mmengine.registry import DefaultScope
from mmtrack.registry import TRANSFORMS
from mmtrack.structures import TrackDataSample

from ..models.encoded_frame import EncodedFrame


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


class FrameEncoder:
    """Passes frames through all that depends on one frame alone.

    Resizes as the config's test does, normalises, and calls the model's
    ``encode``.

    Attributes:
        bits (int): How the config's test reads 16-bit images, see
            :func:`mmhvr.utils.image_files.read_image`.

    Args:
        model (HVRNet): As :func:`mmhvr.apis.init_model` returns it.

    Raises:
        ValueError: The test pipeline of the config has no Resize.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.resize = _resize_of(model.cfg)
        self.bits = _bits_of(model.cfg)

    @torch.no_grad()
    def encode(
        self, frames: Sequence[np.ndarray], frame_ids: Sequence[Any]
    ) -> List[EncodedFrame]:
        """Encode frames of one size in one pass.

        Args:
            frames (Sequence[np.ndarray]): B frames, BGR, uint8 [H, W, 3].
            frame_ids (Sequence[Any]): Come back with the results, B.

        Returns:
            list[EncodedFrame]: B frames for
            :class:`mmhvr.streaming.VideoEngine`.
        """
        images, samples = [], []
        for frame, frame_id in zip(frames, frame_ids):
            data = self.resize(dict(img=frame))
            image = np.ascontiguousarray(data['img'].transpose(2, 0, 1))
            images.append(torch.from_numpy(image)[None])
            samples.append(
                TrackDataSample(
                    metainfo=dict(
                        frame_id=frame_id,
                        ori_shape=frame.shape[:2],
                        img_shape=data['img'].shape[:2],
                        scale_factor=data['scale_factor'],
                    )
                )
            )
        batch = self.model.data_preprocessor(
            dict(inputs=dict(img=images), data_samples=samples), False
        )
        return self.model.encode(
            batch['inputs']['img'][:, 0], batch['data_samples']
        )


def to_results(finished: list, score_thr: float = 0.0) -> List[FrameResult]:
    """Return detections as arrays.

    Args:
        finished (list[tuple[TrackDataSample, InstanceData]]): What
            :class:`mmhvr.streaming.VideoEngine` returns.
        score_thr (float): Detections below are left out.

    Returns:
        list[FrameResult]: One a frame, in order.
    """
    results = []
    for sample, found in finished:
        found = found[found.scores >= score_thr].cpu()
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
    """Return the resizing of the config's test pipeline."""
    for step in _steps(cfg):
        if step['type'].split('.')[-1] == 'Resize':
            with DefaultScope.overwrite_default_scope('mmtrack'):
                return TRANSFORMS.build(step)
    raise ValueError(
        'the pipeline of test_dataloader has no Resize; add '
        "dict(type='mmdet.Resize', scale=..., keep_ratio=True)"
    )


def _bits_of(cfg: Any) -> int:
    """``bits`` of LoadVideoFrames in the config's test pipeline."""
    return next((s['bits'] for s in _steps(cfg) if 'bits' in s), 16)


def _steps(cfg: Any) -> Iterator[dict]:
    """Yield the steps of the config's test pipeline, nested ones too."""
    steps = list(cfg.test_dataloader.dataset.pipeline)
    while steps:
        step = steps.pop(0)
        steps = list(step.get('transforms', [])) + steps
        yield step
