# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Frames without end, for timing.

Legend: H x W size of a frame in pixels.
"""

from __future__ import annotations

from typing import Any, Iterator, Tuple

import cv2
import numpy as np
import torch
from mmtrack.structures import TrackDataSample

from ..sources import open_source

# What all configs normalise by, RGB.
MEAN = np.array([123.675, 116.28, 103.53], np.float32)
STD = np.array([58.395, 57.12, 57.375], np.float32)


class FrameSupply:
    """Frames of a source, from the beginning again after its last one.

    Args:
        size (tuple[int, int]): Width and height that frames are resized to.
        source (Any, optional): See :func:`mmhvr.sources.open_source`.
            Defaults to a JPEG image of noise, decoded each time.
        device (str): Where the frames go. Defaults to 'cpu'.
    """

    def __init__(
        self, size: Tuple[int, int], source: Any = None, device: str = 'cpu'
    ) -> None:
        self.size = size
        self.device = device
        self.source = None if source is None else open_source(source)
        self._frames = self._endless()

    def take(self) -> torch.Tensor:
        """Return the next frame, normalised, padded: float32 [1, 3, H, W]."""
        image = cv2.resize(next(self._frames), self.size)
        rgb = (image[..., ::-1].astype(np.float32) - MEAN) / STD
        frame = torch.from_numpy(rgb.transpose(2, 0, 1).copy())
        # To a multiple of the largest stride, as the preprocessors do.
        height, width = (-side % 32 for side in frame.shape[1:])
        frame = torch.nn.functional.pad(frame, (0, width, 0, height))
        return frame[None].to(self.device)

    def sample(self, frame_id: int) -> TrackDataSample:
        """Return the sample of a frame."""
        shape = (self.size[1], self.size[0])
        return TrackDataSample(
            metainfo=dict(
                frame_id=frame_id,
                ori_shape=shape,
                img_shape=shape,
                scale_factor=(1.0, 1.0),
            )
        )

    def _endless(self) -> Iterator[np.ndarray]:
        """Return the images of the source, or the one of noise."""
        while self.source is not None:
            for frame in self.source:
                yield frame.image
        noise = np.random.default_rng(0).integers(
            0, 256, (self.size[1], self.size[0], 3)
        )
        data = cv2.imencode('.jpg', noise.astype(np.uint8))[1]
        while True:
            yield np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
