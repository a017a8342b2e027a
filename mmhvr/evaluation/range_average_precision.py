# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
r"""Average precision of the boxes in a range, such as slow, medium, fast.

Boxes out of the range are *ignored*: they need not be found, and a detection
that found one counts neither as true nor as false. A detection that found
nothing counts as false with a weight from 0 to 1, since it may belong to the
boxes of another range. With w_i the weights of the first i detections,

.. math::
    p_i = \frac{TP_i}{TP_i + \sum_{j \le i} w_j}, \quad r_i = TP_i / G,

where p is 0 as long as both are 0, and AP is the area under the envelope.

The published evaluators disagree on the details, and their numbers are not
comparable: see :class:`RangeProtocol`.

Legend: G annotated boxes, D detections, K classes, R ranges.
"""

from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np

from ..utils.box_pairs import box_sizes, paired_iou
from .average_precision import average_precision
from .matching import (
    assign_pairs,
    covered_by_crowd,
    descending_order,
    iter_pairs,
    overlapping_pairs,
)
from .ranking import Ranking
from .structures import Detections, GroundTruth


@dataclass(frozen=True)
class RangeProtocol:
    """What the published evaluators of slow, medium and fast disagree on.

    Attributes:
        tolerance (float, optional): Pixels t by which a small box may be
            missed: a box of w x h needs an IoU of
            min(iou_thr, w h / ((w + t) (h + t))). None: iou_thr for all.
        same_class (bool): Whether the overlaps that weigh an unmatched
            detection are with the boxes of its own class alone.
        prefer_in_range (bool): Whether, of boxes with equal IoU, one in
            range is found before an ignored one. Otherwise the first is.
    """

    tolerance: Optional[float]
    same_class: bool
    prefer_in_range: bool


PROTOCOLS: Dict[str, RangeProtocol] = {
    # Flow-Guided Feature Aggregation, ICCV 2017.
    'fgfa': RangeProtocol(10, same_class=False, prefer_in_range=False),
    # Memory Enhanced Global-Local Aggregation, CVPR 2020.
    'mega': RangeProtocol(None, same_class=True, prefer_in_range=True),
}


def range_average_precisions(
    gt: GroundTruth,
    values: np.ndarray,
    det: Detections,
    num_classes: int,
    ranges: Sequence[Tuple[float, float]],
    protocol: str = 'fgfa',
    iou_thr: float = 0.5,
    offset: float = 1,
) -> np.ndarray:
    """Average precision of each class over the boxes of each range.

    Crowd boxes are as in
    :func:`~mmhvr.evaluation.average_precision.average_precisions`: neither
    to find nor ignored, and a detection that found nothing but lies in a
    crowd region of its class has weight 0.

    Args:
        gt (GroundTruth): All annotated boxes.
        values (np.ndarray): What the ranges are about, such as motion IoU,
            for each box, [G].
        det (Detections): All detections. Equal scores rank in this order.
        num_classes (int): K; labels are 0 .. K-1.
        ranges (Sequence[tuple]): Least and greatest value of each range,
            both included, R pairs.
        protocol (str): ``'fgfa'`` or ``'mega'``. Defaults to 'fgfa'.
        iou_thr (float): The least IoU of a match. Defaults to 0.5.
        offset (float): Added to widths and heights. Defaults to 1.

    Returns:
        np.ndarray: float64 [R, K]; NaN for a class without boxes in range.

    Raises:
        ValueError: If an argument does not fit.
    """
    _check_arguments(gt, values, ranges, protocol)
    result = np.full((len(ranges), num_classes), np.nan)
    # In a frame without boxes nothing tells which range it would have been.
    share = np.zeros(len(ranges))
    if not gt.crowd.all():
        share = 1 - _outside(values[~gt.crowd], ranges).mean(1)
    for label in range(num_classes):
        rankings = rank_by_range(
            gt, values, det, label, ranges, protocol, iou_thr, offset
        )
        for r, ranking in enumerate(rankings):
            result[r, label] = average_precision(
                ranking.scores,
                ranking.hits,
                len(ranking.box_images),
                ranking.weights + share[r] * ranking.alone,
            )
    return result


def rank_by_range(
    gt: GroundTruth,
    values: np.ndarray,
    det: Detections,
    label: int,
    ranges: Sequence[Tuple[float, float]],
    protocol: str = 'fgfa',
    iou_thr: float = 0.5,
    offset: float = 1,
) -> List[Ranking]:
    """Match the detections of one class with the boxes of each range.

    Args:
        gt (GroundTruth): All annotated boxes.
        values (np.ndarray): What the ranges are about, for each box, [G].
        det (Detections): All detections.
        label (int): The class.
        ranges (Sequence[tuple]): Least and greatest value of each, R pairs.
        protocol (str): ``'fgfa'`` or ``'mega'``. Defaults to 'fgfa'.
        iou_thr (float): The least IoU of a match. Defaults to 0.5.
        offset (float): Added to widths and heights. Defaults to 1.

    Returns:
        list[Ranking]: One of each range, by falling score; none at all if
        the class has no box in any range.

    Raises:
        ValueError: If an argument does not fit.
    """
    rules = _check_arguments(gt, values, ranges, protocol)
    crowds = gt.select(gt.crowd & (gt.labels == label))
    counted, values = gt.select(~gt.crowd), values[~gt.crowd]
    ignored = _outside(values, ranges)
    mine = counted.labels == label
    if ignored[:, mine].all():
        return []
    own = det.select(det.labels == label)
    own = own.select(descending_order(own.scores))
    near = mine if rules.same_class else np.ones_like(mine)
    weights, alone = false_positive_weights(
        counted.select(near), ignored[:, near], own, offset
    )
    covered = covered_by_crowd(
        crowds.boxes, crowds.images, own.boxes, own.images, iou_thr, offset
    )
    weights[:, covered] = 0
    boxes, ignored = counted.select(mine), ignored[:, mine]
    matches = _match_by_range(boxes, ignored, own, rules, iou_thr, offset)
    rankings = []
    for weight, found, out in zip(weights, matches, ignored):
        hits = found >= 0
        hits[hits] = ~out[found[hits]]
        rankings.append(
            Ranking(
                scores=own.scores,
                images=own.images,
                hits=hits,
                weights=np.where(found >= 0, 0.0, weight),
                alone=alone & ~covered & (found < 0),
                box_images=boxes.images[~out],
            )
        )
    return rankings


def false_positive_weights(
    gt: GroundTruth,
    ignored: np.ndarray,
    det: Detections,
    offset: float = 1,
) -> Tuple[np.ndarray, np.ndarray]:
    """How much each detection counts as false if it finds nothing.

    1 if its best overlap is with a box in range, 0 if it is with an ignored
    box; a frame that has boxes of one kind alone has its best overlap with
    them, though it be 0. If both overlaps are equal, the share of ignored
    boxes in the frame, as published.

    Args:
        gt (GroundTruth): The boxes that are looked at.
        ignored (np.ndarray): Which are ignored in each range, bool [R, G].
        det (Detections): The detections.
        offset (float): Added to widths and heights. Defaults to 1.

    Returns:
        tuple[np.ndarray, np.ndarray]: The weights, float64 in [0, 1],
        [R, D]; and which detections are in a frame without such boxes, so
        that their weight here is 0, bool [D].
    """
    weights = np.zeros((len(ignored), len(det.scores)))
    alone = np.ones(len(det.scores), dtype=bool)
    for boxes, dets in iter_pairs(gt.images, det.images):
        # A detection's pairs come together.
        begin = np.flatnonzero(np.append(True, dets[1:] != dets[:-1]))
        number = np.diff(np.append(begin, len(dets)))
        alone[dets[begin]] = False
        iou = paired_iou(gt.boxes[boxes], det.boxes[dets], offset)
        for weight, flags in zip(weights, ignored):
            out = flags[boxes]
            best_out = np.maximum.reduceat(np.where(out, iou, -1.0), begin)
            best_in = np.maximum.reduceat(np.where(out, -1.0, iou), begin)
            share = np.add.reduceat(out.astype(np.float64), begin) / number
            share[best_in > best_out] = 1
            share[best_in < best_out] = 0
            weight[dets[begin]] = share
    return weights, alone


def _match_by_range(
    gt: GroundTruth,
    ignored: np.ndarray,
    det: Detections,
    rules: RangeProtocol,
    iou_thr: float,
    offset: float,
) -> List[np.ndarray]:
    """Index of the box that each detection of a class found, [D], R times."""
    thresholds = np.full(len(gt.boxes), float(iou_thr))
    if rules.tolerance is not None:
        width, height = box_sizes(gt.boxes, offset)
        reached = (width * height) / (
            (width + rules.tolerance) * (height + rules.tolerance)
        )
        thresholds = np.minimum(thresholds, reached)
    pairs = overlapping_pairs(
        gt.boxes, gt.images, det.boxes, det.images, thresholds, offset
    )
    if not rules.prefer_in_range:
        return [assign_pairs(*pairs, gt.images, det.scores)] * len(ignored)
    return [
        assign_pairs(*pairs, gt.images, det.scores, last=out)
        for out in ignored
    ]


def _outside(
    values: np.ndarray, ranges: Sequence[Tuple[float, float]]
) -> np.ndarray:
    """Which values are not in each range, bool [R, G]."""
    return np.array(
        [(values < low) | (values > high) for low, high in ranges]
    ).reshape(len(ranges), len(values))


def _check_arguments(
    gt: GroundTruth,
    values: np.ndarray,
    ranges: Sequence[Tuple[float, float]],
    protocol: str,
) -> RangeProtocol:
    """Raise a ValueError for what does not fit; returns the rules."""
    if protocol not in PROTOCOLS:
        raise ValueError(
            f'protocol {protocol!r} is unknown; choose from '
            f'{sorted(PROTOCOLS)}'
        )
    if values.shape != gt.labels.shape:
        raise ValueError(
            f'values must hold one number a box, [{len(gt.labels)}], but got '
            f'{values.shape}'
        )
    for low, high in ranges:
        if low > high:
            raise ValueError(
                f'range ({low}, {high}) is empty; give the least value first'
            )
    return PROTOCOLS[protocol]
