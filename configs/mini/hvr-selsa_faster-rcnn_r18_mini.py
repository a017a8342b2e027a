# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# MMTracking's SELSA as an HVRNet on the small made data set. Nine videos make
# an update, drawn at random: as many supervised frames as the others have.
_base_ = [
    '../_base_/models/hvr-selsa_faster-rcnn_r18-mini.py',
    '../_base_/datasets/mini_vid.py',
    '../_base_/schedules/mini.py',
    '../_base_/default_runtime_iter.py',
]

train_dataloader = dict(
    batch_size=9,
    batch_sampler=dict(_delete_=True, type='RandomVideoBatchSampler'),
)
# 14 references over the whole video, as MMTracking tests SELSA.
window = dict(_delete_=True, type='ReferenceFrameSampler', num_frames=15)
val_cfg = dict(frame_sampler=window)
test_cfg = dict(frame_sampler=window)
