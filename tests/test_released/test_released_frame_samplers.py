# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
from collections import Counter

import numpy as np
import pytest
from mmtrack.registry import TASK_UTILS
from scipy.stats import chisquare

from mmhvr.datasets.frame_choice import choose_window_frames
from mmhvr.released import OffsetFrameSampler, ShuffledFrameSampler
from mmhvr.released.frame_samplers import choose_shuffled_frames


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize('frame, length', [(0, 1), (0, 4), (3, 4), (5, 9)])
def test_offsets_are_uniform_and_end_at_the_ends_of_the_video(frame, length):
    sampler, generator = OffsetFrameSampler(3, max_offset=3), rng(1)
    drawn = [sampler(frame, length, generator) for _ in range(3500)]
    assert all(pair == sorted(pair) for pair in drawn)
    # Each of the seven offsets is one case; those that leave the video fall
    # on its first or last frame.
    fair = Counter(
        min(max(frame + offset, 0), length - 1) for offset in range(-3, 4)
    )
    counts = Counter(place for pair in drawn for place in pair)
    assert set(counts) == set(fair)
    if length > 1:
        assert (
            chisquare(
                [counts[place] for place in sorted(fair)],
                [1000 * fair[place] for place in sorted(fair)],
            ).pvalue
            > 0.01
        )


def test_offsets_of_the_released_code_are_mostly_clipped():
    # 300 frames, the target in the middle: 149 offsets of 2001 to the left
    # and 149 to the right stay inside the video without its ends.
    sampler, generator = OffsetFrameSampler(), rng()
    drawn = [sampler(150, 301, generator) for _ in range(4000)]
    inside = sum(0 < place < 300 for pair in drawn for place in pair)
    share = 299 / 2001
    assert abs(inside - 8000 * share) < 4 * (8000 * share) ** 0.5


@pytest.mark.parametrize('num_frames', [1, 2, 5, 21])
def test_shuffled_windows_are_windows_of_one_order(num_frames):
    for length in (1, 2, 6, 40):
        windows = [
            choose_shuffled_frames(frame, length, num_frames)
            for frame in range(length)
        ]
        for frame, window in enumerate(windows):
            assert frame not in window and window == sorted(set(window))
            assert len(window) == min(num_frames, length) - 1
        # Renamed by their places in the order they are plain windows.
        order = np.random.default_rng([0, length]).permutation(length)
        places = {int(frame): place for place, frame in enumerate(order)}
        for frame, window in enumerate(windows):
            assert sorted(places[i] for i in window) == choose_window_frames(
                places[frame], length, num_frames
            )


def test_shuffled_windows_reach_over_the_video_and_stay():
    sampler = ShuffledFrameSampler(21)
    windows = [sampler(frame, 400, rng(frame)) for frame in range(400)]
    again = ShuffledFrameSampler(21)
    assert windows == [again(frame, 400, None) for frame in range(400)]
    # The mean distance of two random frames of 400 is about 400 / 3; of the
    # window in the video's own order it would be 5.5.
    distances = [
        abs(i - frame) for frame, window in enumerate(windows) for i in window
    ]
    assert abs(np.mean(distances) - 400 / 3) < 10
    other = ShuffledFrameSampler(21, seed=1)
    assert windows != [other(frame, 400, None) for frame in range(400)]


def test_built_from_config():
    sampler = TASK_UTILS.build(dict(type='OffsetFrameSampler', num_frames=4))
    assert sampler(0, 1, rng()) == [0, 0, 0]


@pytest.mark.parametrize(
    'build, message',
    [
        (lambda: OffsetFrameSampler(1), 'num_frames .* 2, but is 1'),
        (lambda: OffsetFrameSampler(3, 0), 'max_offset .* is 0'),
        (lambda: ShuffledFrameSampler(0), 'num_frames .* is 0'),
    ],
)
def test_bad_sizes(build, message):
    with pytest.raises(ValueError, match=message):
        build()
