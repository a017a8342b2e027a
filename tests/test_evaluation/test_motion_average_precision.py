# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import numpy as np
import pytest

from mmhvr.evaluation.average_precision import average_precisions
from mmhvr.evaluation.motion import MOTION_RANGES
from mmhvr.evaluation.range_average_precision import range_average_precisions
from mmhvr.evaluation.structures import Detections, GroundTruth

SLOW, MEDIUM, FAST = MOTION_RANGES.values()


def plain_iou(a, b, offset):
    width = min(a[2], b[2]) - max(a[0], b[0]) + offset
    height = min(a[3], b[3]) - max(a[1], b[1]) + offset
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(x[2] - x[0] + offset) * (x[3] - x[1] + offset) for x in (a, b)]
    return width * height / (sum(areas) - width * height)


def plain_threshold(box, protocol, iou_thr, offset):
    if protocol == 'mega':
        return iou_thr
    width, height = box[2] - box[0] + offset, box[3] - box[1] + offset
    return min(iou_thr, width * height / ((width + 10) * (height + 10)))


def plain_average_precision(
    gt, values, det, label, limits, protocol, iou_thr=0.5, offset=1
):
    """One range of one class by the rules, one detection at a time."""
    boxes = [
        dict(
            box=box,
            label=k,
            image=i,
            ignored=not limits[0] <= v <= limits[1],
            found=False,
        )
        for box, k, i, v, c in zip(
            gt.boxes.tolist(), gt.labels, gt.images, values, gt.crowd
        )
        if not c
    ]
    crowds = [
        (box, i)
        for box, k, i, c in zip(
            gt.boxes.tolist(), gt.labels, gt.images, gt.crowd
        )
        if c and k == label
    ]
    num_gt = sum(not b['ignored'] for b in boxes if b['label'] == label)
    if num_gt == 0:
        return None
    in_range = sum(not b['ignored'] for b in boxes) / len(boxes)
    own = [d for d in range(len(det.scores)) if det.labels[d] == label]
    outcomes = []
    for d in sorted(own, key=lambda d: -det.scores[d]):
        box, image = det.boxes[d].tolist(), det.images[d]
        chosen, best = None, None
        for candidate in boxes:
            if (
                candidate['image'] != image
                or candidate['label'] != label
                or candidate['found']
            ):
                continue
            overlap = plain_iou(candidate['box'], box, offset)
            if overlap < plain_threshold(
                candidate['box'], protocol, iou_thr, offset
            ):
                continue
            if protocol == 'mega':
                rank = (overlap, not candidate['ignored'])
            else:
                rank = overlap
            if best is None or rank > best:
                chosen, best = candidate, rank
        if chosen is not None:
            chosen['found'] = True
            outcomes.append((0, 0) if chosen['ignored'] else (1, 0))
            continue
        outcomes.append(
            (
                0,
                plain_weight(
                    boxes, crowds, box, image, label, protocol, in_range,
                    iou_thr, offset,
                ),
            )
        )  # fmt: skip
    # The k-th box is found at the best precision of all places where at
    # least k boxes are found: a step of 1 / G in recall each.
    area = 0.0
    for k in range(1, num_gt + 1):
        true = false = best = 0.0
        for hit, weight in outcomes:
            true, false = true + hit, false + weight
            if true >= k:
                best = max(best, true / (true + false))
        area += best
    return area / num_gt


def plain_weight(
    boxes, crowds, box, image, label, protocol, in_range, iou_thr, offset
):
    """How much a detection that found no box counts as a false one."""
    area = (box[2] - box[0] + offset) * (box[3] - box[1] + offset)
    for crowd, crowd_image in crowds:
        width = min(crowd[2], box[2]) - max(crowd[0], box[0]) + offset
        height = min(crowd[3], box[3]) - max(crowd[1], box[1]) + offset
        if (
            crowd_image == image
            and width > 0
            and height > 0
            and width * height >= iou_thr * area
        ):
            return 0.0
    near = [
        b
        for b in boxes
        if b['image'] == image and (protocol == 'fgfa' or b['label'] == label)
    ]
    if not near:
        return in_range
    overlaps = {True: -1.0, False: -1.0}
    for b in near:
        overlap = plain_iou(b['box'], box, offset)
        overlaps[b['ignored']] = max(overlaps[b['ignored']], overlap)
    if overlaps[False] > overlaps[True]:
        return 1.0
    if overlaps[True] > overlaps[False]:
        return 0.0
    return sum(b['ignored'] for b in near) / len(near)


# Boxes of 100 x 100 pixels: moved to the right by m, their IoU is
# (100 - m) / (100 + m); fgfa's threshold is min(.5, 10000 / 110 ** 2 = .83).
def at(x, y=0, size=100):
    return [x, y, x + size - 1, y + size - 1]


IN, OUT = 0.95, 0.8  # in the range 'slow', and not

# gt rows: image, label, box, motion; det rows: image, label, box, score.
# Each row of the table is one rule; AP of class 0 in the range 'slow'.
CASES = dict(
    # The found box is the one to find.
    plain=(
        [(0, 0, at(0), IN)],
        [(0, 0, at(0), 0.9)],
        dict(fgfa=1.0, mega=1.0),
    ),
    # Both ends of the range are in it.
    ends=(
        [(0, 0, at(0), 0.9), (1, 0, at(0), 1.0)],
        [(0, 0, at(0), 0.9), (1, 0, at(0), 0.8)],
        dict(fgfa=1.0, mega=1.0),
    ),
    # A detection of an ignored box counts neither way: one of one remains.
    ignored=(
        [(0, 0, at(0), OUT), (1, 0, at(0), IN)],
        [(0, 0, at(0), 0.9), (1, 0, at(0), 0.8)],
        dict(fgfa=1.0, mega=1.0),
    ),
    # Only ignored boxes in the class: there is nothing to find.
    nothing=(
        [(0, 0, at(0), OUT), (1, 1, at(0), IN)],
        [(0, 0, at(0), 0.9)],
        dict(fgfa=None, mega=None),
    ),
    # A second detection of an ignored box: its best overlap is with an
    # ignored box, so it is ignored. Then the true one: AP 1.
    duplicate_of_ignored=(
        [(0, 0, at(0), OUT), (1, 0, at(0), IN)],
        [(0, 0, at(0), 0.9), (0, 0, at(1), 0.85), (1, 0, at(0), 0.8)],
        dict(fgfa=1.0, mega=1.0),
    ),
    # A second detection of a box in range is false. Of two boxes: 1, 1/2,
    # 2/3 at recall 1/2, 1/2, 1: 1/2 + 1/2 * 2/3.
    duplicate=(
        [(0, 0, at(0), IN), (1, 0, at(0), IN)],
        [(0, 0, at(0), 0.9), (0, 0, at(1), 0.85), (1, 0, at(0), 0.8)],
        dict(fgfa=5 / 6, mega=5 / 6),
    ),
    # A detection far from everything, in a frame whose only box is ignored:
    # overlap 0 with an ignored box and with no other box at all: ignored.
    far_from_ignored=(
        [(0, 0, at(0), OUT), (1, 0, at(0), IN)],
        [(0, 0, at(500), 0.9), (1, 0, at(0), 0.8)],
        dict(fgfa=1.0, mega=1.0),
    ),
    # The same with a box in range: false, so 1/2 at recall 1.
    far_from_boxes=(
        [(1, 0, at(0), IN)],
        [(1, 0, at(500), 0.9), (1, 0, at(0), 0.8)],
        dict(fgfa=1 / 2, mega=1 / 2),
    ),
    # Far from one box in range and two ignored ones: a tie at 0, so it
    # counts 2/3 of a false one: precision 1 / (1 + 2/3).
    tie=(
        [(1, 0, at(0), IN), (1, 0, at(150), OUT), (1, 0, at(300), OUT)],
        [(1, 0, at(500), 0.9), (1, 0, at(0), 0.8)],
        dict(fgfa=3 / 5, mega=3 / 5),
    ),
    # Nearer to the box in range (m = 40: 60/140) than to the ignored one
    # (m = 60: 40/160): false. And the other way round: ignored.
    nearer_in_range=(
        [(0, 0, at(0), IN), (0, 0, at(100), OUT)],
        [(0, 0, at(40), 0.9), (0, 0, at(0), 0.8)],
        dict(fgfa=1 / 2, mega=1 / 2),
    ),
    nearer_ignored=(
        [(0, 0, at(0), IN), (0, 0, at(100), OUT)],
        [(0, 0, at(60), 0.9), (0, 0, at(0), 0.8)],
        dict(fgfa=1.0, mega=1.0),
    ),
    # The overlap with an ignored box of another class: ignored in fgfa. In
    # mega only the box of its class counts, which is in range: false.
    other_class_ignored=(
        [(0, 0, at(0), IN), (0, 1, at(200), OUT)],
        [(0, 0, at(200), 0.9), (0, 0, at(0), 0.8)],
        dict(fgfa=1.0, mega=1 / 2),
    ),
    # With a box of another class in range, its own class ignored: false in
    # fgfa, ignored in mega.
    other_class_in_range=(
        [(0, 0, at(0), OUT), (0, 1, at(200), IN), (1, 0, at(0), IN)],
        [(0, 0, at(200), 0.9), (1, 0, at(0), 0.8)],
        dict(fgfa=1 / 2, mega=1.0),
    ),
    # A frame without boxes: as much of a false one as the share of boxes in
    # range, 2 of 3 (of all classes): 1 / (1 + 2/3).
    empty_frame=(
        [(0, 0, at(0), IN), (1, 0, at(0), OUT), (1, 1, at(200), IN)],
        [(7, 0, at(0), 0.9), (0, 0, at(0), 0.8)],
        dict(fgfa=3 / 5, mega=3 / 5),
    ),
    # A frame with a box of another class alone: in fgfa that box is in
    # range, so a false one; mega weighs it by the share, 2/3.
    frame_of_another_class=(
        [(0, 0, at(0), IN), (1, 0, at(0), OUT), (2, 1, at(0), IN)],
        [(2, 0, at(0), 0.9), (0, 0, at(0), 0.8)],
        dict(fgfa=1 / 2, mega=3 / 5),
    ),
    # Two boxes at one place: fgfa takes the first, which is ignored, and the
    # next detection the other one; mega takes the one in range, and the next
    # detection the ignored one. Both find it, the false one between them
    # (frame 1) tells when: precision 1/2 or 1.
    equal_overlap=(
        [(0, 0, at(0), OUT), (0, 0, at(0), IN), (1, 1, at(0), IN)],
        [(0, 0, at(0), 0.9), (1, 0, at(0), 0.8), (0, 0, at(0), 0.7)],
        dict(fgfa=1 / 2, mega=1.0),
    ),
    # A box of 10 x 10: fgfa's threshold is 100 / (20 * 20) = 1/4. Moved by
    # 5 its IoU is 1/3: found in fgfa, not in mega.
    small_box=(
        [(0, 0, at(0, size=10), IN)],
        [(0, 0, at(5, size=10), 0.9)],
        dict(fgfa=1.0, mega=0.0),
    ),
    # Moved by 6: 4/16 = 1/4 is reached. Moved by 7: 3/17 is not.
    small_box_at_threshold=(
        [(0, 0, at(0, size=10), IN), (1, 0, at(0, size=10), IN)],
        [(0, 0, at(6, size=10), 0.9), (1, 0, at(7, size=10), 0.8)],
        dict(fgfa=1 / 2, mega=0.0),
    ),
    # A detection counted 0 before the first hit has no precision.
    zero_over_zero=(
        [(0, 0, at(0), OUT), (0, 0, at(200), IN)],
        [(0, 0, at(0), 0.9)],
        dict(fgfa=0.0, mega=0.0),
    ),
    # Equal scores: the first detection takes the box.
    equal_scores=(
        [(0, 0, at(0), IN)],
        [(0, 0, at(0), 0.5), (0, 0, at(0), 0.5)],
        dict(fgfa=1.0, mega=1.0),
    ),
    # A free second box is taken if the best one is not free.
    second_best=(
        [(0, 0, at(0), IN), (0, 0, at(30), IN)],
        [(0, 0, at(0), 0.9), (0, 0, at(1), 0.8)],
        dict(fgfa=1.0, mega=1.0),
    ),
    # No detections.
    none=([(0, 0, at(0), IN)], [], dict(fgfa=0.0, mega=0.0)),
)  # fmt: skip


def tables(gt_rows, det_rows):
    gt = GroundTruth(
        np.array([r[2] for r in gt_rows], dtype=float).reshape(-1, 4),
        np.array([r[1] for r in gt_rows], dtype=int),
        np.array([r[0] for r in gt_rows], dtype=int),
        np.zeros(len(gt_rows), dtype=bool),
        np.array([r[3] for r in gt_rows], dtype=float),
    )
    det = Detections(
        np.array([r[2] for r in det_rows], dtype=float).reshape(-1, 4),
        np.array([r[1] for r in det_rows], dtype=int),
        np.array([r[0] for r in det_rows], dtype=int),
        np.array([r[3] for r in det_rows], dtype=float),
    )
    return gt, det


@pytest.mark.parametrize('protocol', ['fgfa', 'mega'])
@pytest.mark.parametrize('name', CASES)
def test_rules_by_hand(name, protocol):
    gt_rows, det_rows, expected = CASES[name]
    expected = expected[protocol]
    gt, det = tables(gt_rows, det_rows)
    plain = plain_average_precision(gt, gt.motion, det, 0, SLOW, protocol)
    ap = range_average_precisions(gt, gt.motion, det, 2, [SLOW], protocol)
    assert ap.shape == (1, 2)
    if expected is None:
        assert plain is None and np.isnan(ap[0, 0])
    else:
        assert plain == pytest.approx(expected)
        assert ap[0, 0] == pytest.approx(expected)


def random_data(rng, with_crowd):
    """Few pixels, few scores, few motions: all kinds of ties."""
    num_gt, num_det = rng.integers(1, 20), rng.integers(0, 50)
    num_images, num_classes = rng.integers(1, 7), rng.integers(1, 4)
    corner = rng.integers(0, 14, (num_gt, 2))
    boxes = np.hstack([corner, corner + rng.integers(2, 25, (num_gt, 2))])
    copied = rng.random(num_gt) < 0.2
    boxes[copied] = boxes[rng.integers(0, num_gt, copied.sum())]
    gt = GroundTruth(
        boxes.astype(float),
        rng.integers(0, num_classes, num_gt),
        rng.integers(0, num_images, num_gt),
        rng.random(num_gt) < (0.2 if with_crowd else 0.0),
        rng.choice([0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0], num_gt),
    )
    near = rng.integers(0, num_gt, num_det)
    other = rng.random(num_det) < 0.15
    det = Detections(
        gt.boxes[near] + rng.integers(-3, 4, (num_det, 4)),
        np.where(
            other, rng.integers(0, num_classes, num_det), gt.labels[near]
        ),
        np.where(
            rng.random(num_det) < 0.2,
            rng.integers(0, num_images + 1, num_det),
            gt.images[near],
        ),
        rng.integers(0, 6, num_det) / 5,
    )
    return gt, det, num_classes


@pytest.mark.parametrize('protocol', ['fgfa', 'mega'])
@pytest.mark.parametrize('iou_thr, offset', [(0.5, 1), (0.5, 0), (0.3, 1)])
def test_equals_the_plain_evaluator(protocol, iou_thr, offset):
    rng = np.random.default_rng(5)
    between = empty = 0
    for trial in range(150):
        gt, det, num_classes = random_data(rng, with_crowd=trial % 3 == 0)
        aps = range_average_precisions(
            gt,
            gt.motion,
            det,
            num_classes,
            list(MOTION_RANGES.values()),
            protocol,
            iou_thr,
            offset,
        )
        for row, limits in zip(aps, MOTION_RANGES.values()):
            for label, ap in enumerate(row.tolist()):
                expected = plain_average_precision(
                    gt,
                    gt.motion,
                    det,
                    label,
                    limits,
                    protocol,
                    iou_thr,
                    offset,
                )
                if expected is None:
                    assert np.isnan(ap)
                    empty += 1
                else:
                    assert ap == pytest.approx(expected, abs=1e-9)
                    between += 0 < ap < 1
    # The comparison is about something.
    assert between > 100 and empty > 50


def test_a_range_of_everything_is_mega_without_motion():
    # Nothing is ignored: every unmatched detection counts as 1, and the
    # value is the overall AP.
    rng = np.random.default_rng(1)
    for _ in range(50):
        gt, det, num_classes = random_data(rng, with_crowd=True)
        aps = range_average_precisions(
            gt, gt.motion, det, num_classes, [(0, 1)], 'mega'
        )
        np.testing.assert_allclose(
            aps[0], average_precisions(gt, det, num_classes)
        )


@pytest.mark.parametrize('protocol', ['fgfa', 'mega'])
@pytest.mark.parametrize('seed', range(5))
def test_invariances(protocol, seed):
    rng = np.random.default_rng(seed)
    gt, det, num_classes = random_data(rng, with_crowd=True)
    scores = rng.permutation(len(det.scores)) + 1.0
    det = Detections(det.boxes, det.labels, det.images, scores)

    def evaluate(gt, det):
        return range_average_precisions(
            gt,
            gt.motion,
            det,
            num_classes,
            list(MOTION_RANGES.values()),
            protocol,
        )

    aps = evaluate(gt, det)
    shuffled = det.select(rng.permutation(len(scores)))
    np.testing.assert_allclose(evaluate(gt, shuffled), aps)
    number = rng.permutation(100)
    np.testing.assert_allclose(
        evaluate(
            GroundTruth(
                gt.boxes, gt.labels, number[gt.images], gt.crowd, gt.motion
            ),
            Detections(det.boxes, det.labels, number[det.images], scores),
        ),
        aps,
    )
    number = rng.permutation(num_classes)
    renamed = evaluate(
        GroundTruth(
            gt.boxes, number[gt.labels], gt.images, gt.crowd, gt.motion
        ),
        Detections(det.boxes, number[det.labels], det.images, scores),
    )
    np.testing.assert_allclose(renamed[:, number], aps)


@pytest.mark.parametrize('protocol', ['fgfa', 'mega'])
def test_ground_truth_as_detections_is_perfect(protocol):
    known = []
    for seed in range(20):
        gt, _, num_classes = random_data(np.random.default_rng(seed), False)
        det = Detections(
            gt.boxes, gt.labels, gt.images, np.ones(len(gt.labels))
        )
        aps = range_average_precisions(
            gt,
            gt.motion,
            det,
            num_classes,
            list(MOTION_RANGES.values()),
            protocol,
        )
        known += aps[~np.isnan(aps)].tolist()
    # Where two boxes lie at one place a detection may find the other's box,
    # and so the other's finds its own.
    assert len(known) > 50
    np.testing.assert_allclose(known, 1)


@pytest.mark.parametrize(
    'change, message',
    [
        (dict(protocol='coco'), r"protocol 'coco' is unknown; choose from"),
        (dict(values=np.ones(3)), r'values must hold one number a box, \[1\]'),
        (dict(ranges=[(0.9, 0.7)]), r'range \(0.9, 0.7\) is empty'),
    ],
)
def test_bad_arguments(change, message):
    gt, det = tables(*CASES['plain'][:2])
    arguments = dict(
        gt=gt,
        values=gt.motion,
        det=det,
        num_classes=1,
        ranges=[SLOW],
        protocol='fgfa',
    )
    arguments.update(change)
    with pytest.raises(ValueError, match=message):
        range_average_precisions(**arguments)
