# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# MMDetection's Faster R-CNN on the dilated conv5 of the small ResNet-18: the
# single-frame baseline, and the detector of the SELSA baseline. Numbers that
# the small HVR-Net has too must stay equal to its own.
_base_ = 'mmdet::_base_/models/faster-rcnn_r50-caffe-dc5.py'

norm_cfg = dict(type='GN', num_groups=8, requires_grad=True)
model = dict(
    _scope_='mmdet',
    data_preprocessor=dict(
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        pad_size_divisor=16,
    ),
    backbone=dict(
        depth=18,
        base_channels=24,
        strides=(1, 2, 1, 1),
        frozen_stages=-1,
        norm_cfg=norm_cfg,
        norm_eval=False,
        style='pytorch',
        init_cfg=None,
    ),
    neck=dict(
        type='ChannelMapper',
        in_channels=[192],
        out_channels=64,
        kernel_size=3,
        norm_cfg=norm_cfg,
    ),
    rpn_head=dict(
        in_channels=64,
        feat_channels=96,
        anchor_generator=dict(
            scales=[2, 3, 4, 6], ratios=[0.6, 1.0, 1.6], strides=[8]
        ),
        loss_bbox=dict(_delete_=True, type='SmoothL1Loss', beta=1.0 / 9.0),
    ),
    roi_head=dict(
        bbox_roi_extractor=dict(
            roi_layer=dict(output_size=5, sampling_ratio=2),
            out_channels=64,
            featmap_strides=[8],
        ),
        bbox_head=dict(
            in_channels=64,
            roi_feat_size=5,
            fc_out_channels=256,
            num_classes=10,
            reg_class_agnostic=True,
            loss_bbox=dict(_delete_=True, type='SmoothL1Loss', beta=1.0),
        ),
    ),
    train_cfg=dict(
        # What lies in a crowd or an ignored box is no background.
        rpn=dict(assigner=dict(ignore_iof_thr=0.5), sampler=dict(num=64)),
        rpn_proposal=dict(nms_pre=500, max_per_img=100),
        rcnn=dict(assigner=dict(ignore_iof_thr=0.5), sampler=dict(num=32)),
    ),
    test_cfg=dict(
        rpn=dict(nms_pre=500, max_per_img=50),
        rcnn=dict(score_thr=0.0001, max_per_img=100),
    ),
)
