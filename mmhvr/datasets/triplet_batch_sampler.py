# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Batches of K categories x N videos, from which a triplet can be chosen."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

import numpy as np
from mmengine.dataset import DefaultSampler
from mmengine.dist import get_dist_info, sync_random_seed
from mmengine.logging import print_log
from mmtrack.registry import DATA_SAMPLERS
from torch.utils.data import BatchSampler, ConcatDataset

from .video_pool import VideoPool
from .video_records import NO_LABEL, VideoRecord

# Where no other category can give the negative video of a triplet.
ONE_CLASS = (
    'one category has no negative videos: train without triplets, each video '
    'for itself, with model.video_selector=None and, below '
    'train_dataloader, batch_sampler.num_categories=1, '
    'batch_sampler.videos_per_category=9 and batch_size=9 '
    '(docs/en/configs.md, "One class")'
)


@DATA_SAMPLERS.register_module()
class TripletVideoBatchSampler(BatchSampler):
    """Draw K categories and N videos of each, the target video first.

    A batch is drawn like this: K distinct categories, each equally likely, of
    which the first is the target's; N distinct videos of each, in proportion
    to their number of key frames; one key frame of each video, each equally
    likely. The proportion keeps the still images of ImageNet DET, which are
    fourteen times as many as the videos of ImageNet VID but have one key
    frame each where a video has fifteen, from filling the batches; half of
    what is drawn are stills then, and ``still_share`` sets another share.

    A video belongs to its main category alone. Where enough of them exist,
    the videos of the other categories hold no object of the target category
    at all; otherwise the main category decides alone.

    A batch is a list of data set indices: the target video, the other videos
    of its category, then the other categories one after another. It depends
    on (seed, epoch, rank) and its place in the epoch alone. The epoch is the
    wrapped sampler's, whose ``set_epoch`` mmengine calls, and is handed on to
    the data sets at the start of each pass.

    Args:
        sampler: The sampler that mmengine builds, ``DefaultSampler``. Gives
            data set, epoch and seed; its order of indices is not used.
        batch_size: K N.
        num_categories: K, at least 2: a negative video must exist. 1 is for
            training without triplets.
        videos_per_category: N, at least 2: a positive video must exist.
        seed: Seed of the draws. None: that of ``sampler``.
        num_batches: Batches of an epoch on each rank. None: key frames / (K N
            x number of ranks), at least 1.
        still_share: How many of the drawn videos are still images, 0 to 1,
            as far as a category has both. None: in proportion to the key
            frames.
        small_categories: What becomes of a category of fewer than N videos:
            'error'; 'leave_out'; or 'repeat': its videos, two at least, are
            drawn more than once for a batch, with key frames of their own.
            The log names the categories that are left out or repeated.

    Raises:
        TypeError: If the sampler has no epoch, or the data set is not made of
            ``TripletVideoDataset``.
        ValueError: If ``batch_size`` is not K N, K is below 1 or N below 2,
            there are too few categories or videos, or ``still_share`` or
            ``small_categories`` is none of these.
    """

    small_choices = ('error', 'leave_out', 'repeat')

    def __init__(
        self,
        sampler: DefaultSampler,
        batch_size: int,
        num_categories: int = 3,
        videos_per_category: int = 3,
        seed: Optional[int] = None,
        num_batches: Optional[int] = None,
        still_share: Optional[float] = None,
        small_categories: str = 'error',
    ) -> None:
        _check_sizes(batch_size, num_categories, videos_per_category)
        if still_share is not None and not 0 <= still_share <= 1:
            raise ValueError(
                f'still_share must be 0 to 1 or None, but is {still_share}'
            )
        if small_categories not in self.small_choices:
            raise ValueError(
                f'small_categories must be one of {self.small_choices}, got '
                f'{small_categories!r}'
            )
        self.still_share = still_share
        if num_batches is not None and num_batches < 1:
            raise ValueError(
                f'num_batches must be at least 1 or None, but is {num_batches}'
            )
        if not hasattr(sampler, 'epoch'):
            raise TypeError(
                f'{type(sampler).__name__} has no epoch, so every epoch would '
                "draw the same batches; use sampler=dict(type='DefaultSampler'"
                ', shuffle=True), which an iteration-based loop restarts too'
            )
        if seed is None:
            seed = getattr(sampler, 'seed', None)
        self.seed = sync_random_seed() if seed is None else seed
        self.sampler: DefaultSampler = sampler
        self.batch_size = batch_size
        self.drop_last = True
        self.num_categories = num_categories
        self.videos_per_category = videos_per_category
        self.rank, world_size = get_dist_info()

        self._datasets, self._videos = _collect(sampler.dataset)
        names = self._datasets[0].metainfo['CLASSES']
        pools = _pools(
            self._videos,
            len(names),
            videos_per_category,
            small_categories,
            names,
        )
        if len(pools) < num_categories:
            counts = ', '.join(
                f'{names[label]} {len(pool)}' for label, pool in pools.items()
            )
            remedy = 'lower num_categories (and batch_size), or add videos'
            raise ValueError(
                f'num_categories={num_categories}, but only {len(pools)} '
                f'categories have {videos_per_category} videos or more: '
                f'{counts or "none"}; '
                + (ONE_CLASS if len(pools) == 1 else remedy)
            )
        self._pools = pools
        self._labels = sorted(pools)
        # What pools are made of: key frames [V], still [V], boxes of [V, K].
        self._keys = np.array([len(v.key_indices) for v in self._videos])
        self._still = np.array([video.still for video in self._videos])
        self._has = np.zeros((len(self._videos), len(names)), bool)
        for number, video in enumerate(self._videos):
            self._has[number, list(video.labels)] = True
        self._drawn_pools: Dict[Tuple[int, int], List[VideoPool]] = {}
        key_frames = sum(
            int(self._keys[pool].sum()) for pool in pools.values()
        )
        self.num_batches = num_batches or max(
            1, key_frames // (batch_size * world_size)
        )

    def __len__(self) -> int:
        """Batches of an epoch on this rank, the same on every rank."""
        return self.num_batches

    def __iter__(self) -> Iterator[List[int]]:
        """Yield the batches of the sampler's epoch."""
        epoch = self.sampler.epoch
        # Runs when the loader asks for the first batch: after the workers
        # have started, before any of them gets an index of this epoch.
        for dataset in self._datasets:
            dataset.set_epoch(epoch, self.seed)
        rng = np.random.default_rng([self.seed, epoch, self.rank])
        for _ in range(self.num_batches):
            yield self._draw_batch(rng)

    def _draw_batch(self, rng: np.random.Generator) -> List[int]:
        """Draw one batch of data set indices."""
        categories = rng.choice(
            self._labels, self.num_categories, replace=False
        ).tolist()
        batch = []
        for category in categories:
            for video in self._draw_videos(rng, category, categories[0]):
                keys = self._videos[video].key_indices
                batch.append(keys[int(rng.integers(len(keys)))])
        return batch

    def _draw_videos(
        self, rng: np.random.Generator, category: int, target: int
    ) -> List[int]:
        """Draw N videos of a category."""
        number, pools = self.videos_per_category, self._pool(category, target)
        if len(pools) == 1:
            return pools[0].draw(rng, number)
        stills, moving = pools
        drawn = int(rng.binomial(number, self.still_share or 0.0))
        drawn = min(
            max(drawn, number - len(moving.videos)), len(stills.videos)
        )
        videos = stills.draw(rng, drawn) + moving.draw(rng, number - drawn)
        return rng.permutation(videos).tolist()

    def _pool(self, category: int, target: int) -> List[VideoPool]:
        """Videos of a category, without the target category if possible."""
        pair = (category, target)
        if pair not in self._drawn_pools:
            whole = np.array(self._pools[category])
            disjoint = whole[~self._has[whole, target]]
            few = len(disjoint) < self.videos_per_category
            if category == target:
                self._drawn_pools[pair] = self._split(whole)
            elif few or len(disjoint) == len(whole):
                self._drawn_pools[pair] = self._pool(category, category)
            else:
                self._drawn_pools[pair] = self._split(disjoint)
        return self._drawn_pools[pair]

    def _split(self, videos: np.ndarray) -> List[VideoPool]:
        """Return stills and other videos apart, if a share is set."""
        still = self._still[videos]
        parts = [videos[still], videos[~still]]
        few = len(videos) < self.videos_per_category
        if self.still_share is None or few or not all(map(len, parts)):
            parts = [videos]
        return [VideoPool(part, self._keys[part]) for part in parts]


def _check_sizes(
    batch_size: int, num_categories: int, videos_per_category: int
) -> None:
    """Raise a ValueError unless a batch of K N videos holds a triplet."""
    if num_categories < 1:
        raise ValueError(
            'num_categories (K) must be at least 2, since the negative video '
            'is of another category than the target, or 1 for training '
            f'without triplets, but is {num_categories}'
        )
    if videos_per_category < 2:
        raise ValueError(
            f'videos_per_category (N) must be at least 2, since the positive '
            f"video is another one of the target's category, but is "
            f'{videos_per_category}'
        )
    if batch_size != num_categories * videos_per_category:
        raise ValueError(
            f'batch_size must be num_categories x videos_per_category = '
            f'{num_categories} x {videos_per_category} = '
            f'{num_categories * videos_per_category}, but is {batch_size}; '
            'set batch_size of the data loader to it'
        )


def _collect(
    dataset: Any, offset: int = 0
) -> Tuple[List[Any], List[VideoRecord]]:
    """Look through concatenated data sets for their parts and videos.

    Args:
        dataset: A ``TripletVideoDataset`` or a concatenation of such.
        offset: Index of the data set's first sample.

    Returns:
        The parts, and all their videos with indices of the whole.
    """
    if isinstance(dataset, ConcatDataset):
        parts: List[Any] = []
        videos: List[VideoRecord] = []
        children: Sequence[Any] = dataset.datasets
        for child in children:
            more_parts, more_videos = _collect(child, offset)
            parts += more_parts
            videos += more_videos
            offset += len(child)
        return parts, videos
    if not hasattr(dataset, 'videos'):
        raise TypeError(
            f'TripletVideoBatchSampler needs a TripletVideoDataset or a '
            f'ConcatDataset of them, but got {type(dataset).__name__}; for a '
            'shorter epoch use its argument num_batches'
        )
    return [dataset], [
        record._replace(
            key_indices=tuple(offset + i for i in record.key_indices)
        )
        for record in dataset.videos()
    ]


def _pools(
    videos: Sequence[VideoRecord],
    num_classes: int,
    videos_per_category: int,
    small_categories: str,
    names: Sequence[str],
) -> Dict[int, List[int]]:
    """Group videos by main category and check that there are enough."""
    found: Dict[int, List[int]] = defaultdict(list)
    for number, video in enumerate(videos):
        if video.label != NO_LABEL:
            found[video.label].append(number)
    small = [
        label
        for label in range(num_classes)
        if len(found[label]) < videos_per_category
    ]
    counts = ', '.join(f'{names[i]} {len(found[i])}' for i in small)
    if small and small_categories == 'error':
        raise ValueError(
            f'videos_per_category={videos_per_category}, but these categories '
            f'have fewer videos: {counts}; lower videos_per_category (and '
            'batch_size), add videos, take them out of the class names, or '
            "set small_categories='leave_out' or 'repeat'"
        )
    least = 2 if small_categories == 'repeat' else videos_per_category
    if small:
        print_log(
            f'small_categories={small_categories!r}: categories of fewer than '
            f'{videos_per_category} videos: {counts}',
            logger='current',
        )
    return {
        label: found[label]
        for label in range(num_classes)
        if len(found[label]) >= least
    }
