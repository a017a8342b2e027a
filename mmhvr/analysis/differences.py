# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Detections of two models on the frames where they differ (figure 4)."""

from collections import Counter
from dataclasses import dataclass
from typing import Dict, List, Sequence, Tuple

import cv2
import numpy as np

from ..evaluation.matching import match_detections
from ..visualization.draw import draw_detections, draw_ground_truth
from ..visualization.layout import caption, contact_sheet
from .annotated_videos import AnnotatedFrame, AnnotatedVideo

# Of a frame in the picture, in pixels.
_HEIGHT = 400

BOTH, FIRST, SECOND, NEITHER = 'both', 'first', 'second', 'neither'


@dataclass(frozen=True)
class Difference:
    """A frame of which two models find different true boxes.

    Attributes:
        first: The frame with the first model's detections.
        second: The same frame with the second model's.
        kind: FIRST or SECOND: the model that finds more of it.
        number: How many more.
    """

    first: AnnotatedFrame
    second: AnnotatedFrame
    kind: str
    number: int


def found_boxes(
    frame: AnnotatedFrame, score_thr: float = 0.5, iou_thr: float = 0.5
) -> np.ndarray:
    """Which true boxes of a frame a model finds, class and all.

    Args:
        frame: With detections; without any, nothing is found.
        score_thr: The least score of a detection.
        iou_thr: The least IoU with the true box.

    Returns:
        bool [n], one for each true box.
    """
    found = np.zeros(len(frame.gt_boxes), dtype=bool)
    if frame.boxes is None or frame.labels is None or frame.scores is None:
        return found
    sure = frame.scores >= score_thr
    for label in np.unique(frame.gt_labels):
        true = np.flatnonzero(frame.gt_labels == label)
        own = sure & (frame.labels == label)
        matches = match_detections(
            frame.gt_boxes[true],
            np.zeros(len(true), int),
            frame.boxes[own],
            np.zeros(own.sum(), int),
            frame.scores[own],
            iou_thr,
        )
        found[true[matches[matches >= 0]]] = True
    return found


def compare_videos(
    first: Sequence[AnnotatedVideo],
    second: Sequence[AnnotatedVideo],
    score_thr: float = 0.5,
    iou_thr: float = 0.5,
) -> Tuple[Dict[str, int], List[Difference]]:
    """Which true boxes one model finds and the other does not.

    Args:
        first: Videos with the detections of a model.
        second: The same videos with those of another.
        score_thr: The least score of a detection.
        iou_thr: The least IoU with the true box.

    Returns:
        tuple: The number of true boxes that BOTH models, the FIRST alone,
        the SECOND alone and NEITHER finds; and of each video the frame where
        the number of finds differs most (the first of several), if any does.
        Frames that one of the models was not tested on are left out.

    Raises:
        ValueError: No frame was tested with both.
    """
    counts: Counter = Counter({BOTH: 0, FIRST: 0, SECOND: 0, NEITHER: 0})
    differences = []
    tested = 0
    for video, other in zip(first, second):
        largest = None
        for a, b in zip(video.frames, other.frames):
            if a.boxes is None or b.boxes is None:
                continue
            tested += 1
            one = found_boxes(a, score_thr, iou_thr)
            two = found_boxes(b, score_thr, iou_thr)
            counts[BOTH] += int((one & two).sum())
            counts[FIRST] += int((one & ~two).sum())
            counts[SECOND] += int((~one & two).sum())
            counts[NEITHER] += int((~one & ~two).sum())
            gain = int(two.sum()) - int(one.sum())
            if gain and (largest is None or abs(gain) > largest.number):
                kind = SECOND if gain > 0 else FIRST
                largest = Difference(a, b, kind, abs(gain))
        if largest is not None:
            differences.append(largest)
    if not tested:
        raise ValueError(
            'no frame has predictions of both files; test both models on the '
            'same annotation file'
        )
    return dict(counts), differences


def choose_differences(
    differences: Sequence[Difference], number: int
) -> List[Difference]:
    """Choose of both kinds, in proportion to how many there are.

    Args:
        differences: To choose from, in the order of the videos.
        number: How many at most.

    Returns:
        Those of the SECOND model first, then those of the FIRST. Within a
        kind the largest differences go first, then the order of the videos.
        A kind that occurs at all is shown, if ``number`` is 2 or more.

    Example:
        >>> frame = AnnotatedFrame(0, '', np.zeros((0, 4)), np.zeros(0))
        >>> many = [Difference(frame, frame, SECOND, 1)] * 9
        >>> few = [Difference(frame, frame, FIRST, 1)]
        >>> [d.kind for d in choose_differences(many + few, 3)]
        ['second', 'second', 'first']
    """
    groups = {
        kind: sorted(
            (d for d in differences if d.kind == kind), key=lambda d: -d.number
        )
        for kind in (SECOND, FIRST)
    }
    number = min(number, len(differences))
    share = len(groups[FIRST]) * number / max(1, len(differences))
    losses = min(len(groups[FIRST]), round(share))
    if number > 1:
        losses = max(losses, min(1, len(groups[FIRST])))
        if groups[SECOND]:
            losses = min(losses, number - 1)
    return groups[SECOND][: number - losses] + groups[FIRST][:losses]


def draw_differences(
    chosen: Sequence[Difference],
    names: Tuple[str, str],
    class_names: Sequence[str],
    score_thr: float = 0.5,
    columns: int = 4,
) -> np.ndarray:
    """Return the first model's detections above, the second's below.

    Args:
        chosen: The frames, a column each.
        names: What to call the two models.
        class_names: The name of each class.
        score_thr: Detections of at least this score are drawn.
        columns: Frames in a row of pairs.

    Returns:
        [H, W, 3] BGR uint8; true boxes dashed, detections solid.

    Raises:
        ValueError: There is nothing to draw.
    """
    if not chosen:
        raise ValueError(
            'the two models find the same true boxes on every frame; there '
            'is nothing to compare: lower the score threshold, or take '
            'predictions of two different models'
        )
    tiles: List[np.ndarray] = []
    for start in range(0, len(chosen), columns):
        row = chosen[start : start + columns]
        width = columns if start else len(row)
        for name, place in zip(names, range(2)):
            pictures = [
                _tile((d.first, d.second)[place], name, class_names, score_thr)
                for d in row
            ]
            blank = np.full_like(pictures[0][:1, :1], 32)
            tiles += pictures + [blank] * (width - len(row))
    return contact_sheet(tiles, columns=min(columns, len(chosen)))


def _tile(
    frame: AnnotatedFrame,
    name: str,
    class_names: Sequence[str],
    score_thr: float,
) -> np.ndarray:
    """One frame with one model's boxes, and what it finds above."""
    image = frame.image()
    scale = _HEIGHT / image.shape[0]
    image = cv2.resize(
        image,
        (round(image.shape[1] * scale), _HEIGHT),
        interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA,
    )
    image = draw_ground_truth(
        image, frame.gt_boxes * scale, frame.gt_labels, class_names
    )
    if frame.boxes is not None and frame.labels is not None:
        image = draw_detections(
            image,
            frame.boxes * scale,
            frame.labels,
            frame.scores,
            class_names=class_names,
            score_thr=score_thr,
        )
    found = int(found_boxes(frame, score_thr).sum())
    return caption(image, f'{name}: finds {found} of {len(frame.gt_boxes)}')
