# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import numpy as np
import pytest

from mmhvr.evaluation.errors import count_errors
from mmhvr.evaluation.report import format_errors
from mmhvr.evaluation.structures import Detections, GroundTruth


def at(x, y=0):
    """A box of 100 x 100 pixels; moved by m, IoU is (100-m) / (100+m)."""
    return [x, y, x + 99, y + 99]


def tables(gt_rows, det_rows):
    """Rows: image, label, box, and crowd or score."""
    gt = GroundTruth(
        np.array([r[2] for r in gt_rows], dtype=float).reshape(-1, 4),
        np.array([r[1] for r in gt_rows], dtype=int),
        np.array([r[0] for r in gt_rows], dtype=int),
        np.array([r[3] for r in gt_rows], dtype=bool),
    )
    det = Detections(
        np.array([r[2] for r in det_rows], dtype=float).reshape(-1, 4),
        np.array([r[1] for r in det_rows], dtype=int),
        np.array([r[0] for r in det_rows], dtype=int),
        np.array([r[3] for r in det_rows], dtype=float),
    )
    return gt, det


# A box of class 0 at 0 and one of class 1 at 200, in frame 0. Each row: one
# more detection, of class 0, and what it is.
KINDS = [
    (at(0), 'found'),
    # m = 33: 67/133 = .504 is found, m = 34: 66/134 = .493 is badly placed.
    (at(33), 'found'),
    (at(34), 'localization'),
    # m = 81: 19/181 = .105; m = 82: 18/182 = .099 is below .1.
    (at(-81), 'localization'),
    (at(-82), 'background'),
    # On the box of class 1, and too far from it.
    (at(200), 'confusion'),
    (at(233), 'confusion'),
    (at(234), 'background'),
    (at(500), 'background'),
    # Inverted: no overlap with anything.
    ([99, 99, 0, 0], 'background'),
]


@pytest.mark.parametrize('box, kind', KINDS)
def test_each_kind_by_hand(box, kind):
    gt, det = tables(
        [(0, 0, at(0), False), (0, 1, at(200), False)], [(0, 0, box, 0.9)]
    )
    errors = count_errors(gt, det, 2)
    counts = dict(errors.false, found=errors.found)
    assert {k: v.tolist() for k, v in counts.items()} == {
        k: [int(k == kind), 0] for k in counts
    }
    assert errors.missed.tolist() == [int(kind != 'found'), 1]
    assert errors.confused.tolist() == [
        [0, 0],
        [int(kind == 'confusion'), 0],
    ]


def test_order_of_the_rules():
    # Frame 0: a second detection of a box is a duplicate, even where it lies
    # on a box of another class as well. Frame 1: without a box of its own
    # class a confusion, with the class of the better overlap (class 2 at
    # m = 10, not class 1 at m = 20), though its own class is near (m = 60).
    # Frame 2: a crowd region takes what is not found. Frame 3: a low score.
    gt, det = tables(
        [
            (0, 0, at(0), False),
            (0, 1, at(0), False),
            (1, 1, at(20), False),
            (1, 2, at(-10), False),
            (1, 0, at(60), False),
            (2, 0, at(0), True),
            (3, 0, at(0), False),
        ],
        [
            (0, 0, at(1), 0.8),
            (0, 0, at(0), 0.9),
            (1, 0, at(0), 0.9),
            (2, 0, at(0), 0.9),
            (3, 0, at(0), 0.29),
            (3, 0, at(0), 0.3),
        ],
    )
    errors = count_errors(gt, det, 3)
    assert errors.boxes.tolist() == [3, 2, 1]
    assert errors.found.tolist() == [2, 0, 0]
    assert errors.missed.tolist() == [1, 2, 1]
    assert errors.recall.tolist() == [2 / 3, 0, 0]
    assert {k: v.tolist() for k, v in errors.false.items()} == dict(
        duplicate=[1, 0, 0],
        confusion=[1, 0, 0],
        localization=[0, 0, 0],
        background=[0, 0, 0],
    )
    assert errors.top_confusions() == [(2, 0, 1)]
    assert errors.confusion_matrix().tolist() == [
        [2, 0, 0, 1],
        [0, 0, 0, 2],
        [1, 0, 0, 1],
        [1, 0, 0, 0],
    ]


def plain_iou(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0]) + 1
    height = min(a[3], b[3]) - max(a[1], b[1]) + 1
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(x[2] - x[0] + 1) * (x[3] - x[1] + 1) for x in (a, b)]
    return width * height / (sum(areas) - width * height)


def plain_errors(gt, det, num_classes):
    """The rules, one detection after the other; crowds are not in it."""
    counts = {
        k: [0] * num_classes
        for k in (
            'found', 'duplicate', 'confusion', 'localization', 'background'
        )
    }  # fmt: skip
    confused = [[0] * num_classes for _ in range(num_classes)]
    taken = set()
    for d in sorted(range(len(det.scores)), key=lambda d: -det.scores[d]):
        if det.scores[d] < 0.3:
            continue
        overlaps = [
            (plain_iou(gt.boxes[g], det.boxes[d]), g)
            for g in range(len(gt.labels))
            if gt.images[g] == det.images[d]
        ]
        own = [o for o in overlaps if gt.labels[o[1]] == det.labels[d]]
        others = [o for o in overlaps if gt.labels[o[1]] != det.labels[d]]
        free = [o for o in own if o[1] not in taken and o[0] >= 0.5]
        best = max((o[0] for o in own), default=0)
        if free:
            taken.add(max(free, key=lambda o: (o[0], -o[1]))[1])
            kind = 'found'
        elif best >= 0.5:
            kind = 'duplicate'
        elif others and max(others)[0] >= 0.5:
            kind = 'confusion'
            other = max(others, key=lambda o: (o[0], -o[1]))[1]
            confused[gt.labels[other]][det.labels[d]] += 1
        else:
            kind = 'localization' if best >= 0.1 else 'background'
        counts[kind][det.labels[d]] += 1
    return counts, confused


def test_equals_the_plain_rules():
    rng = np.random.default_rng(0)
    total = dict.fromkeys(plain_errors(*tables([], []), 1)[0], 0)
    for _ in range(200):
        num_gt, num_det = rng.integers(0, 15), rng.integers(0, 40)
        corner = rng.integers(0, 12, (num_gt, 2))
        gt = GroundTruth(
            np.hstack([corner, corner + rng.integers(2, 12, (num_gt, 2))]),
            rng.integers(0, 3, num_gt),
            rng.integers(0, 4, num_gt),
            np.zeros(num_gt, dtype=bool),
        )
        near = rng.integers(0, max(num_gt, 1), num_det if num_gt else 0)
        det = Detections(
            gt.boxes[near] + rng.integers(-3, 4, (len(near), 4)),
            np.where(
                rng.random(len(near)) < 0.7,
                gt.labels[near],
                rng.integers(0, 3, len(near)),
            ),
            gt.images[near],
            rng.integers(0, 6, len(near)) / 5,
        )
        errors = count_errors(gt, det, 3)
        counts, confused = plain_errors(gt, det, 3)
        assert errors.found.tolist() == counts.pop('found')
        assert {k: v.tolist() for k, v in errors.false.items()} == counts
        assert errors.confused.tolist() == confused
        matrix = errors.confusion_matrix()
        # Each detection is in one cell; so is each box, but for the missed
        # ones with a confusion on them.
        counted = (det.scores >= 0.3).sum()
        assert matrix[:, :3].sum() == counted
        assert (
            np.diag(matrix)[:3] + matrix[:3, 3]
        ).tolist() == errors.boxes.tolist()
        for kind, numbers in counts.items():
            total[kind] += sum(numbers)
    assert min(v for k, v in total.items() if k != 'found') > 50


def test_table():
    gt, det = tables(
        [(0, 0, at(0), False), (0, 1, at(200), False), (1, 1, at(0), False)],
        [(0, 0, at(0), 0.9), (0, 0, at(200), 0.9), (1, 1, at(0), 0.9)],
    )
    text = format_errors(('cat', 'dog', 'ghost'), count_errors(gt, det, 3))
    rows = [
        [cell.strip() for cell in line.split('|')[1:-1]]
        for line in text.splitlines()
        if line.startswith('|')
    ]
    assert rows == [
        'class boxes found missed duplicate confusion localization background '
        'recall'.split(),
        'cat 1 1 0 0 1 0 0 100.0'.split(),
        'dog 2 1 1 0 0 0 0 50.0'.split(),
        'ghost 0 0 0 0 0 0 0 -'.split(),
        # The mean over the classes that have boxes.
        'all 3 2 1 0 1 0 0 75.0'.split(),
    ]
    assert text.endswith('most frequent confusions: dog taken for cat (1)')


@pytest.mark.parametrize(
    'change, message',
    [
        (dict(near=0.5), 'near must lie between 0 and iou_thr, 0.5'),
        (dict(near=0), 'near must lie'),
    ],
)
def test_bad_arguments(change, message):
    with pytest.raises(ValueError, match=message):
        count_errors(*tables([], []), 1, **change)


def test_nan_score_is_refused():
    with pytest.raises(ValueError, match='1 of 1 scores are NaN'):
        count_errors(*tables([], [(0, 0, at(0), np.nan)]), 1)


def test_nothing():
    errors = count_errors(*tables([], []), 2)
    assert errors.confusion_matrix().tolist() == [[0] * 3] * 3
    assert np.isnan(errors.recall).all()
