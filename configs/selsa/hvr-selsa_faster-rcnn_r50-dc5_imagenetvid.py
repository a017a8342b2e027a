# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# MMTracking's SELSA as an HVRNet, ResNet-50: the same detections from the same
# weights, in one pass a frame.
_base_ = [
    '../_base_/models/hvr-selsa_faster-rcnn_r50-dc5.py',
    '../_base_/datasets/imagenet_vid_det.py',
    '../_base_/schedules/imagenet_7e.py',
    '../_base_/default_runtime.py',
]

# One video of three frames a GPU, as MMTracking trains SELSA. The references
# come from the whole video, as in SELSA's paper (MMTracking: 9 frames around).
train_dataloader = dict(
    batch_size=1,
    num_workers=2,
    batch_sampler=dict(_delete_=True, type='RandomVideoBatchSampler'),
)

# 14 references over the whole video, as MMTracking tests SELSA. For a window
# around the frame: dict(type='WindowFrameSampler', num_frames=15).
window = dict(_delete_=True, type='ReferenceFrameSampler', num_frames=15)
val_cfg = dict(frame_sampler=window)
test_cfg = dict(frame_sampler=window)
auto_scale_lr = dict(base_batch_size=8)
