# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import numpy as np
import pytest

from mmhvr.evaluation import motion_iou
from mmhvr.evaluation.motion import first_repeated, track_motion_iou


def plain_iou(a, b, offset):
    width = min(a[2], b[2]) - max(a[0], b[0]) + offset
    height = min(a[3], b[3]) - max(a[1], b[1]) + offset
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(x[2] - x[0] + offset) * (x[3] - x[1] + offset) for x in (a, b)]
    return width * height / (sum(areas) - width * height)


def plain_motion_iou(boxes, track_ids, radius, offset):
    """The definition, one box after the other."""
    result = []
    for t, (own_boxes, own_ids) in enumerate(zip(boxes, track_ids)):
        values = []
        for box, track in zip(own_boxes, own_ids):
            overlaps = []
            for s in range(max(t - radius, 0), t + radius + 1):
                if s == t or s >= len(boxes):
                    continue
                for other, other_track in zip(boxes[s], track_ids[s]):
                    if other_track == track:
                        overlaps.append(plain_iou(box, other, offset))
            values.append(sum(overlaps) / len(overlaps) if overlaps else 1.0)
        result.append(values)
    return result


def random_video(rng, length, objects):
    """Objects that drift, vanish and come back, in any order in a frame."""
    place = rng.uniform(0, 40, (objects, 2))
    names = rng.choice(1000, objects, replace=False)
    boxes, ids = [], []
    for _ in range(length):
        place += rng.normal(0, 3, place.shape)
        size = rng.uniform(15, 20, place.shape)
        seen = rng.permutation(np.flatnonzero(rng.random(objects) < 0.8))
        boxes.append(np.hstack([place, place + size])[seen])
        ids.append(names[seen])
    return boxes, ids


def moved(*shifts):
    """A box of 10 pixels a side, moved to the right by so many pixels."""
    return [np.array([[x, 0.0, x + 9, 9.0]]) for x in shifts]


def same(number):
    return [np.array([3])] * number


# 10 pixels wide, moved by m: IoU = (10 - m) / (10 + m), so 1/3 for m = 5,
# 9/11 for m = 1, 8/12 = 2/3 for m = 2.
@pytest.mark.parametrize(
    'boxes, ids, radius, expected',
    [
        # Two frames: each has the other alone.
        (moved(0, 5), same(2), 10, [1 / 3, 1 / 3]),
        # Three frames; the middle one has both neighbours at m = 1, the
        # ends have m = 1 and m = 2.
        (
            moved(0, 1, 2),
            same(3),
            10,
            [(9 / 11 + 2 / 3) / 2, 9 / 11, (9 / 11 + 2 / 3) / 2],
        ),
        # Radius 1: the ends have only the middle.
        (moved(0, 1, 2), same(3), 1, [9 / 11] * 3),
        # A track seen once has 1, beside other tracks too.
        (moved(0), same(1), 10, [1.0]),
        (moved(0, 0), [np.array([1]), np.array([2])], 10, [1.0, 1.0]),
        # It moved clean away.
        (moved(0, 50), same(2), 10, [0.0, 0.0]),
        # Frame 1 lacks the track: left out of the mean, not counted as 0.
        (
            [moved(0)[0], np.zeros((0, 4)), moved(1)[0]],
            [np.array([3]), np.array([], int), np.array([3])],
            10,
            [9 / 11, 9 / 11],
        ),
        # Ten frames later still counts, eleven do not.
        (
            [moved(0)[0], *[np.zeros((0, 4))] * 9, moved(5)[0], moved(1)[0]],
            [np.array([3]), *[np.array([])] * 9, *same(2)],
            10,
            # Frame 11 sees frame 10 alone: 4 apart, 6/14.
            [1 / 3, (1 / 3 + 6 / 14) / 2, 6 / 14],
        ),
    ],
)
def test_by_hand(boxes, ids, radius, expected):
    values = motion_iou(boxes, ids, radius)
    assert [len(v) for v in values] == [len(b) for b in boxes]
    np.testing.assert_allclose(np.concatenate(values), expected)


def test_offset_by_hand():
    # Edges: 9 wide, moved by 5: 4 / (9 + 9 - 4).
    values = motion_iou(moved(0, 5), same(2), offset=0)
    np.testing.assert_allclose(np.concatenate(values), [4 / 14, 4 / 14])


def test_a_box_at_rest_has_exactly_one():
    rng = np.random.default_rng(0)
    for _ in range(200):
        corner = rng.uniform(0, 1000, 2)
        box = np.hstack([corner, corner + rng.uniform(1, 500, 2)])
        values = motion_iou([box[None]] * 25, same(25))
        assert set(np.concatenate(values)) == {1.0}


@pytest.mark.parametrize('seed', range(10))
@pytest.mark.parametrize('radius, offset', [(10, 1), (10, 0), (3, 1), (1, 1)])
def test_equals_the_plain_loop(seed, radius, offset):
    rng = np.random.default_rng(seed)
    video = random_video(rng, rng.integers(1, 30), rng.integers(0, 5))
    values = motion_iou(*video, radius, offset)
    expected = plain_motion_iou(*video, radius, offset)
    for one, other in zip(values, expected):
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_videos_at_once_equal_each_alone():
    rng = np.random.default_rng(0)
    boxes, tracks, frames, expected = [], [], [], []
    for video in range(6):
        own, ids = random_video(rng, 25, 4)
        expected += plain_motion_iou(own, ids, 10, 1)
        boxes += own
        # Numbers without gaps, so that a track that ends at frame 24 has a
        # neighbour that begins at frame 0.
        known = np.unique(np.concatenate(ids))
        tracks += [4 * video + np.searchsorted(known, i) for i in ids]
        frames += [np.full(len(i), t) for t, i in enumerate(ids)]
    columns = [np.concatenate(column) for column in (boxes, tracks, frames)]
    order = rng.permutation(len(columns[0]))
    values = track_motion_iou(*[column[order] for column in columns])
    np.testing.assert_allclose(values, np.concatenate(expected)[order])


def test_playing_backwards_changes_nothing():
    boxes, ids = random_video(np.random.default_rng(1), 30, 4)
    forwards = motion_iou(boxes, ids)
    backwards = motion_iou(boxes[::-1], ids[::-1])[::-1]
    for one, other in zip(forwards, backwards):
        np.testing.assert_allclose(one, other)


@pytest.mark.parametrize(
    'boxes, ids, expected',
    [
        ([], [], []),
        ([np.zeros((0, 4))], [np.zeros(0)], [[]]),
        ([[]], [[]], [[]]),
    ],
)
def test_nothing(boxes, ids, expected):
    assert [v.tolist() for v in motion_iou(boxes, ids)] == expected


@pytest.mark.parametrize(
    'boxes, ids, kwargs, message',
    [
        (
            [np.zeros((1, 4)), np.zeros((2, 4))],
            [np.array([7]), np.array([7, 7])],
            {},
            'track id 7 is twice in frame 1',
        ),
        (moved(0, 1), same(1), {}, 'boxes are of 2 frames, track_ids of 1'),
        (moved(0), [np.array([1, 2])], {}, r'frame 0 has boxes \(1, 4\)'),
        (moved(0), same(1), dict(radius=0), 'radius must be at least 1'),
    ],
)
def test_bad_input(boxes, ids, kwargs, message):
    with pytest.raises(ValueError, match=message):
        motion_iou(boxes, ids, **kwargs)


def test_the_first_repeated_box_is_named():
    tracks, frames = np.array([0, 1, 0, 1, 0]), np.array([0, 0, 1, 0, 1])
    assert first_repeated(tracks, frames) == 3
    assert first_repeated(tracks[:3], frames[:3]) is None
