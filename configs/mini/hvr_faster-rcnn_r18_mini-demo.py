# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# The schedule of `make demo`: some minutes on two CPU cores.
_base_ = './hvr_faster-rcnn_r18_mini.py'

# A test window of 7 frames in place of 15: half the time of the test.
val_dataloader = dict(dataset=dict(frame_sampler=dict(num_frames=7)))
test_dataloader = val_dataloader

max_iters = 1000
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
