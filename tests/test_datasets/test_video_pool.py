# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Videos are drawn one after the other, by the shares that are left."""

from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from scipy.stats import chisquare

from mmhvr.datasets.video_pool import VideoPool


@pytest.mark.parametrize('keys', [(1, 1, 1, 1), (1, 2, 5, 10)])
def test_ordered_pairs_by_hand(keys):
    # P(a, b) = k_a / K * k_b / (K - k_a).
    pool = VideoPool(np.arange(10, 14), np.array(keys))
    rng = np.random.default_rng(0)
    drawn = Counter(tuple(pool.draw(rng, 2)) for _ in range(20000))
    pairs = list(permutations(range(4), 2))
    total = sum(keys)
    expected = [
        20000 * keys[a] / total * keys[b] / (total - keys[a]) for a, b in pairs
    ]
    found = [drawn[(10 + a, 10 + b)] for a, b in pairs]
    assert chisquare(found, expected).pvalue > 1e-3


def test_one_video_that_outweighs_all():
    # The second of the pair is one of the two others, each in half of all.
    pool = VideoPool(np.array([7, 8, 9]), np.array([10**9, 1, 1]))
    rng = np.random.default_rng(1)
    drawn = [pool.draw(rng, 2) for _ in range(400)]
    assert {pair[0] for pair in drawn} == {7}
    assert 160 < sum(pair[1] == 8 for pair in drawn) < 240


def test_more_than_there_are():
    pool = VideoPool(np.array([3, 4]), np.array([1, 9]))
    rng = np.random.default_rng(2)
    for _ in range(50):
        drawn = pool.draw(rng, 5)
        assert sorted(Counter(drawn).values()) == [2, 3]
        assert set(drawn[:2]) == set(drawn[2:4]) == {3, 4}
    assert pool.draw(rng, 0) == []
