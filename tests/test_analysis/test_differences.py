# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import cv2
import numpy as np
import pytest

from mmhvr.analysis.annotated_videos import AnnotatedFrame, AnnotatedVideo
from mmhvr.analysis.differences import (
    Difference,
    choose_differences,
    compare_videos,
    draw_differences,
    found_boxes,
)

LEFT, RIGHT = [0.0, 0.0, 9.0, 9.0], [30.0, 0.0, 39.0, 9.0]


def frame(found, path='', truth=(LEFT, RIGHT), labels=(0, 1)):
    """True boxes left (class 0) and right (class 1); (box, label, score)."""
    boxes, names, scores = zip(*found) if found else ([], [], [])
    return AnnotatedFrame(
        0,
        path,
        np.array(truth),
        np.array(labels),
        np.array(boxes, float).reshape(-1, 4),
        np.array(names, int),
        np.array(scores, float),
    )


@pytest.mark.parametrize(
    'found, expected',
    [
        ([(LEFT, 0, 0.9), (RIGHT, 1, 0.5)], [True, True]),
        ([(LEFT, 0, 0.49)], [False, False]),  # below the threshold
        ([(LEFT, 1, 0.9)], [False, False]),  # wrong class
        ([(RIGHT, 0, 0.9)], [False, False]),  # wrong place
        ([], [False, False]),
    ],
)
def test_found_by_hand(found, expected):
    assert found_boxes(frame(found)).tolist() == expected


def test_one_detection_finds_one_box():
    twice = frame([(LEFT, 0, 0.9)], truth=(LEFT, LEFT), labels=(0, 0))
    assert found_boxes(twice).sum() == 1
    untested = AnnotatedFrame(0, '', np.array([LEFT]), np.array([0]))
    assert found_boxes(untested).tolist() == [False]


def video(*frames):
    return AnnotatedVideo('v', list(frames), 0)


def test_counts_and_the_frame_that_differs_most():
    both, left, none = (
        [(LEFT, 0, 0.9), (RIGHT, 1, 0.9)],
        [(LEFT, 0, 0.9)],
        [],
    )
    right = [(RIGHT, 1, 0.9)]
    first = [
        video(frame(left), frame(none)),
        video(frame(both)),
        video(frame(left)),
    ]
    second = [
        video(frame(both), frame(both)),
        video(frame(left)),
        video(frame(right)),
    ]
    counts, differences = compare_videos(first, second)
    # Frame by frame (left, right): (both, second); (second, second);
    # (both, first); (first, second).
    assert counts == dict(both=2, first=2, second=4, neither=0)
    # The first video's second frame gains two; the second's loses one; in
    # the third, one box is gained and one lost: no difference in number.
    assert [(d.kind, d.number) for d in differences] == [
        ('second', 2),
        ('first', 1),
    ]
    assert differences[0].second is second[0].frames[1]
    untested = AnnotatedFrame(0, '', np.array([LEFT]), np.array([0]))
    with pytest.raises(ValueError, match='no frame has predictions of both'):
        compare_videos([video(untested)], [video(frame(left))])


@pytest.mark.parametrize(
    'gains, losses, number, expected',
    [
        (9, 1, 5, (4, 1)),  # a loss is shown though 5 x .1 rounds to 0
        (6, 6, 4, (2, 2)),
        (8, 4, 6, (4, 2)),
        (1, 9, 5, (1, 4)),
        (0, 3, 8, (0, 3)),
        (3, 0, 2, (2, 0)),
        (9, 1, 1, (1, 0)),
        (0, 0, 4, (0, 0)),
    ],
)
def test_both_kinds_in_proportion(gains, losses, number, expected):
    empty = frame([])
    pool = [
        Difference(empty, empty, kind, size)
        for kind, count in (('second', gains), ('first', losses))
        for size in range(1, count + 1)
    ]
    chosen = choose_differences(pool, number)
    kinds = [d.kind for d in chosen]
    assert (kinds.count('second'), kinds.count('first')) == expected
    # The largest differences of each kind.
    sizes = [d.number for d in chosen if d.kind == 'second']
    assert sizes == list(range(gains, gains - expected[0], -1))


def test_first_model_above_second_below(tmp_path):
    path = str(tmp_path / 'a.png')
    cv2.imwrite(path, np.full((200, 200, 3), 90, np.uint8))
    boxes = dict(truth=([50.0, 50.0, 150.0, 150.0],), labels=(0,))
    hit = frame([([55.0, 55.0, 145.0, 145.0], 0, 0.9)], path, **boxes)
    miss = frame([], path, **boxes)
    pair = Difference(miss, hit, 'second', 1)
    picture = draw_differences([pair], ('A', 'B'), ['ant'])
    # A caption of 24 above each, a gap of 4 between the two.
    assert picture.shape == (2 * 424 + 4, 400, 3)
    above, below = picture[24:424], picture[452:]
    # Twice as large; the detection's line (class 0 is red), at x = 110.
    assert above[200, 110].tolist() == [90, 90, 90]
    assert below[200, 110].tolist() == [38, 38, 255]
    two_rows = draw_differences([pair] * 3, ('A', 'B'), ['ant'], columns=2)
    assert two_rows.shape == (4 * 424 + 3 * 4, 2 * 400 + 4, 3)
    with pytest.raises(ValueError, match='nothing to compare'):
        draw_differences([], ('A', 'B'), ['ant'])
