# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Anchor sizes that fit the boxes of a data set.

Legend: A boxes.
"""

from typing import List

import numpy as np

# Anchors whose sizes differ by less overlap by more than 0.6: RPN counts a
# box of either as the other's, and one of the two is wasted.
_LEAST_FACTOR = 1.25
_ROUNDS = 100


def fit_sizes(sizes: np.ndarray, number: int) -> List[float]:
    """Find the sizes around which the boxes lie: k-means of their logarithms.

    The IoU of two squares of one centre depends on the ratio of their sizes,
    so distances are those of logarithms. It begins with quantiles, so that
    the same boxes give the same sizes.

    Args:
        sizes (np.ndarray): Square root of each box's area in pixels, above 0,
            [A], A > 0.
        number (int): How many sizes.

    Returns:
        list[float]: In pixels, rising, each at least 1.25 times the one
        before.

    Example:
        >>> sizes = np.array([10., 10, 20, 20, 40, 40, 80, 80])
        >>> [round(size) for size in fit_sizes(sizes, 4)]
        [10, 20, 40, 80]
    """
    logs = np.sort(np.log(np.asarray(sizes, dtype=np.float64)))
    places = (np.arange(number) + 0.5) / number
    means = np.quantile(logs, places)
    total = np.concatenate([[0.0], np.cumsum(logs)])
    for _ in range(_ROUNDS):
        # In one dimension a cluster is a stretch of the sorted values.
        borders = np.searchsorted(logs, (means[1:] + means[:-1]) / 2)
        borders = np.concatenate([[0], borders, [len(logs)]])
        counts = np.diff(borders)
        sums = total[borders[1:]] - total[borders[:-1]]
        moved = np.where(counts > 0, sums / np.maximum(counts, 1), means)
        if np.allclose(moved, means, atol=1e-6):
            break
        means = moved
    return np.exp(_spread(means)).tolist()


def _spread(means: np.ndarray) -> np.ndarray:
    """Move values that are too near to each other apart, around the middle."""
    step = np.log(_LEAST_FACTOR)
    middle = len(means) // 2
    spread = means.copy()
    for n in range(middle + 1, len(means)):
        spread[n] = max(spread[n], spread[n - 1] + step)
    for n in range(middle - 1, -1, -1):
        spread[n] = min(spread[n], spread[n + 1] - step)
    return spread
