# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What the pictures of a result show, as numbers.

Legend: G annotated boxes, K classes, R ranges.
"""

from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np

from ..evaluation.annotations import VIDAnnotations
from ..evaluation.average_precision import (
    area_under_envelope,
    precision_recall,
)
from ..evaluation.errors import ErrorCounts, count_errors
from ..evaluation.motion import MOTION_RANGES
from ..evaluation.prediction_files import AnyPredictions, label_names
from ..evaluation.predictions import check_labels, join_predictions
from ..evaluation.range_average_precision import range_average_precisions
from ..evaluation.ranking import rank_detections
from ..utils.box_pairs import box_sizes

Ranges = Dict[str, Tuple[float, float]]

# Square root of a box's area in pixels: COCO's bounds of small and large.
SIZE_RANGES: Ranges = {
    'small': (0.0, 32.0),
    'medium': (32.0, 96.0),
    'large': (96.0, float('inf')),
}


@dataclass(frozen=True)
class RangeResult:
    """AP of the boxes in each range.

    Attributes:
        ranges (dict[str, tuple]): Least and greatest value by name, R.
        aps (np.ndarray): AP of each class, NaN without boxes, [R, K].
        boxes (np.ndarray): Boxes of each class, int [R, K].
    """

    ranges: Ranges
    aps: np.ndarray
    boxes: np.ndarray


@dataclass(frozen=True)
class Analysis:
    """The numbers behind the pictures of one result.

    Attributes:
        classes (list[str]): Class names, K.
        aps (np.ndarray): AP of each class, NaN without boxes, [K].
        curves (list): Precision and recall after each detection, by falling
            score, of each class; None without boxes, K.
        errors (ErrorCounts): Found, missed and false.
        motion (RangeResult, optional): By motion IoU; None without tracks.
        size (RangeResult): By the square root of the area in pixels.
    """

    classes: List[str]
    aps: np.ndarray
    curves: List[Optional[Tuple[np.ndarray, np.ndarray]]]
    errors: ErrorCounts
    motion: Optional[RangeResult]
    size: RangeResult


def analyse(
    predictions: AnyPredictions,
    annotations: VIDAnnotations,
    classes: Optional[Sequence[str]] = None,
    protocol: str = 'fgfa',
    motion: Optional[np.ndarray] = None,
    score_thr: float = 0.3,
    iou_thr: float = 0.5,
    offset: float = 1,
) -> Analysis:
    """Evaluate predictions in all the ways that there are pictures for.

    AP by size has no published rules; it is by those of the protocol
    ``'mega'`` with sizes in place of motion IoU.

    Args:
        predictions (dict): Detections by image id.
        annotations (VIDAnnotations): The boxes to find.
        classes (Sequence[str], optional): Class names by label, if the
            predictions do not have them.
        protocol (str): The rules of AP by motion. Defaults to 'fgfa'.
        motion (np.ndarray, optional): Motion IoU of each box, [G]. By
            default from the tracks, if there are any.
        score_thr (float): Detections of at least this score count as errors.
            Defaults to 0.3.
        iou_thr (float): The least IoU of a match. Defaults to 0.5.
        offset (float): Added to widths and heights. Defaults to 1.

    Returns:
        Analysis: The numbers.

    Raises:
        ValueError: If there are no predictions, nobody names the classes, a
            label names no class, or no class has annotated boxes.
    """
    names = label_names(predictions, classes)
    if motion is None and annotations.has_tracks:
        motion = annotations.motion_iou(offset=offset)
    gt = annotations.ground_truth(names, motion)
    index = {image_id: i for i, image_id in enumerate(annotations.image_ids)}
    if not predictions:
        raise ValueError('there are no predictions to analyse')
    det = join_predictions(
        {index[image_id]: frame for image_id, frame in predictions.items()}
    )
    check_labels(det, names, annotations.image_names)
    aps = np.full(len(names), np.nan)
    curves: List[Optional[Tuple[np.ndarray, np.ndarray]]] = []
    for label in range(len(names)):
        ranking = rank_detections(gt, det, label, iou_thr, offset)
        number = len(ranking.box_images)
        curve = None
        if number:
            curve = precision_recall(ranking.scores, ranking.hits, number)
        if curve is not None:
            aps[label] = area_under_envelope(*curve)
        curves.append(curve)

    def by_range(
        values: np.ndarray, ranges: Ranges, rules: str
    ) -> RangeResult:
        numbers = []
        for low, high in ranges.values():
            inside = (values >= low) & (values <= high) & ~gt.crowd
            numbers.append(
                np.bincount(gt.labels[inside], minlength=len(names))
            )
        rows = range_average_precisions(
            gt,
            values,
            det,
            len(names),
            list(ranges.values()),
            rules,
            iou_thr,
            offset,
        )
        return RangeResult(ranges, rows, np.array(numbers))

    width, height = box_sizes(gt.boxes, offset)
    return Analysis(
        classes=names,
        aps=aps,
        curves=curves,
        errors=count_errors(
            gt,
            det,
            len(names),
            score_thr,
            iou_thr,
            min(0.1, iou_thr / 2),
            offset,
        ),
        motion=None
        if gt.motion is None
        else by_range(gt.motion, MOTION_RANGES, protocol),
        size=by_range(np.sqrt(width * height), SIZE_RANGES, 'mega'),
    )
