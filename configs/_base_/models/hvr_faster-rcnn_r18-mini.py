# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# A small HVR-Net that two CPU cores train from scratch: ResNet-18 of half
# the width, stride 8, and 256 channels in place of 1024.
_base_ = './hvr_faster-rcnn_r50-dc5.py'

norm_cfg = dict(type='GN', num_groups=8, requires_grad=True)
model = dict(
    detector=dict(
        backbone=dict(
            depth=18,
            base_channels=32,
            strides=(1, 2, 1),
            frozen_stages=-1,
            norm_cfg=norm_cfg,
            norm_eval=False,
            init_cfg=None,
        ),
        rpn_head=dict(
            in_channels=128,
            feat_channels=128,
            anchor_generator=dict(
                scales=[2, 3, 4, 6], ratios=[0.6, 1.0, 1.6], strides=[8]
            ),
        ),
        roi_head=dict(
            feature_stage=dict(
                depth=18,
                base_channels=32,
                norm_cfg=norm_cfg,
                norm_eval=False,
                init_cfg=None,
            ),
            feature_neck=dict(in_channels=[256], out_channels=64),
            bbox_roi_extractor=dict(
                roi_layer=dict(output_size=5),
                out_channels=64,
                featmap_strides=[8],
            ),
            bbox_head=dict(
                in_channels=64,
                roi_feat_size=5,
                fc_out_channels=256,
                num_classes=10,
            ),
        ),
        train_cfg=dict(
            rpn=dict(sampler=dict(num=64)),
            rpn_proposal=dict(nms_pre=500, max_per_img=100),
            support_proposal=dict(nms_pre=500, max_per_img=32),
            rcnn=dict(sampler=dict(num=64)),
        ),
        test_cfg=dict(rpn=dict(nms_pre=500, max_per_img=50)),
    )
)
