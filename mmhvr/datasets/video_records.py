# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What the batch sampler needs to know of a video."""

from __future__ import annotations

from collections import Counter
from typing import FrozenSet, Iterable, NamedTuple, Tuple

#: Label of a video without a single box.
NO_LABEL = -1


class VideoRecord(NamedTuple):
    """One video as the batch sampler sees it.

    Attributes:
        label: Its main category, 0 to K - 1, or ``NO_LABEL``.
        labels: All categories of which it has a box.
        key_indices: Data set indices of its key frames, in order.
        still: Whether it is a still image.
    """

    label: int
    labels: FrozenSet[int]
    key_indices: Tuple[int, ...]
    still: bool = False


def main_category(labels: Iterable[int]) -> int:
    """Return the most frequent label, ties to the lowest.

    Args:
        labels: The label of every box of a video.

    Returns:
        The label, or ``NO_LABEL`` if there is no box.

    Example:
        >>> main_category([7, 2, 2, 7, 5])
        2
    """
    counts = Counter(labels)
    if not counts:
        return NO_LABEL
    return min(counts, key=lambda label: (-counts[label], label))
