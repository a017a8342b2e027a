# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Random changes drawn for each frame of a video by itself.

Legend: T frames of a sample, H x W size of an image, n boxes of a frame.
"""

from __future__ import annotations

from typing import Sequence

import numpy as np
from mmcv.transforms import BaseTransform
from mmdet.datasets.transforms import MinIoURandomCrop
from mmtrack.registry import TRANSFORMS


@TRANSFORMS.register_module()
class TrackMinIoURandomCrop(MinIoURandomCrop):
    """mmdet's MinIoURandomCrop, which keeps the track ids with their boxes.

    Args:
        kwargs: Arguments of mmdet's class.
    """

    def transform(self, results: dict) -> dict:
        """Crop a frame; boxes whose centre is outside are dropped.

        Args:
            results (dict): img [H, W, 3], gt_bboxes [n, 4], gt_bboxes_labels
                [n] and gt_instances_id [n].

        Returns:
            dict: The same, cropped.
        """
        labels, ids = results['gt_bboxes_labels'], results['gt_instances_id']
        # mmdet's class selects among the labels: let it select places.
        results['gt_bboxes_labels'] = np.arange(len(labels))
        results = super().transform(results)
        kept = results['gt_bboxes_labels']
        results['gt_bboxes_labels'] = labels[kept]
        results['gt_instances_id'] = ids[kept]
        return results


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
