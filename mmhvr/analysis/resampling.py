# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
r"""Average precision of a data set whose videos are drawn with replacement.

A detection finds a box of its own frame, so matching does not depend on which
videos there are: it is done once, and a resample only weighs what it found,
see :mod:`~mmhvr.analysis.weighted_precision`.

Legend: G annotated boxes, D detections, I images, V videos, B resamples, C
groups of boxes, K classes.
"""

from typing import Any, Dict, List, Tuple

import numpy as np

from ..evaluation.annotations import VIDAnnotations
from ..evaluation.motion import MOTION_RANGES
from ..evaluation.range_average_precision import rank_by_range
from ..evaluation.ranking import rank_detections
from ..evaluation.structures import Detections, GroundTruth
from .weighted_precision import weighted_average_precisions


def number_videos(annotations: VIDAnnotations) -> Tuple[np.ndarray, List[Any]]:
    """Give each video of a data set a number.

    Args:
        annotations (VIDAnnotations): The data set.

    Returns:
        tuple[np.ndarray, list]: The number of each image's video, int [I];
        the id of each video, [V].

    Raises:
        ValueError: If images have no video, or there is only one.
    """
    ids = annotations.videos or [None] * len(annotations.image_ids)
    if None in ids:
        raise ValueError(
            f'{ids.count(None)} of {len(ids)} images have no video_id, and '
            'videos are what is drawn anew; convert the data set to CocoVID'
        )
    numbers = {name: n for n, name in enumerate(dict.fromkeys(ids))}
    if len(numbers) < 2:
        raise ValueError(
            f'all {len(ids)} images are of video {ids[0]!r}: how much a value '
            'depends on the videos cannot be told from one; evaluate on '
            'several, the more the better'
        )
    return np.array([numbers[name] for name in ids]), list(numbers)


def draw_videos(num_videos: int, resamples: int, seed: int = 0) -> np.ndarray:
    """Draw videos with replacement, as many as there are.

    Args:
        num_videos (int): V.
        resamples (int): B.
        seed (int): Of the draws. Defaults to 0.

    Returns:
        np.ndarray: How often each video was drawn, int64 [V, B].
    """
    rng = np.random.default_rng(seed)
    counts = np.empty((num_videos, resamples), dtype=np.int64)
    for number in range(resamples):
        drawn = rng.integers(0, num_videos, num_videos)
        counts[:, number] = np.bincount(drawn, minlength=num_videos)
    return counts


def motion_groups(gt: GroundTruth) -> Dict[str, np.ndarray]:
    """Which boxes are to find: of all, and by motion if it is known.

    Args:
        gt (GroundTruth): All annotated boxes.

    Returns:
        dict[str, np.ndarray]: ``'all'`` and the names of ``MOTION_RANGES``,
        C groups; bool [G] each.
    """
    groups = {'all': ~gt.crowd}
    if gt.motion is not None:
        for name, (low, high) in MOTION_RANGES.items():
            inside = (gt.motion >= low) & (gt.motion <= high)
            groups[name] = inside & ~gt.crowd
    return groups


def resampled_average_precisions(
    gt: GroundTruth,
    det: Detections,
    num_classes: int,
    videos: np.ndarray,
    counts: np.ndarray,
    protocol: str = 'fgfa',
    iou_thr: float = 0.5,
    offset: float = 1,
) -> np.ndarray:
    """AP of each class in each resample, of all boxes and by motion.

    Args:
        gt (GroundTruth): All annotated boxes; without their motion IoU there
            are no values by motion.
        det (Detections): All detections, sorted by image. Equal scores rank
            in this order.
        num_classes (int): K; labels are 0 .. K-1.
        videos (np.ndarray): Number of each image's video, int [I].
        counts (np.ndarray): How often each video counts, int [V, B].
        protocol (str): The rules of AP by motion. Defaults to 'fgfa'.
        iou_thr (float): The least IoU of a match. Defaults to 0.5.
        offset (float): Added to widths and heights. Defaults to 1.

    Returns:
        np.ndarray: float64 [B, C, K], the groups in the order of
        :func:`motion_groups`. NaN for a class without such boxes in the
        resample.
    """
    shares = _shares(gt, videos, counts)
    result = np.full((counts.shape[1], len(shares), num_classes), np.nan)
    for label in range(num_classes):
        rankings = [rank_detections(gt, det, label, iou_thr, offset)]
        if gt.motion is not None:
            rankings += rank_by_range(
                gt,
                gt.motion,
                det,
                label,
                list(MOTION_RANGES.values()),
                protocol,
                iou_thr,
                offset,
            )
        for column, (ranking, share) in enumerate(zip(rankings, shares)):
            result[:, column, label] = weighted_average_precisions(
                ranking, videos, counts, share
            )
    return result


def _shares(
    gt: GroundTruth, videos: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    """Share of the boxes to find that each group has, float64 [C, B]."""
    numbers = np.array(
        [
            np.bincount(videos[gt.images[mask]], minlength=len(counts))
            for mask in motion_groups(gt).values()
        ]
    )
    totals = numbers @ counts
    return totals / np.maximum(totals[0], 1)
