# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Batches of K x N videos outside a training."""

from typing import Optional

from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from torch.utils.data import DataLoader


def triplet_batches(
    cfg: Config,
    seed: int = 0,
    test_videos: bool = True,
    small_categories: Optional[str] = None,
) -> DataLoader:
    """Return the batches that a seed draws, loaded in this process.

    The paper's 3 x 3, if the config trains on any videos.

    Args:
        cfg: An HVR-Net's; it is not changed.
        seed: Of the batches and support frames.
        test_videos: Of the test's videos, any frame of which may be a
            target; otherwise of those of training (of VID and DET the
            videos).
        small_categories: What becomes of categories of fewer than N test
            videos, see :class:`mmhvr.datasets.TripletVideoBatchSampler`;
            by default what the config says.

    Raises:
        ValueError: If no batch can be drawn from the data.
    """
    loader = cfg.train_dataloader.copy()
    # VID and DET together: the videos come first.
    parts = loader.dataset.get('datasets')
    loader.dataset = dict(parts[0] if parts else loader.dataset)
    if 'num_categories' not in (loader.get('batch_sampler') or {}):
        loader.batch_size = 9
        loader.batch_sampler = dict(
            type='TripletVideoBatchSampler',
            num_categories=3,
            videos_per_category=3,
        )
    if test_videos:
        test = cfg.test_dataloader.dataset
        for key in ('data_root', 'ann_file', 'data_prefix', 'metainfo'):
            if key in test:
                loader.dataset[key] = test[key]
        # Test videos have no key frames: any frame may be a target.
        loader.dataset['test_mode'] = True
        if small_categories is not None:
            loader.batch_sampler = dict(
                loader.batch_sampler, small_categories=small_categories
            )
    loader.update(num_workers=0, persistent_workers=False)
    with DefaultScope.overwrite_default_scope('mmtrack'):
        return Runner.build_dataloader(loader, seed=seed)
