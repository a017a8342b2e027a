# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Drawing some of many videos, fast."""

from __future__ import annotations

from typing import Dict, List

import numpy as np


class VideoPool:
    """Videos to draw from, in proportion to their key frames.

    Args:
        videos: Their numbers, int [V].
        keys: How many key frames each has, int [V].
    """

    def __init__(self, videos: np.ndarray, keys: np.ndarray) -> None:
        self.videos = videos
        self.share = keys / keys.sum()
        self.sums = self.share.cumsum()
        self.sums[-1] = 1.0

    def draw(self, rng: np.random.Generator, number: int) -> List[int]:
        """Draw distinct videos, or each once before any comes twice."""
        if not number:
            return []
        if number > len(self.videos):
            rounds = [rng.permutation(self.videos) for _ in range(number)]
            return np.concatenate(rounds)[:number].tolist()
        # One after the other by the shares that are left is the same as by
        # all shares and without those that come again: no new sums.
        places: Dict[int, None] = {}
        for _ in range(64 * number):
            place = self.sums.searchsorted(rng.random(), 'right')
            places[int(place)] = None
            if len(places) == number:
                break
        else:  # a video outweighs all others
            share = self.share.copy()
            share[list(places)] = 0
            rest = rng.choice(
                len(share),
                number - len(places),
                replace=False,
                p=share / share.sum(),
            )
            places.update(dict.fromkeys(rest.tolist()))
        return self.videos[list(places)].tolist()
