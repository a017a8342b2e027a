# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# Nine videos drawn at random an update; the other videos of their triplets
# may be any of the last 256.
_base_ = '../mini/hvr_faster-rcnn_r18_mini.py'

model = dict(
    memory=dict(type='VideoMemory', size=256, video_channels=192, proposals=32)
)
train_dataloader = dict(
    batch_size=9,
    batch_sampler=dict(_delete_=True, type='RandomVideoBatchSampler'),
)
