# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Seq-NMS by hand, and against the published algorithm step by step."""

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest

from mmhvr.evaluation import seq_nms
from mmhvr.evaluation.overlaps import VideoBoxes

TOOL = (
    Path(__file__).resolve().parents[2]
    / 'tools/analysis_tools/benchmark_seq_nms.py'
)
spec = importlib.util.spec_from_file_location('benchmark_seq_nms', TOOL)
benchmark = importlib.util.module_from_spec(spec)
spec.loader.exec_module(benchmark)

# 10 x 10 pixels, as the coordinates name the first and the last one.
HERE = [0, 0, 9, 9]
# 8 of the 10 rows of HERE: IoU 80 / 100.
CLOSE = [0, 0, 9, 7]
# 4 of the 10 rows: IoU 40 / 100, too little for a link, enough for NMS.
PART = [0, 0, 9, 3]
FAR = [50, 50, 59, 59]


def run(frames, **options):
    """seq_nms of [(box, score), ...] a frame, as plain lists."""
    scores, keep = seq_nms(
        [np.array([b for b, _ in f], float).reshape(-1, 4) for f in frames],
        [np.array([s for _, s in f], float) for f in frames],
        **options,
    )
    return [s.tolist() for s in scores], [k.tolist() for k in keep]


def test_a_path_shares_its_mean():
    # The only path through HERE: (0.5 + 0.25 + 0.75) / 3 = 0.5.
    frames = [[(HERE, 0.5)], [(CLOSE, 0.25)], [(HERE, 0.75)]]
    assert run(frames) == ([[0.5], [0.5], [0.5]], [[True]] * 3)
    assert run(frames, rescore='max')[0] == [[0.75], [0.75], [0.75]]


def test_suppression_and_what_it_leaves_alone():
    # Frame 0: HERE (0.5) is on the path; PART (0.9, IoU 0.4 with HERE) has no
    # link, and is suppressed by the path although its score is higher; FAR
    # is left alone. Sum 0.5 + 0.75 = 1.25 > 0.9, the best single box.
    frames = [[(PART, 0.9), (HERE, 0.5), (FAR, 0.3)], [(HERE, 0.75)]]
    assert run(frames) == (
        [[0.9, 0.625, 0.3], [0.625]],
        [[False, True, True], [True]],
    )
    assert run(frames, nms_iou=0.41)[1] == [[True] * 3, [True]]


def test_single_box_suppresses_while_links_are_left():
    # PART (0.9) beats the path HERE -> HERE (0.25 + 0.5) and takes HERE of
    # frame 0 with it. Then no link is left: in frame 1 the other box, 8 of
    # the 10 rows (IoU 0.2 with PART), is not suppressed, nothing changes.
    frames = [[(PART, 0.9), (HERE, 0.25)], [(HERE, 0.5), ([0, 2, 9, 9], 0.1)]]
    assert run(frames) == (
        [[0.9, 0.25], [0.5, 0.1]],
        [[True, False], [True, True]],
    )


def test_without_links_nothing_happens():
    frames = [[(HERE, 0.9), (CLOSE, 0.8)], [(FAR, 0.7)]]
    assert run(frames) == ([[0.9, 0.8], [0.7]], [[True, True], [True]])


def test_best_sum_and_the_rest():
    # From HERE: 0.5 + max(0.25, 0.5) = 1.0 through CLOSE, mean 0.5; in frame
    # 1 it suppresses HERE. CLOSE of frame 0 was suppressed, too.
    frames = [[(HERE, 0.5), (CLOSE, 0.4)], [(HERE, 0.25), (CLOSE, 0.5)]]
    assert run(frames) == (
        [[0.5, 0.4], [0.25, 0.5]],
        [[True, False], [False, True]],
    )


def test_second_path_after_the_first():
    # Two objects. HERE: 1 + 1 = 2, mean 1. FAR: 0.25 + 0.75 = 1, mean 0.5.
    frames = [[(FAR, 0.25), (HERE, 1.0)], [(HERE, 1.0), (FAR, 0.75)]]
    assert run(frames)[0] == [[0.5, 1.0], [1.0, 0.5]]


@pytest.mark.parametrize('min_sum, new', [(0.75, 0.375), (0.76, 0.5)])
def test_least_sum_is_included(min_sum, new):
    frames = [[(HERE, 0.5)], [(HERE, 0.25)]]
    assert run(frames, min_sum=min_sum)[0][0] == [new]


def test_ties():
    # All scores and boxes equal: index 0 of each frame is the path (mean
    # 0.5), the others are suppressed.
    frames = [[(HERE, 0.5)] * 3] * 3
    assert run(frames) == ([[0.5] * 3] * 3, [[True, False, False]] * 3)
    # Two equal paths that share the last box: it starts at frame 0, not at
    # frame 1, although a score of 0 adds nothing: mean (0 + 0.5) / 2.
    frames = [[(HERE, 0.0)], [(HERE, 0.5)]]
    assert run(frames)[0] == [[0.25], [0.25]]
    # Equal sums 0.5 + 0.5 and 0.25 + 0.75 in two places: the first one takes
    # PART (IoU 0.4) with it, as it starts at the lower index.
    near = [0, 0, 9, 3]
    frames = [[(near, 0.5), (HERE, 0.25)], [(near, 0.5), (HERE, 0.75)]]
    assert run(frames)[1] == [[True, False], [True, False]]


def test_links_reach_the_next_frame_only():
    frames = [[(HERE, 0.5)], [], [(HERE, 0.7)]]
    assert run(frames) == ([[0.5], [], [0.7]], [[True], [], [True]])


@pytest.mark.parametrize('frames', [[], [[]], [[], [], []]])
def test_no_boxes(frames):
    assert run(frames) == (frames, frames)


def test_thresholds_are_included():
    # 10 x 10 and the same 5 to the right: 50 / 150 = 1/3 in pixels; between
    # edges 9 x 9 and 4 x 9 in common: 36 / 126 = 2/7.
    frames = [[(HERE, 0.5)], [([5, 0, 14, 9], 1.0)]]
    third = run(frames, link_iou=1 / 3)[0]
    assert third == [[0.75], [0.75]]
    assert run(frames, link_iou=0.3334)[0] == [[0.5], [1.0]]
    assert run(frames, link_iou=36 / 126, offset=0)[0] == third
    assert run(frames, link_iou=0.2858, offset=0)[0] == [[0.5], [1.0]]


def test_inverted_boxes_overlap_nothing():
    inverted = [9, 9, 0, 0]
    frames = [[(inverted, 0.9), (HERE, 0.25)], [(inverted, 0.9), (HERE, 0.5)]]
    # Each is a path of its own and suppresses nothing.
    assert run(frames) == (
        [[0.9, 0.375], [0.9, 0.375]],
        [[True, True], [True, True]],
    )


def scalar_iou(a, b, offset):
    """IoU of two boxes, number by number."""
    sides = [
        (box[2] - box[0] + offset, box[3] - box[1] + offset) for box in (a, b)
    ]
    width = min(a[2], b[2]) - max(a[0], b[0]) + offset
    height = min(a[3], b[3]) - max(a[1], b[1]) + offset
    if min(width, height, *sides[0], *sides[1]) <= 0:
        return 0.0
    inter = width * height
    return inter / (math.prod(sides[0]) + math.prod(sides[1]) - inter)


@pytest.mark.parametrize('at_once', [1, 7, 1 << 16])
@pytest.mark.parametrize('offset', [0, 1])
def test_overlaps_pair_by_pair(offset, at_once, monkeypatch):
    monkeypatch.setattr('mmhvr.evaluation.overlaps._PAIRS_AT_ONCE', at_once)
    rng = np.random.default_rng(0)
    frames = [
        np.sort(rng.integers(0, 12, (n, 2, 2)), axis=1).reshape(n, 4) * 1.0
        for n in (5, 0, 3, 8, 6)
    ]
    frames[3][0] = [8, 8, 2, 2]
    video = VideoBoxes(frames, offset)
    links, begins = video.links(0.25)
    boxes = np.concatenate(frames)
    frame_of = np.repeat(np.arange(5), [len(f) for f in frames])
    number = range(len(boxes))
    for a in number:
        assert links[begins[a] : begins[a + 1]].tolist() == [
            b
            for b in number
            if frame_of[b] == frame_of[a] + 1
            and scalar_iou(boxes[a], boxes[b], offset) >= 0.25
        ]
    path, is_free = [6, 12, 20], rng.random(len(boxes)) < 0.7
    assert frame_of[path].tolist() == [2, 3, 4]
    assert video.near_path(path, 0.25, is_free).tolist() == [
        b
        for b in number
        if frame_of[b] >= 2
        and is_free[b]
        and scalar_iou(boxes[path[frame_of[b] - 2]], boxes[b], offset) >= 0.25
    ]


def draw(rng):
    """A random video, often with ties: boxes and scores on coarse grids."""
    frames = int(rng.integers(1, 9))
    most = int(rng.integers(1, 13))
    room = int(rng.integers(2, 12))
    boxes, scores = [], []
    for _ in range(frames):
        n = int(rng.integers(0, most + 1))
        box = rng.integers(0, room, (n, 4)).astype(float)
        if rng.random() < 0.9:  # else some are inverted
            box = np.hstack(
                [
                    np.minimum(box[:, :2], box[:, 2:]),
                    np.maximum(box[:, :2], box[:, 2:]),
                ]
            )
        box *= rng.choice([1.0, 2.0, 0.37])
        boxes.append(box.astype(rng.choice([np.float32, np.float64])))
        scores.append(
            rng.integers(0, 4, n) / rng.choice([4, 10])
            if rng.random() < 0.6
            else rng.random(n).astype(np.float32)
        )
    options = dict(
        link_iou=float(rng.choice([0.1, 0.3, 0.5, 1.0])),
        nms_iou=float(rng.choice([0.1, 0.3, 0.5, 0.9, 1.0])),
        rescore=str(rng.choice(['avg', 'max'])),
        min_sum=float(rng.choice([0.0, 0.01, 0.5])),
        offset=int(rng.integers(0, 2)),
    )
    return boxes, scores, options


@pytest.mark.parametrize('seed', range(8))
def test_equals_the_published_algorithm(seed):
    rng = np.random.default_rng(seed)
    rescored = suppressed = 0
    for _ in range(250):
        boxes, scores, options = draw(rng)
        before = [b.copy() for b in boxes], [s.copy() for s in scores]
        found = seq_nms(boxes, scores, **options)
        expected = benchmark.plain_seq_nms(boxes, scores, **options)
        for one, two in zip(found, expected):
            assert len(one) == len(two) == len(boxes)
            for a, b in zip(one, two):
                # Bit for bit.
                assert a.dtype == b.dtype and np.array_equal(a, b), options
        for one, two in zip((boxes, scores), before):
            assert all(map(np.array_equal, one, two))
        rescored += sum((a != b).sum() for a, b in zip(found[0], scores))
        suppressed += sum((~keep).sum() for keep in found[1])
    assert rescored > 100 and suppressed > 100


def test_equals_the_published_algorithm_on_crowded_videos():
    for seed in range(3):
        rng = np.random.default_rng(seed)
        video = benchmark.make_video(rng, 20, 50, 3, 0.01)
        for nms_iou in (0.3, 0.9):
            found = seq_nms(*video, nms_iou=nms_iou)
            expected = benchmark.plain_seq_nms(*video, nms_iou=nms_iou)
            for one, two in zip(found, expected):
                assert all(map(np.array_equal, one, two))


def test_the_benchmark_compares(monkeypatch, capsys):
    words = 'benchmark --frames 5 --boxes 20 --objects 2'.split()
    monkeypatch.setattr('sys.argv', words)
    benchmark.main()
    text = capsys.readouterr().out
    assert '5 frames x 20 boxes' in text and 'results are the same' in text


BOX = np.array([HERE], dtype=float)


@pytest.mark.parametrize(
    'boxes, scores, options, error, message',
    [
        ([BOX], [], {}, ValueError, 'boxes of 1 frames but scores of 0'),
        ([BOX[0]], [[1.0]], {}, ValueError, r'frame 0 must be \[n, 4\]'),
        ([BOX, []], [[1.0], []], {}, ValueError, r'frame 1.*reshape\(0, 4\)'),
        ([BOX], [[1.0, 2.0]], {}, ValueError, r'must be \[1\].* are \[2\]'),
        ([BOX], [[math.nan]], {}, ValueError, 'scores of frame 0 are NaN'),
        ([BOX + math.inf], [[1.0]], {}, ValueError, 'boxes of frame 0 .*NaN'),
        ([BOX], [[-0.5]], {}, ValueError, 'go down to -0.5.*softmax'),
        ([BOX], [['a']], {}, TypeError, 'scores of frame 0 are no array'),
        ([], [], dict(link_iou=0), ValueError, r'link_iou .*\(0, 1\].* 0'),
        ([], [], dict(nms_iou=1.5), ValueError, 'nms_iou .* got 1.5'),
        ([], [], dict(link_iou=math.nan), ValueError, 'link_iou .* got nan'),
        ([], [], dict(rescore='mean'), ValueError, "'avg' .* got 'mean'"),
        ([], [], dict(min_sum=math.nan), ValueError, 'min_sum .* got nan'),
        ([], [], dict(offset=-1), ValueError, 'offset .* got -1'),
    ],
)
def test_wrong_use(boxes, scores, options, error, message):
    with pytest.raises(error, match=message):
        seq_nms(boxes, scores, **options)
