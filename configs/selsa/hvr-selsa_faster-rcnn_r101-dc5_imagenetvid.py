# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# MMTracking's SELSA as an HVRNet, ResNet-101.
_base_ = './hvr-selsa_faster-rcnn_r50-dc5_imagenetvid.py'

pretrained = 'torchvision://resnet101'
model = dict(
    detector=dict(
        backbone=dict(depth=101, init_cfg=dict(checkpoint=pretrained))
    )
)
