# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import numpy as np
import pytest

from mmhvr.evaluation.average_precision import (
    average_precision,
    average_precisions,
    mean_average_precision,
)
from mmhvr.evaluation.structures import Detections, GroundTruth


def plain_iou(a, b, offset):
    width = min(a[2], b[2]) - max(a[0], b[0]) + offset
    height = min(a[3], b[3]) - max(a[1], b[1]) + offset
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(x[2] - x[0] + offset) * (x[3] - x[1] + offset) for x in (a, b)]
    return width * height / (sum(areas) - width * height)


def plain_average_precision(gt, det, label, iou_thr, offset):
    """AP of one class from its definition, one detection after the other."""
    boxes = [
        (i, b)
        for i, b, k, c in zip(
            gt.images, gt.boxes.tolist(), gt.labels, gt.crowd
        )
        if k == label and not c
    ]
    crowds = [
        (i, b)
        for i, b, k, c in zip(
            gt.images, gt.boxes.tolist(), gt.labels, gt.crowd
        )
        if k == label and c
    ]
    found = [False] * len(boxes)
    outcomes = []
    ranked = sorted(
        (
            d
            for d in zip(
                det.images, det.boxes.tolist(), det.labels, det.scores
            )
            if d[2] == label
        ),
        key=lambda d: -d[3],
    )
    for image, box, _, _ in ranked:
        best, best_iou = None, -1.0
        for j, (gt_image, gt_box) in enumerate(boxes):
            overlap = plain_iou(gt_box, box, offset)
            if (
                gt_image == image
                and not found[j]
                and overlap >= iou_thr
                and overlap > best_iou
            ):
                best, best_iou = j, overlap
        if best is not None:
            found[best] = True
            outcomes.append(1)
            continue
        own_area = (box[2] - box[0] + offset) * (box[3] - box[1] + offset)
        in_crowd = False
        for crowd_image, crowd in crowds:
            width = min(crowd[2], box[2]) - max(crowd[0], box[0]) + offset
            height = min(crowd[3], box[3]) - max(crowd[1], box[1]) + offset
            if (
                crowd_image == image
                and width > 0
                and height > 0
                and width * height >= iou_thr * own_area
            ):
                in_crowd = True
        if not in_crowd:
            outcomes.append(0)
    if not boxes:
        return None
    # The k-th box is found at the best precision of all places in the list
    # where at least k boxes are found: a step of 1 / G in recall each.
    area, true = 0.0, np.cumsum(outcomes)
    for k in range(1, len(boxes) + 1):
        area += max(
            (t / n for n, t in enumerate(true, 1) if t >= k), default=0.0
        )
    return area / len(boxes)


def random_data(rng, num_classes, with_crowd=False):
    """Crowded small images, many overlaps, ties and empty classes."""
    num_gt, num_det = rng.integers(0, 25), rng.integers(0, 60)
    num_images = rng.integers(1, 7)
    corner = rng.integers(0, 12, (num_gt, 2))
    gt = GroundTruth(
        boxes=np.hstack(
            [corner, corner + rng.integers(2, 11, (num_gt, 2))]
        ).astype(float),
        labels=rng.integers(0, num_classes, num_gt),
        images=rng.integers(0, num_images, num_gt),
        crowd=rng.random(num_gt) < (0.25 if with_crowd else 0.0),
    )
    if num_gt:
        near = rng.integers(0, num_gt, num_det)
        det = Detections(
            boxes=gt.boxes[near] + rng.integers(-1, 2, (num_det, 4)),
            labels=np.where(
                rng.random(num_det) < 0.8,
                gt.labels[near],
                rng.integers(0, num_classes, num_det),
            ),
            images=np.where(
                rng.random(num_det) < 0.9,
                gt.images[near],
                rng.integers(0, num_images, num_det),
            ),
            scores=rng.integers(0, 6, num_det) / 5,
        )
    else:
        det = Detections(
            boxes=rng.integers(0, 12, (num_det, 4)).astype(float),
            labels=rng.integers(0, num_classes, num_det),
            images=rng.integers(0, num_images, num_det),
            scores=rng.random(num_det),
        )
    return gt, det


@pytest.mark.parametrize(
    'hits, num_gt, expected',
    [
        # Precision 1, 1/2, 2/3 at recall 1/2, 1/2, 1; the envelope is 1, 2/3,
        # 2/3: 1/2 * 1 + 1/2 * 2/3.
        ([1, 0, 1], 2, 5 / 6),
        # Precision 0, 1/2, 2/3 at recall 0, 1/3, 2/3; envelope 2/3: up to
        # recall 2/3, and nothing beyond.
        ([0, 1, 1], 3, 4 / 9),
        # Precision 1, 1/2, 1/3, 1/2 at recall 1/4, 1/4, 1/4, 1/2; envelope
        # 1, 1/2, 1/2, 1/2: 1/4 * 1 + 1/4 * 1/2.
        ([1, 0, 0, 1], 4, 3 / 8),
        ([1, 1], 2, 1.0),
        ([0, 0], 2, 0.0),
        ([], 2, 0.0),
    ],
)
def test_average_precision_by_hand(hits, num_gt, expected):
    scores = np.linspace(0.9, 0.1, len(hits))
    order = np.random.default_rng(0).permutation(len(hits))
    hits = np.array(hits, dtype=bool)
    ap = average_precision(scores[order], hits[order], num_gt)
    assert ap == pytest.approx(expected)


def test_no_box_to_find_has_no_average_precision():
    assert np.isnan(average_precision(np.ones(1), np.zeros(1, bool), 0))


def test_nan_score_is_refused():
    with pytest.raises(ValueError, match='1 of 1 scores are NaN'):
        average_precision(np.array([np.nan]), np.array([True]), 1)


def test_mean_leaves_out_classes_without_boxes():
    assert mean_average_precision(np.array([0.25, np.nan, 0.75])) == 0.5
    with pytest.raises(ValueError, match='none of the 2 classes'):
        mean_average_precision(np.array([np.nan, np.nan]))


@pytest.mark.parametrize('seed', range(10))
@pytest.mark.parametrize('iou_thr, offset', [(0.5, 1), (0.5, 0), (0.75, 1)])
def test_equals_the_plain_evaluator(seed, iou_thr, offset):
    rng = np.random.default_rng(seed)
    between = empty = 0
    for trial in range(60):
        num_classes = rng.integers(1, 5)
        gt, det = random_data(rng, num_classes, with_crowd=trial % 2 == 0)
        aps = average_precisions(gt, det, num_classes, iou_thr, offset)
        for label, ap in enumerate(aps.tolist()):
            expected = plain_average_precision(gt, det, label, iou_thr, offset)
            if expected is None:
                assert np.isnan(ap)
                empty += 1
            else:
                assert ap == pytest.approx(expected, abs=1e-12)
                between += 0 < ap < 1
    # The comparison is about something.
    assert between > 40 and empty > 0


def distinct(rng, det):
    """The same detections with scores that differ."""
    scores = rng.permutation(len(det.scores)) + 1.0
    return Detections(det.boxes, det.labels, det.images, scores)


@pytest.mark.parametrize('seed', range(5))
def test_invariances(seed):
    rng = np.random.default_rng(seed)
    gt, det = random_data(rng, 4)
    while not len(gt.boxes):
        gt, det = random_data(rng, 4)
    det = distinct(rng, det)
    aps = average_precisions(gt, det, 4)

    # The order of the detections.
    shuffled = det.select(rng.permutation(len(det.scores)))
    np.testing.assert_allclose(average_precisions(gt, shuffled, 4), aps)
    # A function of the scores that keeps their order.
    bent = Detections(det.boxes, det.labels, det.images, det.scores**3)
    np.testing.assert_allclose(average_precisions(gt, bent, 4), aps)
    # The numbers of the images.
    number = rng.permutation(100)
    moved = (
        GroundTruth(gt.boxes, gt.labels, number[gt.images], gt.crowd),
        Detections(det.boxes, det.labels, number[det.images], det.scores),
    )
    np.testing.assert_allclose(average_precisions(*moved, 4), aps)
    # The numbers of the classes.
    number = rng.permutation(4)
    renamed = (
        GroundTruth(gt.boxes, number[gt.labels], gt.images, gt.crowd),
        Detections(det.boxes, number[det.labels], det.images, det.scores),
    )
    np.testing.assert_allclose(average_precisions(*renamed, 4)[number], aps)


@pytest.mark.parametrize('offset', [0, 1])
def test_ground_truth_as_detections_is_perfect(offset):
    gt, _ = random_data(np.random.default_rng(3), 3)
    assert len(np.unique(gt.labels)) == 3
    det = Detections(gt.boxes, gt.labels, gt.images, np.ones(len(gt.boxes)))
    # Each box once: the overlap of a box with itself is the largest, and
    # where two boxes are the same the second takes the second.
    aps = average_precisions(gt, det, 3, offset=offset)
    assert aps.tolist() == [1.0, 1.0, 1.0]


def test_crowd_neither_counts_nor_costs():
    gt = GroundTruth(
        boxes=np.array([[0.0, 0.0, 9.0, 9.0], [50.0, 50.0, 99.0, 99.0]]),
        labels=np.array([0, 0]),
        images=np.array([0, 0]),
        crowd=np.array([False, True]),
    )
    det = Detections(
        boxes=np.array([[60.0, 60.0, 69.0, 69.0], [0.0, 0.0, 9.0, 9.0]]),
        labels=np.array([0, 0]),
        images=np.array([0, 0]),
        scores=np.array([0.9, 0.8]),
    )
    # Without the crowd region the better detection is a false one: 1/2.
    assert average_precisions(gt, det, 1).tolist() == [1.0]
    plain = gt.select(np.array([0]))
    assert average_precisions(plain, det, 1).tolist() == [0.5]


@pytest.mark.parametrize(
    'change, message',
    [
        (dict(boxes=np.zeros((2, 5))), r'boxes must be an array \[n, 4\]'),
        (dict(boxes=np.zeros(0)), r'reshape\(0, 4\)'),
        (dict(scores=np.zeros(3)), r'scores must hold one value a box, \[2\]'),
        (dict(images=np.zeros((2, 1))), 'images must hold one value a box'),
    ],
)
def test_arrays_that_do_not_fit_are_refused(change, message):
    arrays = dict(
        boxes=np.zeros((2, 4)),
        labels=np.zeros(2),
        images=np.zeros(2),
        scores=np.zeros(2),
    )
    with pytest.raises(ValueError, match=message):
        Detections(**{**arrays, **change})
