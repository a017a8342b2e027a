# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# The backbone of the paper's ablations: ResNet-101.
_base_ = './hvr_faster-rcnn_r50-dc5_8xb9-7e_imagenetvid.py'

pretrained = 'torchvision://resnet101'
model = dict(
    detector=dict(
        backbone=dict(depth=101, init_cfg=dict(checkpoint=pretrained)),
        roi_head=dict(
            feature_stage=dict(depth=101, init_cfg=dict(checkpoint=pretrained))
        ),
    )
)
