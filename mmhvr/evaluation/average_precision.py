# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
r"""Average precision as the area under the precision envelope (VOC area AP).

This is the AP that papers print for ImageNet VID. With the detections of a
class in the order of falling scores, TP_i and FP_i true and false ones among
the first i, and G annotated boxes,

.. math::
    r_i = TP_i / G, \quad p_i = TP_i / (TP_i + FP_i), \quad
    AP = \sum_i (r_i - r_{i-1}) \max_{j \ge i} p_j .

mAP is the mean over the classes that have annotated boxes.

Legend: G annotated boxes, D detections, K classes.
"""

from typing import Optional, Tuple

import numpy as np

from .matching import descending_order
from .ranking import rank_detections
from .structures import Detections, GroundTruth


def average_precisions(
    gt: GroundTruth,
    det: Detections,
    num_classes: int,
    iou_thr: float = 0.5,
    offset: float = 1,
) -> np.ndarray:
    """Average precision of each class over a data set.

    Detections and annotated boxes are matched by
    :func:`~mmhvr.evaluation.matching.match_detections`. A crowd box is not
    among the G boxes to find; a detection that found no box, but lies in a
    crowd region, counts neither as true nor as false.

    Args:
        gt (GroundTruth): All annotated boxes.
        det (Detections): All detections. Equal scores rank in this order.
        num_classes (int): K; labels are 0 .. K-1.
        iou_thr (float): The least IoU of a match. Defaults to 0.5.
        offset (float): Added to widths and heights of boxes: 1 as in the
            published VID evaluators, or 0. Defaults to 1.

    Returns:
        np.ndarray: float64 [K]; NaN for a class without annotated boxes.
    """
    result = np.full(num_classes, np.nan)
    for label in range(num_classes):
        if ((gt.labels == label) & ~gt.crowd).any():
            ranking = rank_detections(gt, det, label, iou_thr, offset)
            result[label] = average_precision(
                ranking.scores, ranking.hits, len(ranking.box_images)
            )
    return result


def mean_average_precision(average_precisions: np.ndarray) -> float:
    """Mean over the classes that have annotated boxes.

    Args:
        average_precisions (np.ndarray): AP of each class, NaN for a class
            without annotated boxes, [K].

    Returns:
        float: Their mean, in [0, 1].

    Raises:
        ValueError: If no class has annotated boxes.

    Example:
        >>> mean_average_precision(np.array([1., np.nan, .5]))
        0.75
    """
    known = average_precisions[~np.isnan(average_precisions)]
    if len(known) == 0:
        raise ValueError(
            f'none of the {len(average_precisions)} classes has an annotated '
            'box, so there is no mean AP; check that the annotation file '
            'holds boxes and that the class names agree'
        )
    return float(known.mean())


def average_precision(
    scores: np.ndarray,
    hits: np.ndarray,
    num_gt: int,
    weights: Optional[np.ndarray] = None,
) -> float:
    """Area under the precision envelope of one class.

    Args:
        scores (np.ndarray): Confidence of each detection, [D]. Equal scores
            rank in this order.
        hits (np.ndarray): Whether it found a box, bool [D].
        num_gt (int): G, the number of boxes to find.
        weights (np.ndarray, optional): How much each detection that found
            none counts as false, [D]. By default 1.

    Returns:
        float: AP in [0, 1]; NaN if there is nothing to find.

    Raises:
        ValueError: If a score is NaN.

    Example:
        >>> average_precision(np.array([.9, .8, .7]),
        ...                   np.array([True, False, True]), 2)
        0.8333333333333333
    """
    if num_gt == 0:
        return float('nan')
    return area_under_envelope(
        *precision_recall(scores, hits, num_gt, weights)
    )


def precision_recall(
    scores: np.ndarray,
    hits: np.ndarray,
    num_gt: int,
    weights: Optional[np.ndarray] = None,
) -> Tuple[np.ndarray, np.ndarray]:
    """Precision and recall after each detection, by falling score.

    Args:
        scores (np.ndarray): Confidence of each detection, [D].
        hits (np.ndarray): Whether it found a box, bool [D].
        num_gt (int): G, the number of boxes to find, at least 1.
        weights (np.ndarray, optional): How much each detection that found
            none counts as false, [D]. By default 1.

    Returns:
        tuple[np.ndarray, np.ndarray]: Precision and recall, float64 [D] each;
        precision is 0 before the first detection that counts.

    Raises:
        ValueError: If a score is NaN.
    """
    order = descending_order(scores)
    misses = ~hits if weights is None else np.where(hits, 0, weights)
    true = np.cumsum(hits[order], dtype=np.float64)
    false = np.cumsum(misses[order], dtype=np.float64)
    both = true + false
    precision = np.divide(true, both, out=np.zeros_like(both), where=both > 0)
    return precision, true / num_gt


def area_under_envelope(precision: np.ndarray, recall: np.ndarray) -> float:
    """Area under the smallest falling curve above the precision.

    Args:
        precision (np.ndarray): Precision after each detection, [D].
        recall (np.ndarray): Recall after each detection, not falling, [D].

    Returns:
        float: The area in [0, 1]; recall that is never reached adds 0.
    """
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * envelope))
