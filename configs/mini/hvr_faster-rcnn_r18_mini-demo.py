# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# The schedule of `make demo`: a few minutes on two CPU cores. It goes on from
# the weights that come with this package, as one would from published ones.
# Four videos in each of two processes make an update.
_base_ = './hvr_faster-rcnn_r18_mini.py'

load_from = '{{ fileDirname }}/hvr_faster-rcnn_r18_mini.pth'

max_iters = 200
train_cfg = dict(max_iters=max_iters, val_interval=max_iters)
optim_wrapper = dict(optimizer=dict(lr=0.0001))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=False, begin=0, end=20),
    dict(
        type='CosineAnnealingLR',
        by_epoch=False,
        begin=20,
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
