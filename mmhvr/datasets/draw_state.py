# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Seed and epoch of a data set, and what is drawn from them."""

from __future__ import annotations

import random
from contextlib import contextmanager
from typing import Iterator, Tuple

import numpy as np
import torch


class DrawState:
    """Seed and epoch in shared memory.

    A worker process of a data loader holds its own copy of the data set, made
    when the worker started. With persistent workers a plain attribute that
    the main process sets later never reaches it; these two numbers do, since
    all copies read the same memory. A deep copy is a data set of its own and
    gets its own memory.

    Args:
        seed: First seed.
        epoch: First epoch.
    """

    def __init__(self, seed: int = 0, epoch: int = 0) -> None:
        self._values = torch.tensor(
            [seed, epoch], dtype=torch.int64
        ).share_memory_()

    def set(self, seed: int, epoch: int) -> None:
        """Set both numbers for every process that shares this state."""
        self._values[0] = seed
        self._values[1] = epoch

    def get(self) -> Tuple[int, int]:
        """Return (seed, epoch)."""
        seed, epoch = self._values.tolist()
        return seed, epoch

    def __deepcopy__(self, memo: dict) -> 'DrawState':
        return DrawState(*self.get())


@contextmanager
def seeded_globals(seed: int) -> Iterator[None]:
    """Seed ``random`` and ``numpy.random``, and restore them afterwards.

    The transforms of mmcv and mmdet know no other source of randomness.

    Args:
        seed: 0 to 2^32 - 1.
    """
    states = random.getstate(), np.random.get_state()
    random.seed(seed)
    np.random.seed(seed)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
