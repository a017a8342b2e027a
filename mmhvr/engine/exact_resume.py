# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""A resumed training goes on where it was, in the middle of an epoch too.

MMEngine reads all batches again that were trained on already, or, with loops
that count epochs, begins the epoch anew.
"""

from __future__ import annotations

import random
from itertools import islice
from typing import Any, Iterator, List

import numpy as np
import torch
from mmengine.dataset import InfiniteSampler
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.registry import HOOKS
from mmengine.runner import IterBasedTrainLoop
from torch.utils.data import DataLoader


class ShortenedOnce:
    """A batch sampler whose next pass begins later.

    What is skipped is drawn, but not loaded. Everything else is the batch
    sampler's.

    Args:
        batch_sampler: The batch sampler.
        skip: Batches to leave out.

    Example:
        >>> batches = ShortenedOnce([[0], [1], [2]], skip=2)
        >>> list(batches), list(batches)
        ([[2]], [[0], [1], [2]])
    """

    def __init__(self, batch_sampler: Any, skip: int) -> None:
        self.batch_sampler = batch_sampler
        self.skip = skip

    def __len__(self) -> int:
        """Batches of a whole pass."""
        return len(self.batch_sampler)

    def __iter__(self) -> Iterator[List[int]]:
        """Yield the batches of a pass.

        A pass begins with its first batch: a data loader with workers asks
        for an iterator twice, and uses the second.
        """
        skip, self.skip = self.skip, 0
        yield from islice(iter(self.batch_sampler), skip, None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.batch_sampler, name)


class Skipping:
    """What a loop reads batches from, which stands in for those of the past.

    Args:
        batches: The batches that are still to come.
        past: Batches that were trained on already: None in their place.
    """

    def __init__(self, batches: Iterator[Any], past: int) -> None:
        self.batches = batches
        self.past = past

    def __iter__(self) -> 'Skipping':
        return self

    def __next__(self) -> Any:
        if self.past:
            self.past -= 1
            return None
        return next(self.batches)


@HOOKS.register_module()
class ExactResumeHook(Hook):
    """Resumes a training as if it had not been interrupted.

    The batches are those that would have come. What is random in an
    iteration (which proposals are sampled, dropout) depends on the seed, the
    rank and the number of the iteration alone. With data sets whose samples
    do not depend on the process that loads them, as
    :class:`mmhvr.datasets.TripletVideoDataset`, the weights are the same as
    without the interruption, as far as the device computes the same twice.
    """

    # Behind DistSamplerSeedHook, which tells the sampler the epoch.
    priority = 'BELOW_NORMAL'

    def before_train_epoch(self, runner: Any) -> None:
        """Let the data loader begin at the next iteration's batch."""
        loop, loader = runner.train_loop, runner.train_dataloader
        if not runner.iter:
            return
        if not isinstance(loop, IterBasedTrainLoop):
            done = runner.iter - runner.epoch * len(loader)
            if 0 <= done <= len(loader):
                skip_batches(loader, done)
            else:  # with other processes, videos a batch, or data
                print_log(
                    'the checkpoint is of a training with another number of '
                    f'batches in an epoch than {len(loader)}: epoch '
                    f'{runner.epoch + 1} begins at its start',
                    logger='current',
                )
            return
        sampler = getattr(loader.batch_sampler, 'sampler', None)
        epoch, skip = divmod(runner.iter, len(loader))
        if isinstance(sampler, InfiniteSampler):
            epoch, skip = 0, runner.iter
        skip_batches(loader, skip)
        if sampler is not None and hasattr(sampler, 'set_epoch'):
            sampler.set_epoch(epoch)
        # Workers that persist would go on with the batch sampler of before.
        loader._iterator = None
        batches = type(loop.dataloader_iterator)(loader)
        batches._epoch = epoch
        loop.dataloader_iterator = Skipping(batches, runner.iter)

    def before_train_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None
    ) -> None:
        """Seed the iteration."""
        seed_iteration(runner.seed, runner.rank, runner.iter)


def skip_batches(loader: DataLoader, skip: int) -> None:
    """Let the next pass of a data loader begin after ``skip`` batches.

    Args:
        loader: The data loader.
        skip: How many.
    """
    if skip:
        # A data loader does not let its batch sampler be exchanged.
        object.__setattr__(
            loader, 'batch_sampler', ShortenedOnce(loader.batch_sampler, skip)
        )


def seed_iteration(seed: int, rank: int, iteration: int) -> None:
    """Seed ``random``, numpy and torch for an iteration.

    Args:
        seed: The run's.
        rank: The process.
        iteration: Its number, from 0.
    """
    words = np.random.SeedSequence([seed, rank, iteration]).generate_state(1)
    value = int(words[0])
    random.seed(value)
    np.random.seed(value)
    torch.manual_seed(value)
