# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# MMTracking's SELSA as an HVRNet, ResNeXt-101 64x4d: the backbone of the
# published weights.
_base_ = './hvr-selsa_faster-rcnn_r50-dc5_imagenetvid.py'

pretrained = 'open-mmlab://resnext101_64x4d'
model = dict(
    detector=dict(
        backbone=dict(
            type='ResNeXt',
            depth=101,
            groups=64,
            base_width=4,
            init_cfg=dict(checkpoint=pretrained),
        )
    )
)
