# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# MMTracking's SELSA on the small made data set. It takes one video a step, so
# nine steps make an update of as many supervised frames as the others have.
_base_ = [
    '../_base_/models/selsa_faster-rcnn_r18-mini.py',
    '../_base_/datasets/mini_vid_selsa.py',
    '../_base_/schedules/mini.py',
    '../_base_/default_runtime_iter.py',
]

max_iters = 13500  # steps; an update every ninth
train_cfg = dict(max_iters=max_iters, val_interval=max_iters)
optim_wrapper = dict(accumulative_counts=9)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=False, begin=0, end=900),
    dict(
        type='CosineAnnealingLR',
        by_epoch=False,
        begin=900,
        end=max_iters,
        eta_min_ratio=0.01,
    ),
]
