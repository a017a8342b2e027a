# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# First stage of the small HVR-Net: the same network on single frames of nine
# videos a batch, without supports and triplets. The released code, too, starts
# from a trained detector.
_base_ = './hvr_faster-rcnn_r18_mini.py'

model = dict(
    video_selector=None,
    detector=dict(roi_head=dict(bbox_head=dict(loss_relation=None))),
)
train_dataloader = dict(
    batch_sampler=None,
    dataset=dict(
        frame_sampler=dict(
            _delete_=True, type='WindowFrameSampler', num_frames=1
        )
    ),
)
