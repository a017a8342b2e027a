# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# SELSA as an HVRNet, ResNeXt-101 32x4d: the larger backbone of the paper.
_base_ = './hvr-selsa_faster-rcnn_x101-64x4d-dc5_imagenetvid.py'

pretrained = 'open-mmlab://resnext101_32x4d'
model = dict(
    detector=dict(
        backbone=dict(groups=32, init_cfg=dict(checkpoint=pretrained))
    )
)
