# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The released code's augmentation, drawn for each frame by itself.

Legend: H x W size of an image, n boxes of a frame.
"""

import numpy as np
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
