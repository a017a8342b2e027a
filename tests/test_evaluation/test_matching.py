# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import numpy as np
import pytest

from mmhvr.evaluation import matching
from mmhvr.evaluation.matching import (
    covered_by_crowd,
    match_detections,
    paired_iou,
)


def iou_by_counting(box, other):
    """IoU of boxes of whole pixels, by making a set of each one's pixels."""
    pixels = [
        {(x, y) for x in range(b[0], b[2] + 1) for y in range(b[1], b[3] + 1)}
        for b in (box, other)
    ]
    union = len(pixels[0] | pixels[1])
    return len(pixels[0] & pixels[1]) / union if union else 0.0


@pytest.mark.parametrize(
    'offset, expected',
    [
        # 10 x 10 pixels each, 5 x 10 shared: 50 / (100 + 100 - 50).
        (1, 1 / 3),
        # 9 x 9 each, 4 x 9 shared: 36 / (81 + 81 - 36).
        (0, 2 / 7),
    ],
)
def test_iou_by_hand(offset, expected):
    boxes = np.array([[0, 0, 9, 9]])
    others = np.array([[5, 0, 14, 9]])
    assert paired_iou(boxes, others, offset)[0] == pytest.approx(expected)
    assert paired_iou(others, boxes, offset)[0] == pytest.approx(expected)


def test_iou_counts_pixels():
    rng = np.random.default_rng(0)
    corners = rng.integers(0, 12, (400, 2, 4))
    # Some of the first 100 are inverted: such a box has no pixel.
    low = np.minimum(corners[..., :2], corners[..., 2:])
    high = np.maximum(corners[..., :2], corners[..., 2:])
    corners[100:] = np.concatenate([low, high], axis=-1)[100:]
    iou = paired_iou(corners[:, 0], corners[:, 1])
    expected = [iou_by_counting(a, b) for a, b in corners.tolist()]
    np.testing.assert_allclose(iou, expected)
    assert (iou > 0).sum() > 100
    inverted = (corners[:, 0, 2:] < corners[:, 0, :2]).any(1)
    assert inverted.sum() > 20


@pytest.mark.parametrize('box', [[5, 5, 4, 9], [9, 9, 0, 0], [5, 5, 5, 5]])
def test_box_without_area_overlaps_nothing(box):
    # With offset 0 a point has no area either, not even with itself.
    boxes = np.array([box, box], dtype=float)
    others = np.array([[0, 0, 10, 10], box], dtype=float)
    np.testing.assert_array_equal(paired_iou(boxes, others, offset=0), 0)


def match(gt, det, scores, **kwargs):
    """Match boxes of one image."""
    gt, det = np.array(gt, float), np.array(det, float)
    return match_detections(
        gt,
        np.zeros(len(gt), int),
        det,
        np.zeros(len(det), int),
        np.array(scores),
        **kwargs,
    ).tolist()


# With edges (offset 0): IoU of [x, 0, x + 10, 10] and the same box moved by m
# is (10 - m) / (10 + m).
AT_0, AT_1, AT_4, AT_50 = ([x, 0, x + 10, 10] for x in (0, 1, 4, 50))


@pytest.mark.parametrize(
    'gt, det, scores, expected',
    [
        # A box is found once, by the better detection.
        ([AT_0], [AT_1, AT_0], [0.9, 0.8], [0, -1]),
        # AT_1 is 9/11 from AT_0, which is taken, and 7/13 = .54 from AT_4.
        ([AT_0, AT_4], [AT_0, AT_1], [0.9, 0.8], [0, 1]),
        # The better detection takes its best box, .82 against .54.
        ([AT_4, AT_0], [AT_1], [0.5], [1]),
        # The best detection takes AT_0 though AT_4's own detection, the
        # second, could not use it: greedy, not optimal. 6/14 = .43 < .5.
        ([AT_0], [AT_4, AT_0], [0.9, 0.1], [-1, 0]),
        # Equal scores: the first detection goes first.
        ([AT_0], [AT_0, AT_0], [0.5, 0.5], [0, -1]),
        # Equal IoU: the first box.
        ([AT_0, AT_0], [AT_0], [0.5], [0]),
        ([AT_0, AT_50], [AT_50, AT_0], [0.1, 0.2], [1, 0]),
    ],
)
def test_match_by_hand(gt, det, scores, expected):
    assert match(gt, det, scores, offset=0) == expected


def test_threshold_is_reached_by_equality():
    # 10 x 10 and its half: IoU is exactly 0.5.
    assert match([AT_0], [[0, 0, 5, 10]], [1.0], offset=0) == [0]
    assert match([AT_0], [[0, 0, 5, 10]], [1.0], offset=0, iou_thr=0.51) == [
        -1
    ]


def test_images_do_not_mix():
    box = np.array([AT_0, AT_0], float)
    matches = match_detections(
        box, np.array([3, 8]), box, np.array([8, 5]), np.array([0.5, 0.9])
    )
    assert matches.tolist() == [1, -1]


@pytest.mark.parametrize('num_gt, num_det', [(0, 0), (0, 3), (3, 0)])
def test_nothing_to_match(num_gt, num_det):
    matches = match_detections(
        np.zeros((num_gt, 4)),
        np.zeros(num_gt, int),
        np.zeros((num_det, 4)),
        np.zeros(num_det, int),
        np.zeros(num_det),
    )
    assert matches.tolist() == [-1] * num_det


def test_nan_score_is_refused():
    with pytest.raises(ValueError, match='1 of 2 scores are NaN'):
        match([AT_0], [AT_0, AT_1], [0.5, np.nan])


@pytest.mark.parametrize('pairs_at_once', [1, 2, 7, 50])
def test_pairs_in_parts(monkeypatch, pairs_at_once):
    rng = np.random.default_rng(1)
    gt_images, det_images = rng.integers(0, 6, 15), rng.integers(0, 6, 40)
    # All pairs of one image, by a loop.
    expected = {
        (g, d)
        for d in range(40)
        for g in range(15)
        if gt_images[g] == det_images[d]
    }
    monkeypatch.setattr(matching, 'PAIRS_AT_ONCE', pairs_at_once)
    parts = list(matching.iter_pairs(gt_images, det_images))
    pairs = [pair for part in parts for pair in zip(*part)]
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == expected
    most = max(np.bincount(gt_images))
    assert max(len(gt) for gt, _ in parts) <= max(pairs_at_once, most)
    assert pairs_at_once >= len(pairs) or len(parts) > 1


def test_crowd_covers_by_the_share_of_the_detection():
    crowd = np.array([[0.0, 0.0, 100.0, 100.0]])
    # Inside; half inside; less than half; another image; inverted.
    det = np.array(
        [
            [10.0, 10.0, 20.0, 20.0],
            [95.0, 0.0, 105.0, 10.0],
            [96.0, 0.0, 106.0, 10.0],
            [10.0, 10.0, 20.0, 20.0],
            [20.0, 20.0, 10.0, 10.0],
        ]
    )
    covered = covered_by_crowd(
        crowd, np.array([4]), det, np.array([4, 4, 4, 5, 4]), offset=0
    )
    assert covered.tolist() == [True, True, False, False, False]
