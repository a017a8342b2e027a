# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Which detection finds which annotated box, for one class of a data set.

Legend: G annotated boxes, D detections, P pairs of a box and a detection of
one image; boxes are xyxy in pixels, in any order of images. ``offset`` is
added to every width and height: 1 takes the coordinates as the first and the
last pixel of a box, as the published ImageNet VID evaluators do, 0 takes
them as edges.

A box with x2 - x1 + offset <= 0 or y2 - y1 + offset <= 0 (an inverted box)
has no area, and overlaps nothing.
"""

from typing import Iterator, Optional, Tuple, Union

import numpy as np

from ..utils.box_pairs import box_area, paired_intersection, paired_iou

# Pairs looked at together: about 100 MB of temporary float64 arrays.
PAIRS_AT_ONCE = 1 << 20


def match_detections(
    gt_boxes: np.ndarray,
    gt_images: np.ndarray,
    det_boxes: np.ndarray,
    det_images: np.ndarray,
    det_scores: np.ndarray,
    iou_thr: Union[float, np.ndarray] = 0.5,
    offset: float = 1,
) -> np.ndarray:
    """Assign detections to annotated boxes greedily by score.

    In each image the detections choose in the order of their scores, and
    each takes the box with the largest IoU of at least ``iou_thr`` among the
    boxes that no better detection has taken. Each box is found once. Ties in
    score go to the first detection, ties in IoU to the first box.

    A detection whose best box is taken may so find its second best one, as
    in the ILSVRC evaluation and COCO's; in PASCAL VOC's it may not.

    Args:
        gt_boxes (np.ndarray): Annotated boxes of one class, [G, 4].
        gt_images (np.ndarray): Index of each box's image, int [G].
        det_boxes (np.ndarray): Detections of the same class, [D, 4].
        det_images (np.ndarray): Index of each detection's image, int [D].
        det_scores (np.ndarray): Confidence of each detection, [D].
        iou_thr (float | np.ndarray): The least IoU of a match, or that of
            each box, [G]. Defaults to 0.5.
        offset (float): Added to widths and heights. Defaults to 1.

    Returns:
        np.ndarray: Index of the box that each detection found, or -1 for
        none, int64 [D].

    Raises:
        ValueError: If a score is NaN.

    Example:
        >>> boxes = np.array([[0., 0., 9., 9.]])
        >>> twice = boxes.repeat(2, axis=0)
        >>> match_detections(boxes, np.array([7]), twice, np.array([7, 7]),
        ...                  np.array([.2, .9]))
        array([-1,  0])
    """
    pairs = overlapping_pairs(
        gt_boxes, gt_images, det_boxes, det_images, iou_thr, offset
    )
    return assign_pairs(*pairs, gt_images, det_scores)


def assign_pairs(
    gt: np.ndarray,
    det: np.ndarray,
    iou: np.ndarray,
    gt_images: np.ndarray,
    det_scores: np.ndarray,
    last: Optional[np.ndarray] = None,
) -> np.ndarray:
    """Choose among the pairs that may match, greedily by score.

    The second half of :func:`match_detections`.

    Args:
        gt (np.ndarray): Index of each pair's box, int [P].
        det (np.ndarray): Index of each pair's detection, int [P].
        iou (np.ndarray): Their IoU, [P].
        gt_images (np.ndarray): Index of each box's image, int [G].
        det_scores (np.ndarray): Confidence of each detection, [D].
        last (np.ndarray, optional): Boxes that are taken after the others of
            the same IoU, bool [G].

    Returns:
        np.ndarray: Index of the box that each detection found, or -1 for
        none, int64 [D].

    Raises:
        ValueError: If a score is NaN.
    """
    rank = np.empty(len(det_scores), dtype=np.int64)
    rank[descending_order(det_scores)] = np.arange(len(det_scores))
    # The first pair of an image is now the choice of its best detection.
    keys = (gt,) if last is None else (gt, last[gt])
    order = np.lexsort((*keys, -iou, rank[det], gt_images[gt]))
    gt, det = gt[order], det[order]
    matches = np.full(len(det_scores), -1, dtype=np.int64)
    taken = np.zeros(len(gt_images), dtype=bool)
    # Each round makes the first choice in all images at once and drops the
    # pairs that it settles: as many rounds as boxes in the fullest image.
    while len(gt):
        images = gt_images[gt]
        first = np.flatnonzero(np.append(True, images[1:] != images[:-1]))
        matches[det[first]] = gt[first]
        taken[gt[first]] = True
        open_ = (matches[det] < 0) & ~taken[gt]
        gt, det = gt[open_], det[open_]
    return matches


def covered_by_crowd(
    crowd_boxes: np.ndarray,
    crowd_images: np.ndarray,
    det_boxes: np.ndarray,
    det_images: np.ndarray,
    min_share: float = 0.5,
    offset: float = 1,
) -> np.ndarray:
    """Tell which detections lie in a crowd region, by COCO's rule.

    Args:
        crowd_boxes (np.ndarray): Crowd regions of one class, [G, 4].
        crowd_images (np.ndarray): Index of each region's image, int [G].
        det_boxes (np.ndarray): Detections of the same class, [D, 4].
        det_images (np.ndarray): Index of each detection's image, int [D].
        min_share (float): The least share of a detection's own area that one
            region must cover. Defaults to 0.5.
        offset (float): Added to widths and heights. Defaults to 1.

    Returns:
        np.ndarray: bool [D].
    """
    covered = np.zeros(len(det_boxes), dtype=bool)
    for crowd, det in iter_pairs(crowd_images, det_images):
        inside = paired_intersection(
            crowd_boxes[crowd], det_boxes[det], offset
        )
        area = box_area(det_boxes[det], offset)
        covered[det[(area > 0) & (inside >= min_share * area)]] = True
    return covered


def iter_pairs(
    gt_images: np.ndarray, det_images: np.ndarray
) -> Iterator[Tuple[np.ndarray, np.ndarray]]:
    """Pair every detection with every annotated box of its image.

    Args:
        gt_images (np.ndarray): Index of each box's image, int [G].
        det_images (np.ndarray): Index of each detection's image, int [D].

    Yields:
        tuple[np.ndarray, np.ndarray]: Indices of the boxes and of the
        detections, int64 [P] each. One detection's pairs come together; P is
        about ``PAIRS_AT_ONCE`` at most.
    """
    order = np.argsort(gt_images, kind='stable')
    images = gt_images[order]
    start = np.searchsorted(images, det_images, side='left')
    count = np.searchsorted(images, det_images, side='right') - start
    dets = np.flatnonzero(count)
    ends = np.cumsum(count[dets])
    begin = 0
    while begin < len(dets):
        done = ends[begin - 1] if begin else 0
        end = np.searchsorted(ends, done + PAIRS_AT_ONCE, side='right')
        part = dets[begin : max(end, begin + 1)]
        number = count[part]
        nth = np.arange(number.sum()) - np.repeat(
            np.cumsum(number) - number, number
        )
        yield (
            order[np.repeat(start[part], number) + nth],
            np.repeat(part, number),
        )
        begin += len(part)


def descending_order(scores: np.ndarray) -> np.ndarray:
    """Order of falling scores; equal scores keep their order, int64 [D]."""
    if np.isnan(scores).any():
        raise ValueError(
            f'{int(np.isnan(scores).sum())} of {len(scores)} scores are NaN, '
            'so detections have no order; look for the frame whose '
            'prediction went wrong'
        )
    return np.argsort(-scores, kind='stable')


def overlapping_pairs(
    gt_boxes: np.ndarray,
    gt_images: np.ndarray,
    det_boxes: np.ndarray,
    det_images: np.ndarray,
    iou_thr: Union[float, np.ndarray],
    offset: float = 1,
) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All pairs of a box and a detection of one image that may match.

    Args:
        gt_boxes (np.ndarray): Annotated boxes, [G, 4].
        gt_images (np.ndarray): Index of each box's image, int [G].
        det_boxes (np.ndarray): Detections, [D, 4].
        det_images (np.ndarray): Index of each detection's image, int [D].
        iou_thr (float | np.ndarray): The least IoU, or that of each box, [G].
        offset (float): Added to widths and heights. Defaults to 1.

    Returns:
        tuple[np.ndarray, np.ndarray, np.ndarray]: Index of the box, index of
        the detection and IoU of each pair, [P].
    """
    least = np.broadcast_to(np.asarray(iou_thr), (len(gt_boxes),))
    gts = [np.zeros(0, dtype=np.int64)]
    dets = [np.zeros(0, dtype=np.int64)]
    ious = [np.zeros(0)]
    for gt, det in iter_pairs(gt_images, det_images):
        iou = paired_iou(gt_boxes[gt], det_boxes[det], offset)
        near = iou >= least[gt]
        gts.append(gt[near])
        dets.append(det[near])
        ious.append(iou[near])
    return np.concatenate(gts), np.concatenate(dets), np.concatenate(ious)
