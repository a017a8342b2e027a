# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Batches of any videos, for training that needs no categories in a batch."""

from __future__ import annotations

from typing import Any, Iterator, List

from mmtrack.registry import DATA_SAMPLERS
from torch.utils.data import BatchSampler, ConcatDataset


@DATA_SAMPLERS.register_module()
class RandomVideoBatchSampler(BatchSampler):
    """Key frames in the sampler's order, and new support frames each epoch.

    PyTorch's own batch sampler does not tell :class:`TripletVideoDataset`,
    whose support frames depend on seed and epoch, which epoch it is: each
    epoch would have the same ones.

    Args:
        sampler (DefaultSampler): MMEngine's, with ``seed`` and ``epoch``; its
            order is shuffled with ``shuffle=True``.
        batch_size (int): V, videos of a batch. A video may be in a batch
            twice, with two key frames.
        drop_last (bool): Leave a last batch of fewer videos out. Defaults to
            True.

    Raises:
        TypeError: The sampler has no epoch, or a data set cannot be told.

    Example:
        >>> train_dataloader = dict(
        ...     batch_size=9,
        ...     sampler=dict(type='DefaultSampler', shuffle=True),
        ...     batch_sampler=dict(type='RandomVideoBatchSampler'),
        ...     dataset=dict(type='TripletVideoDataset'))
    """

    def __init__(
        self, sampler: Any, batch_size: int, drop_last: bool = True
    ) -> None:
        super().__init__(sampler, batch_size, drop_last)
        self.sampler: Any = sampler
        if not (hasattr(sampler, 'epoch') and hasattr(sampler, 'seed')):
            raise TypeError(
                f'{type(sampler).__name__} has no epoch and seed, so every '
                'epoch would have the same support frames; use '
                "sampler=dict(type='DefaultSampler', shuffle=True)"
            )
        self._datasets = _parts(sampler.dataset)

    def __iter__(self) -> Iterator[List[int]]:
        """Yield the batches of the sampler's epoch."""
        # Runs when the loader asks for the first batch: after the workers
        # have started, before any of them gets an index of this epoch.
        for dataset in self._datasets:
            dataset.set_epoch(self.sampler.epoch, self.sampler.seed)
        return super().__iter__()


def _parts(dataset: Any) -> List[Any]:
    """Return the data sets of a concatenation, or the one."""
    if isinstance(dataset, ConcatDataset):
        return [part for child in dataset.datasets for part in _parts(child)]
    if not hasattr(dataset, 'set_epoch'):
        raise TypeError(
            f'RandomVideoBatchSampler needs a TripletVideoDataset or a '
            f'ConcatDataset of them, but got {type(dataset).__name__}'
        )
    return [dataset]
