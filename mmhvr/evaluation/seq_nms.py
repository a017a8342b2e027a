# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Seq-NMS: boxes of one class, linked through a video, share their scores.

Legend: T frames, n_t boxes of frame t, N boxes of the video; boxes are xyxy
in pixels. In here a box is known by its number 0 .. N - 1, frame by frame, so
that the lowest number is the lowest frame's lowest index.
"""

import math
from typing import Any, List, Sequence, Tuple

import numpy as np

from .best_paths import BestPaths
from .overlaps import VideoBoxes

Arrays = List[np.ndarray]


def seq_nms(
    boxes: Sequence[Any],
    scores: Sequence[Any],
    link_iou: float = 0.5,
    nms_iou: float = 0.3,
    rescore: str = 'avg',
    min_sum: float = 0.01,
    offset: float = 1,
) -> Tuple[Arrays, Arrays]:
    """Rescore the boxes of one class in one video along their best paths.

    Seq-NMS (https://arxiv.org/abs/1602.08465), for boxes above a score
    threshold and *before* NMS:

    1. Boxes of adjacent frames are linked if their IoU is at least
       ``link_iou``. A path follows links from frame to frame, and goes on as
       long as there is one.
    2. Of all paths of boxes that are free, take the one with the largest sum
       of scores. Its boxes get the mean of their scores, or the maximum.
    3. In each frame of the path, free boxes whose IoU with the path's box is
       at least ``nms_iou`` are suppressed. Neither they nor the path's boxes
       are free any longer.
    4. Again from 2, until there is no link between free boxes, or the
       largest sum is less than ``min_sum``. What is free by then stays as it
       is.

    While there is a link somewhere, the best path may be a single box
    without one: it keeps its score and suppresses like any path.

    Ties: of equal successors the one with the lowest index is taken, of
    equal paths the one that starts in the lowest frame, at the lowest index.
    Sums are in double precision from the last box of a path to its first,
    ``s_1 + (s_2 + (... + s_n))``; the mean is that sum divided by n. IoU is
    that of :class:`mmhvr.evaluation.overlaps.VideoBoxes`.

    A path costs what it changes (:class:`BestPaths`), where the published
    algorithm goes through the whole video again.

    Args:
        boxes (list[np.ndarray]): For each frame its boxes, [n_t, 4]; there
            may be none. An inverted box overlaps nothing.
        scores (list[np.ndarray]): Their scores, none negative, [n_t].
        link_iou (float): The least IoU of a link, in (0, 1].
        nms_iou (float): The least IoU that suppresses, in (0, 1].
        rescore (str): 'avg' or 'max'.
        min_sum (float): Paths with a smaller sum are left alone.
        offset (float): Added to widths and heights of boxes: 1 takes the
            coordinates as pixels, as the published VID evaluators do, 0
            takes them as edges.

    Returns:
        tuple[list[np.ndarray], list[np.ndarray]]: For each frame, in the
        order of its boxes, the new scores, float64 [n_t], and whether a box
        stays, bool [n_t]: only what a path suppressed does not (it has its
        old score).

    Raises:
        TypeError: If boxes or scores are no arrays of numbers.
        ValueError: If shapes do not fit together, a value is NaN or
            infinite, a score is negative, or an option is out of range.

    Example:
        >>> one = np.array([[0., 0., 9., 9.], [0., 0., 9., 8.]])
        >>> scores, keep = seq_nms(
        ...     [one, one[:1]], [np.array([.5, .4]), np.array([.9])])
        >>> scores[0], scores[1], keep[0]
        (array([0.7, 0.4]), array([0.7]), array([ True, False]))
    """
    _check_options(link_iou, nms_iou, rescore, min_sum, offset)
    frames, old = _check_frames(boxes, scores)
    if not frames:
        return [], []
    video = VideoBoxes(frames, offset)
    old_scores = np.concatenate(old)
    new_scores = old_scores.copy()
    keep = np.ones(len(new_scores), dtype=bool)
    links, begins = video.links(link_iou)
    paths = BestPaths(old_scores, video.first, links, begins, min_sum)
    while True:
        path = paths.take_best()
        if not path:
            break
        new_scores[path] = (
            old_scores[path].max()
            if rescore == 'max'
            else paths.sums[path[0]] / len(path)
        )
        near = video.near_path(path, nms_iou, paths.is_free)
        keep[near] = False
        keep[path] = True
        paths.remove(np.union1d(path, near))
    cuts = video.first[1:-1]
    return np.split(new_scores, cuts), np.split(keep, cuts)


def _check_options(
    link_iou: float,
    nms_iou: float,
    rescore: str,
    min_sum: float,
    offset: float,
) -> None:
    """Raise a ValueError for an option that is out of range."""
    for name, value in (('link_iou', link_iou), ('nms_iou', nms_iou)):
        if not 0 < value <= 1:
            raise ValueError(f'{name} must be in (0, 1], but got {value}')
    if rescore not in ('avg', 'max'):
        raise ValueError(
            f"rescore must be 'avg' (the mean of a path) or 'max', but got "
            f'{rescore!r}'
        )
    if math.isnan(min_sum):
        raise ValueError(f'min_sum must be a number, but got {min_sum}')
    if not 0 <= offset < math.inf:
        raise ValueError(
            f'offset must be 0 (edges) or 1 (pixels), but got {offset}'
        )


def _check_frames(
    boxes: Sequence[Any], scores: Sequence[Any]
) -> Tuple[Arrays, Arrays]:
    """Return the frames as float64 arrays; an error names the frame."""
    if len(boxes) != len(scores):
        raise ValueError(
            f'there are boxes of {len(boxes)} frames but scores of '
            f'{len(scores)}; give one array a frame of each'
        )
    frames = [_as_floats('boxes', t, frame) for t, frame in enumerate(boxes)]
    values = [_as_floats('scores', t, frame) for t, frame in enumerate(scores)]
    for t, (box, score) in enumerate(zip(frames, values)):
        if box.ndim != 2 or box.shape[1] != 4:
            raise ValueError(
                f'boxes of frame {t} must be [n, 4], but are '
                f'{list(box.shape)}; reshape an empty frame with '
                'boxes.reshape(0, 4)'
            )
        if score.shape != box.shape[:1]:
            raise ValueError(
                f'scores of frame {t} must be [{len(box)}], one a box, but '
                f'are {list(score.shape)}'
            )
        if (score < 0).any():
            raise ValueError(
                f'scores of frame {t} go down to {score.min()}; take '
                'probabilities, as after sigmoid or softmax'
            )
    return frames, values


def _as_floats(name: str, frame: int, values: Any) -> np.ndarray:
    """One frame's array in double precision; no NaN, nothing infinite."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f'{name} of frame {frame} are no array of numbers ({error}); give '
            'NumPy arrays, or tensors on the CPU'
        ) from error
    if not np.isfinite(array).all():
        raise ValueError(
            f'{name} of frame {frame} are NaN or infinite; the model has '
            'diverged, or its half precision overflowed'
        )
    return array
