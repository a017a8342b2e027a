# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Changes to the frames of a sample.

Legend: T frames of a sample, H x W size of an image.
"""

from __future__ import annotations

from typing import Sequence

import numpy as np
from mmcv.transforms import BaseTransform
from mmtrack.registry import TRANSFORMS


@TRANSFORMS.register_module()
class PadVideoFrames(BaseTransform):
    """Pad the frames of a sample to one size, at the right and below.

    Frames that were cropped or expanded by themselves differ in size, but
    are packed as one array. The padding counts as image.

    Args:
        pad_val (Sequence[float]): Colour of the padding, in the channel order
            of the images (BGR). Defaults to ImageNet's mean.
    """

    def __init__(
        self, pad_val: Sequence[float] = (103.53, 116.28, 123.675)
    ) -> None:
        self.pad_val = tuple(pad_val)

    def transform(self, results: dict) -> dict:
        """Pad all frames.

        Args:
            results (dict): img (list of T arrays [H, W, 3]).

        Returns:
            dict: img and img_shape of one size.
        """
        images = results['img']
        height = max(img.shape[0] for img in images)
        width = max(img.shape[1] for img in images)
        padded = []
        for img in images:
            full = np.empty((height, width, 3), img.dtype)
            full[:] = np.asarray(self.pad_val).astype(img.dtype)
            full[: img.shape[0], : img.shape[1]] = img
            padded.append(full)
        results['img'] = padded
        results['img_shape'] = [(height, width)] * len(images)
        return results
