# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What the detections of one class found, before any average is taken.

Legend: G boxes to find, D detections.
"""

from dataclasses import dataclass

import numpy as np

from .matching import covered_by_crowd, match_detections
from .structures import Detections, GroundTruth


@dataclass(frozen=True)
class Ranking:
    """What each detection counts, and how many boxes there are to find.

    Attributes:
        scores (np.ndarray): Confidence of each detection, [D]. Equal scores
            rank in this order.
        images (np.ndarray): Index of each detection's image, int [D].
        hits (np.ndarray): Whether it found a box, bool [D].
        weights (np.ndarray): How much it counts as a false one, in [0, 1],
            [D]; 0 for a hit.
        alone (np.ndarray): Whether it counts as a false one by the share of
            the data set's boxes that are in range, bool [D]; its weight is
            then 0.
        box_images (np.ndarray): Index of each box's image, int [G].
    """

    scores: np.ndarray
    images: np.ndarray
    hits: np.ndarray
    weights: np.ndarray
    alone: np.ndarray
    box_images: np.ndarray


def rank_detections(
    gt: GroundTruth,
    det: Detections,
    label: int,
    iou_thr: float = 0.5,
    offset: float = 1,
) -> Ranking:
    """Match the detections of one class, and drop those that do not count.

    Args:
        gt (GroundTruth): All annotated boxes.
        det (Detections): All detections.
        label (int): The class.
        iou_thr (float): The least IoU of a match. Defaults to 0.5.
        offset (float): Added to widths and heights. Defaults to 1.

    Returns:
        Ranking: The detections that count, in their order; no weight depends
        on a share.
    """
    boxes = gt.select((gt.labels == label) & ~gt.crowd)
    crowd = gt.select((gt.labels == label) & gt.crowd)
    own = det.select(det.labels == label)
    hits = (
        match_detections(
            boxes.boxes,
            boxes.images,
            own.boxes,
            own.images,
            own.scores,
            iou_thr,
            offset,
        )
        >= 0
    )
    counts = hits | ~covered_by_crowd(
        crowd.boxes, crowd.images, own.boxes, own.images, iou_thr, offset
    )
    hits = hits[counts]
    return Ranking(
        scores=own.scores[counts],
        images=own.images[counts],
        hits=hits,
        weights=(~hits).astype(np.float64),
        alone=np.zeros(len(hits), dtype=bool),
        box_images=boxes.images,
    )
