# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What goes wrong: missed boxes, and why detections are false.

Detections below a score are left out, since AP hardly minds the thousands of
false ones with tiny scores, and a person does. Each other detection is one
of these, the first that applies:

1. *found*: it found a box of its class, by the rules of
   :func:`~mmhvr.evaluation.matching.match_detections`;
2. not counted: it lies in a crowd region of its class;
3. *duplicate*: its IoU with a box of its class reaches the threshold, but
   the box was found by a better detection;
4. *confusion*: its IoU with a box of another class reaches the threshold; it
   is confused with the class of the box of the largest IoU, of equal ones
   the first;
5. *localization*: its IoU with a box of its class is at least ``near``;
6. *background*: all else.

A box that no detection found is *missed*, though a confusion may lie on it.

Legend: G annotated boxes, D detections, K classes.
"""

from dataclasses import dataclass
from typing import Dict, List, Tuple

import numpy as np

from ..utils.box_pairs import paired_iou
from .matching import (
    covered_by_crowd,
    iter_pairs,
    match_detections,
)
from .structures import Detections, GroundTruth

# Kinds of false detections, in the order of a table.
KINDS = ('duplicate', 'confusion', 'localization', 'background')


@dataclass(frozen=True)
class ErrorCounts:
    """Numbers of boxes and detections by class, int [K] each.

    Attributes:
        boxes (np.ndarray): Boxes to find.
        found (np.ndarray): Boxes found, and detections that found one.
        false (dict[str, np.ndarray]): False detections by kind and by their
            own class: duplicate, confusion, localization, background.
        confused (np.ndarray): Confusions by the class of the box (row) and
            of the detection (column), [K, K].
    """

    boxes: np.ndarray
    found: np.ndarray
    false: Dict[str, np.ndarray]
    confused: np.ndarray

    @property
    def missed(self) -> np.ndarray:
        """Boxes that were not found, int [K]."""
        return self.boxes - self.found

    @property
    def recall(self) -> np.ndarray:
        """Share of boxes found, float [K]; NaN for a class without boxes."""
        return np.divide(
            self.found,
            self.boxes,
            out=np.full(len(self.boxes), np.nan),
            where=self.boxes > 0,
        )

    def confusion_matrix(self) -> np.ndarray:
        """Boxes and false detections in one table.

        Returns:
            np.ndarray: int [K + 1, K + 1]. Row: class of the box, the last
            row for no box (duplicate, localization, background). Column:
            class of the detection, the last column for boxes that are
            missed. The diagonal holds the boxes found. A missed box on which
            a confusion lies is in both cells of its row.
        """
        number = len(self.boxes)
        matrix = np.zeros((number + 1, number + 1), dtype=np.int64)
        matrix[:number, :number] = self.confused + np.diag(self.found)
        matrix[:number, number] = self.missed
        for kind in ('duplicate', 'localization', 'background'):
            matrix[number, :number] += self.false[kind]
        return matrix

    def top_confusions(self, number: int = 5) -> List[Tuple[int, int, int]]:
        """Return the most frequent confusions.

        Args:
            number (int): How many at most. Defaults to 5.

        Returns:
            list[tuple[int, int, int]]: Label of the box, label of the
            detection, and how often, from the most frequent on.
        """
        order = np.argsort(-self.confused, axis=None, kind='stable')
        pairs = np.stack(np.unravel_index(order, self.confused.shape), 1)
        return [
            (row, column, int(self.confused[row, column]))
            for row, column in pairs[:number].tolist()
            if self.confused[row, column]
        ]


def count_errors(
    gt: GroundTruth,
    det: Detections,
    num_classes: int,
    score_thr: float = 0.3,
    iou_thr: float = 0.5,
    near: float = 0.1,
    offset: float = 1,
) -> ErrorCounts:
    """Count found and missed boxes, and false detections by kind.

    Args:
        gt (GroundTruth): All annotated boxes.
        det (Detections): All detections.
        num_classes (int): K; labels are 0 .. K-1.
        score_thr (float): Detections of at least this score count. Defaults
            to 0.3.
        iou_thr (float): The least IoU of a match. Defaults to 0.5.
        near (float): The least IoU of a badly localized detection. Defaults
            to 0.1.
        offset (float): Added to widths and heights. Defaults to 1.

    Returns:
        ErrorCounts: The numbers.

    Raises:
        ValueError: If ``near`` is not below ``iou_thr``, or a score is NaN.
    """
    if not 0 < near < iou_thr:
        raise ValueError(
            f'near must lie between 0 and iou_thr, {iou_thr}, but got {near}'
        )
    if np.isnan(det.scores).any():
        raise ValueError(
            f'{int(np.isnan(det.scores).sum())} of {len(det.scores)} scores '
            'are NaN; look for the frame whose prediction went wrong'
        )
    boxes = gt.select(~gt.crowd)
    det = det.select(det.scores >= score_thr)
    found, skipped = _found_and_skipped(gt, det, num_classes, iou_thr, offset)
    false = det.select(~found & ~skipped)
    same, other, label = _best_overlaps(boxes, false, offset)
    duplicate = same >= iou_thr
    confusion = ~duplicate & (other >= iou_thr)
    localization = ~duplicate & ~confusion & (same >= near)
    background = ~(duplicate | confusion | localization)
    confused = np.zeros((num_classes, num_classes), dtype=np.int64)
    np.add.at(confused, (label[confusion], false.labels[confusion]), 1)
    masks = (duplicate, confusion, localization, background)
    return ErrorCounts(
        boxes=np.bincount(boxes.labels, minlength=num_classes),
        found=np.bincount(det.labels[found], minlength=num_classes),
        false={
            kind: np.bincount(false.labels[mask], minlength=num_classes)
            for kind, mask in zip(KINDS, masks)
        },
        confused=confused,
    )


def _found_and_skipped(
    gt: GroundTruth,
    det: Detections,
    num_classes: int,
    iou_thr: float,
    offset: float,
) -> Tuple[np.ndarray, np.ndarray]:
    """Which detections found a box, and which lie in a crowd, bool [D]."""
    found = np.zeros(len(det.scores), dtype=bool)
    skipped = np.zeros(len(det.scores), dtype=bool)
    for label in range(num_classes):
        index = np.flatnonzero(det.labels == label)
        own = det.select(index)
        boxes = gt.select((gt.labels == label) & ~gt.crowd)
        crowds = gt.select((gt.labels == label) & gt.crowd)
        matches = match_detections(
            boxes.boxes,
            boxes.images,
            own.boxes,
            own.images,
            own.scores,
            iou_thr,
            offset,
        )
        found[index] = matches >= 0
        skipped[index] = (matches < 0) & covered_by_crowd(
            crowds.boxes,
            crowds.images,
            own.boxes,
            own.images,
            iou_thr,
            offset,
        )
    return found, skipped


def _best_overlaps(
    gt: GroundTruth, det: Detections, offset: float
) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Largest IoU with boxes of the own class and of others, and that label.

    Returns:
        tuple[np.ndarray, np.ndarray, np.ndarray]: IoU with the own class, 0
        if the frame has no such box, [D]; IoU with other classes, [D]; label
        of that box, the first of several, -1 if there is none, int64 [D].
    """
    same, other = np.zeros(len(det.scores)), np.zeros(len(det.scores))
    label = np.full(len(det.scores), -1, dtype=np.int64)
    for boxes, dets in iter_pairs(gt.images, det.images):
        # A detection's pairs come together.
        begin = np.flatnonzero(np.append(True, dets[1:] != dets[:-1]))
        iou = paired_iou(gt.boxes[boxes], det.boxes[dets], offset)
        alike = gt.labels[boxes] == det.labels[dets]
        same[dets[begin]] = np.maximum.reduceat(
            np.where(alike, iou, 0.0), begin
        )
        other[dets[begin]] = np.maximum.reduceat(
            np.where(alike, 0.0, iou), begin
        )
        best = np.flatnonzero(~alike & (iou == other[dets]))[::-1]
        # Backwards, so that the first box is written last and stays.
        label[dets[best]] = gt.labels[boxes[best]]
    return same, other, label
