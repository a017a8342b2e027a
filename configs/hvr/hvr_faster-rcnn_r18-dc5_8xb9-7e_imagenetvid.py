# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# A backbone swap within the family: depth and channels.
_base_ = './hvr_faster-rcnn_r50-dc5_8xb9-7e_imagenetvid.py'

pretrained = 'torchvision://resnet18'
model = dict(
    detector=dict(
        backbone=dict(depth=18, init_cfg=dict(checkpoint=pretrained)),
        rpn_head=dict(in_channels=256),
        roi_head=dict(
            feature_stage=dict(depth=18, init_cfg=dict(checkpoint=pretrained)),
            feature_neck=dict(in_channels=[512]),
        ),
    )
)
