# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import numpy as np
import pytest

from mmhvr.run.anchors import fit_sizes


def test_sizes_that_are_there_are_found():
    sizes = np.array([80, 10, 20, 40, 10, 80, 20, 40.0])
    assert fit_sizes(sizes, 4) == pytest.approx([10, 20, 40, 80])


def test_means_of_logarithms():
    # Two clusters: 8, 32 around sqrt(8 x 32) = 16; 200, 800 around 400.
    sizes = np.array([8, 32, 200, 800.0])
    assert fit_sizes(sizes, 2) == pytest.approx([16, 400])


def test_the_fit_is_at_least_as_good_as_any_of_many():
    # k-means against all ways to cut a sorted list of 14 into three.
    rng = np.random.default_rng(0)
    sizes = np.exp(rng.normal([3, 4.5], [0.3, 0.4], (7, 2))).ravel()
    logs = np.sort(np.log(sizes))

    def cost(parts):
        return sum(((part - part.mean()) ** 2).sum() for part in parts)

    best = min(
        cost(np.split(logs, [a, b]))
        for a in range(1, 13)
        for b in range(a + 1, 14)
    )
    means = np.log(fit_sizes(sizes, 3))
    found = (np.abs(logs[:, None] - means).min(1) ** 2).sum()
    assert best <= found <= 1.3 * best


@pytest.mark.parametrize('number', [1, 3, 4])
def test_equal_boxes_give_anchors_around_them(number):
    sizes = fit_sizes(np.full(50, 30.0), number)
    assert sizes[number // 2] == pytest.approx(30)
    ratios = np.array(sizes[1:]) / sizes[:-1]
    assert ratios == pytest.approx(np.full(number - 1, 1.25))
