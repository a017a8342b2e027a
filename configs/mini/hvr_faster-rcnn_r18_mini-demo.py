# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# The schedule of `make demo`: some minutes on two CPU cores. Batches of four
# videos in each of two processes: from scratch more updates on fewer videos
# learn more in the same time.
_base_ = './hvr_faster-rcnn_r18_mini.py'

max_iters = 1100
train_cfg = dict(max_iters=max_iters, val_interval=max_iters)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=False, begin=0, end=100),
    dict(
        type='CosineAnnealingLR',
        by_epoch=False,
        begin=100,
        end=max_iters,
        eta_min_ratio=0.01,
    ),
]

num_categories = 2
videos_per_category = 2
train_dataloader = dict(
    batch_size=num_categories * videos_per_category,
    batch_sampler=dict(
        num_categories=num_categories,
        videos_per_category=videos_per_category,
    ),
)
