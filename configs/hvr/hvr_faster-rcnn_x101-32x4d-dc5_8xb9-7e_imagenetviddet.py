# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# The larger backbone of table 6: ResNeXt-101 32x4d.
_base_ = './hvr_faster-rcnn_r50-dc5_8xb9-7e_imagenetviddet.py'

pretrained = 'open-mmlab://resnext101_32x4d'
resnext = dict(depth=101, groups=32, base_width=4)
model = dict(
    detector=dict(
        backbone=dict(
            type='ResNeXt', init_cfg=dict(checkpoint=pretrained), **resnext
        ),
        roi_head=dict(
            feature_stage=dict(init_cfg=dict(checkpoint=pretrained), **resnext)
        ),
    )
)
