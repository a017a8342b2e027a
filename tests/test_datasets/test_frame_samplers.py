# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
from collections import Counter

import numpy as np
import pytest
from mmtrack.registry import TASK_UTILS
from scipy.stats import chisquare

from mmhvr.datasets.frame_choice import (
    choose_bilateral_frames,
    choose_global_frames,
    choose_window_frames,
)
from mmhvr.datasets.frame_samplers import (
    BilateralFrameSampler,
    GlobalFrameSampler,
    ReferenceFrameSampler,
    WindowFrameSampler,
)

ANY = [(frame, length) for length in range(1, 14) for frame in range(length)]


def rng(seed=0):
    return np.random.default_rng(seed)


# --- training ---------------------------------------------------------------


@pytest.mark.parametrize(
    'frame, length, supports, expected',
    [
        # One choice only, so the draw is known.
        (1, 3, 2, [0, 2]),
        (2, 5, 4, [0, 1, 3, 4]),
        # No frame before: both from after it, and the reverse.
        (0, 3, 2, [1, 2]),
        (2, 3, 2, [0, 1]),
        # One frame before: three from after it.
        (1, 5, 4, [0, 2, 3, 4]),
        # Too short: the other frames repeat in turn.
        (0, 2, 2, [1, 1]),
        (1, 2, 2, [0, 0]),
        (1, 3, 6, [0, 0, 0, 2, 2, 2]),
        (1, 4, 4, [0, 0, 2, 3]),
        # A still image repeats itself.
        (0, 1, 2, [0, 0]),
        (0, 1, 4, [0, 0, 0, 0]),
    ],
)
def test_bilateral_by_hand(frame, length, supports, expected):
    for seed in range(20):
        drawn = choose_bilateral_frames(frame, length, supports, rng(seed))
        assert drawn == expected


@pytest.mark.parametrize('num_frames', [3, 5, 9])
def test_bilateral_invariants(num_frames):
    sampler = BilateralFrameSampler(num_frames)
    half = (num_frames - 1) // 2
    generator = rng()
    for frame, length in ANY * 20:
        before, after = frame, length - 1 - frame
        drawn = sampler(frame, length, generator)
        assert len(drawn) == num_frames - 1
        assert drawn == sorted(drawn)
        assert all(0 <= index < length for index in drawn)
        if length > 1:
            assert frame not in drawn
        if length >= num_frames:
            assert len(set(drawn)) == num_frames - 1
        if min(before, after) >= half:
            assert sum(index < frame for index in drawn) == half
        if min(before, after) >= 1:
            assert drawn[0] < frame < drawn[-1]


def test_bilateral_is_uniform_on_each_side():
    generator = rng(3)
    drawn = [choose_bilateral_frames(3, 9, 2, generator) for _ in range(9000)]
    before = Counter(pair[0] for pair in drawn)
    after = Counter(pair[1] for pair in drawn)
    assert set(before) == {0, 1, 2}
    assert set(after) == {4, 5, 6, 7, 8}
    assert chisquare(list(before.values())).pvalue > 0.01
    assert chisquare(list(after.values())).pvalue > 0.01


def test_bilateral_offset_bounds_the_supports():
    generator = rng()
    sampler = BilateralFrameSampler(3, max_offset=2)
    seen = {i for _ in range(300) for i in sampler(5, 100, generator)}
    assert seen == {3, 4, 6, 7}
    # The offset leaves one frame on one side: it is repeated, no farther one
    # is taken.
    sampler = BilateralFrameSampler(5, max_offset=1)
    assert sampler(0, 100, generator) == [1, 1, 1, 1]


# --- test -------------------------------------------------------------------


def brute_force_window(frame, length, num_frames, stride):
    """Try every window of the stride's frames and take the most central."""
    frames = [i for i in range(length) if (i - frame) % stride == 0]
    place = frames.index(frame)
    number = min(num_frames, len(frames))
    best = min(
        (
            start
            for start in range(len(frames) - number + 1)
            if start <= place < start + number
        ),
        key=lambda start: abs((place - start) - (num_frames - 1) // 2),
    )
    return [i for i in frames[best : best + number] if i != frame]


@pytest.mark.parametrize('stride', [1, 2, 3])
@pytest.mark.parametrize('num_frames', [1, 2, 3, 4, 5, 8, 31])
def test_window_against_brute_force(num_frames, stride):
    for frame, length in ANY:
        chosen = choose_window_frames(frame, length, num_frames, stride)
        expected = brute_force_window(frame, length, num_frames, stride)
        assert chosen == expected, (frame, length)


@pytest.mark.parametrize(
    'frame, length, num_frames, expected',
    [
        (5, 10, 5, [3, 4, 6, 7]),
        (0, 10, 5, [1, 2, 3, 4]),
        (9, 10, 5, [5, 6, 7, 8]),
        (8, 10, 5, [5, 6, 7, 9]),
        # An even window has its extra frame after the target.
        (5, 10, 4, [4, 6, 7]),
        # The whole of a short video.
        (1, 4, 31, [0, 2, 3]),
        (0, 1, 31, []),
        (3, 9, 1, []),
    ],
)
def test_window_by_hand(frame, length, num_frames, expected):
    sampler = WindowFrameSampler(num_frames)
    assert sampler(frame, length, rng()) == expected


@pytest.mark.parametrize(
    'frame, length, num_frames, expected',
    [
        # Others 0 1 2 3 5 6 7 8; three of them evenly: places 0, 3.5 -> 4, 7.
        (4, 9, 4, [0, 5, 8]),
        # Others 1 ... 9; five of nine: places 0, 2, 4, 6, 8.
        (0, 10, 6, [1, 3, 5, 7, 9]),
        # One of the others 0 1 3 4: the middle, place 1.
        (2, 5, 2, [1]),
        (1, 4, 31, [0, 2, 3]),
        (0, 1, 31, []),
    ],
)
def test_global_by_hand(frame, length, num_frames, expected):
    sampler = GlobalFrameSampler(num_frames)
    assert sampler(frame, length, rng()) == expected


@pytest.mark.parametrize(
    'length, references, expected',
    [
        # Steps of 5 / 2: 0, 2.5 to the even 2, 5.
        (6, 3, [0, 2, 5]),
        # Steps of 9 / 4: 0, 2.25, 4.5 to 4, 6.75, 9.
        (10, 5, [0, 2, 4, 7, 9]),
        # Steps of 2 / 4: 0, 0.5 to 0, 1, 1.5 to 2, 2: frames repeat.
        (3, 5, [0, 0, 1, 2, 2]),
        (1, 4, [0, 0, 0, 0]),
    ],
)
def test_references_by_hand(length, references, expected):
    sampler = ReferenceFrameSampler(references + 1)
    for frame in range(length):  # the same for every frame
        assert sampler(frame, length, rng()) == expected


@pytest.mark.parametrize('num_frames', [2, 3, 4, 6, 31])
def test_global_invariants(num_frames):
    for length in (1, 2, 3, 7, 30, 31, 32, 61, 200):
        for frame in range(length):
            chosen = choose_global_frames(frame, length, num_frames)
            assert len(chosen) == min(num_frames, length) - 1
            others = [i for i in range(length) if i != frame]
            places = [others.index(i) for i in chosen]
            gaps = np.diff(places)
            assert (gaps >= 1).all()
            if len(chosen) > 1:
                assert (places[0], places[-1]) == (0, len(others) - 1)
                assert gaps.max() - gaps.min() <= 1


# --- configs and errors -----------------------------------------------------


def test_built_from_config():
    sampler = TASK_UTILS.build(
        dict(type='BilateralFrameSampler', num_frames=5)
    )
    assert sampler(2, 5, rng()) == [0, 1, 3, 4]


@pytest.mark.parametrize(
    'build, message',
    [
        (lambda: BilateralFrameSampler(1), 'num_frames .* is 1'),
        (lambda: BilateralFrameSampler(4), 'num_frames .* is 4'),
        (lambda: BilateralFrameSampler(3, 0), 'max_offset .* is 0'),
        (lambda: WindowFrameSampler(0), 'num_frames .* is 0'),
        (lambda: WindowFrameSampler(5, 0), 'stride .* is 0'),
        (lambda: GlobalFrameSampler(-1), 'num_frames .* is -1'),
        (lambda: ReferenceFrameSampler(2), 'num_frames .* 3, but is 2'),
    ],
)
def test_bad_sizes(build, message):
    with pytest.raises(ValueError, match=message):
        build()
