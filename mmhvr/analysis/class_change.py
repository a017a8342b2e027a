# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Average precision by class, of one run against another (figure 6).

Legend: K classes.
"""

from typing import Any, Dict, List, Sequence, Tuple

import numpy as np

from ..evaluation.average_precision import average_precisions
from ..evaluation.predictions import join_predictions
from ..evaluation.structures import GroundTruth
from ..visualization.text import save_figure
from .annotated_videos import AnnotatedVideo

# A class, its AP in the first and in the second run.
Change = Tuple[str, float, float]


def video_average_precisions(
    videos: Sequence[AnnotatedVideo], num_classes: int
) -> np.ndarray:
    """VID AP at IoU 0.5 of each class, from frames and their detections.

    Args:
        videos: With detections; frames that were not tested are left out.
        num_classes: K.

    Returns:
        float64 [K]; NaN for a class without true boxes.
    """
    frames = [
        frame
        for video in videos
        for frame in video.frames
        if frame.boxes is not None
    ]
    gt_boxes = np.concatenate([frame.gt_boxes for frame in frames])
    ground_truth = GroundTruth(
        gt_boxes,
        np.concatenate([frame.gt_labels for frame in frames]),
        np.repeat(
            np.arange(len(frames)), [len(frame.gt_boxes) for frame in frames]
        ),
        np.zeros(len(gt_boxes), dtype=bool),
    )
    found: Dict[int, Dict[str, Any]] = {
        place: dict(
            bboxes=frame.boxes, scores=frame.scores, labels=frame.labels
        )
        for place, frame in enumerate(frames)
    }
    detections = join_predictions(found)
    return average_precisions(ground_truth, detections, num_classes)


def class_changes(
    first: np.ndarray,
    second: np.ndarray,
    class_names: Sequence[str],
    number: int = 5,
) -> Tuple[List[Change], List[Change]]:
    """Return the classes that gain most and those that lose most.

    Args:
        first: AP of each class in a run, NaN without annotated boxes, [K].
        second: In another run, [K].
        class_names: The names, [K].
        number: How many classes of each kind at most.

    Returns:
        tuple: Classes that gain, the largest gain first; classes that lose,
        the largest loss first. A class without change is in neither.

    Raises:
        ValueError: The lengths differ.

    Example:
        >>> class_changes(np.array([.5, .5]), np.array([.75, .25]), ['a', 'b'])
        ([('a', 0.5, 0.75)], [('b', 0.5, 0.25)])
    """
    if not len(first) == len(second) == len(class_names):
        raise ValueError(
            f'{len(first)} and {len(second)} APs for {len(class_names)} '
            'classes; give one of each run for each class'
        )
    changes = [
        (name, float(a), float(b))
        for name, a, b in zip(class_names, first, second)
        if not np.isnan(a + b)
    ]
    changes.sort(key=lambda change: change[1] - change[2])
    up = [change for change in changes if change[2] > change[1]]
    down = [change for change in reversed(changes) if change[2] < change[1]]
    return up[:number], down[:number]


def draw_class_changes(
    up: Sequence[Change],
    down: Sequence[Change],
    names: Tuple[str, str],
    title: str,
    path: str,
) -> None:
    """Draw gains and losses as bars, the largest gain on top.

    Args:
        up: Classes that gain, as :func:`class_changes` returns them.
        down: Classes that lose.
        names: What to call the two runs.
        title: Above the picture.
        path: The file to write, such as ``changes.png``.

    Raises:
        ValueError: No class changed.
    """
    rows = [*up, *reversed(down)]
    if not rows:
        raise ValueError(
            'the AP of every class is the same in both runs; compare two '
            'different ones'
        )
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 0.42 * len(rows) + 1.5))
    axes = figure.add_subplot()
    gains = [100 * (b - a) for _, a, b in rows]
    places = np.arange(len(rows))[::-1]
    axes.barh(
        places,
        gains,
        color=['#2a9d5c' if gain > 0 else '#c8553d' for gain in gains],
    )
    axes.axvline(0, color='black', linewidth=0.8)
    for place, gain, (_, a, b) in zip(places, gains, rows):
        # Beside the bar's end; the axis has room for it.
        axes.annotate(
            f'{gain:+.1f}  ({100 * a:.1f} to {100 * b:.1f})',
            (gain, place),
            xytext=(4 if gain > 0 else -4, 0),
            textcoords='offset points',
            ha='left' if gain > 0 else 'right',
            va='center',
            fontsize=9,
        )
    reach = max(map(abs, gains))
    axes.set_xlim(
        -1.6 * reach if min(gains) < 0 else 0,
        1.6 * reach if max(gains) > 0 else 0,
    )
    axes.set_yticks(places, [name for name, _, _ in rows])
    axes.set_xlabel(f'AP of {names[1]} less that of {names[0]}, in points')
    axes.set_title(title, fontsize=10)
    for side in ('top', 'right'):
        axes.spines[side].set_visible(False)
    figure.tight_layout()
    save_figure(figure, path, dpi=130)
