# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# A backbone that is not cut after conv4: two of its outputs, at stride 16
# (triplets and RPN) and at stride 32 (RoI features).
_base_ = './hvr_faster-rcnn_r50-dc5_8xb9-7e_imagenetvid.py'

model = dict(
    triplet_level=0,
    rpn_levels=(0,),
    roi_levels=(1,),
    detector=dict(
        backbone=dict(
            _delete_=True,
            type='MobileNetV2',
            out_indices=(4, 7),
            norm_cfg=dict(type='BN', requires_grad=True),
            norm_eval=True,
            init_cfg=dict(
                type='Pretrained', checkpoint='mmcls://mobilenet_v2'
            ),
        ),
        rpn_head=dict(in_channels=96),
        roi_head=dict(
            feature_stage=None,
            feature_neck=dict(in_channels=[1280]),
            bbox_roi_extractor=dict(featmap_strides=[32]),
        ),
    ),
)
