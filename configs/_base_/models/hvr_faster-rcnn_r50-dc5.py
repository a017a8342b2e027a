# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# HVR-Net for ImageNet VID, whole: Faster R-CNN with ResNet-50, whose conv4
# RPN and the choice of videos read, and whose dilated conv5 the RoI head reads
# (section 4.1 of the paper). A child names only what it changes, under
# model.detector as in an MMTracking config.
model = dict(
    type='HVRNet',
    data_preprocessor=dict(
        type='TrackDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        pad_size_divisor=16,
    ),
    # Eq. 1: which videos make a triplet, and which of them are supervised.
    video_selector=dict(type='VideoTripletSelector'),
    supervise='triplet',
    detector=dict(
        type='FasterRCNN',
        _scope_='mmdet',
        data_preprocessor=None,  # the video detector has its own
        # conv1 to conv4; conv5 is feature_stage of the RoI head.
        backbone=dict(
            type='ResNet',
            depth=50,
            num_stages=3,
            strides=(1, 2, 2),
            dilations=(1, 1, 1),
            out_indices=(2,),
            frozen_stages=1,
            norm_cfg=dict(type='BN', requires_grad=True),
            norm_eval=True,
            style='pytorch',
            init_cfg=dict(
                type='Pretrained', checkpoint='torchvision://resnet50'
            ),
        ),
        rpn_head=dict(
            type='RPNHead',
            in_channels=1024,
            feat_channels=512,
            # Boxes of 64 to 512 pixels in three shapes.
            anchor_generator=dict(
                type='AnchorGenerator',
                scales=[4, 8, 16, 32],
                ratios=[0.5, 1.0, 2.0],
                strides=[16],
            ),
            bbox_coder=dict(
                type='DeltaXYWHBBoxCoder',
                target_means=[0.0, 0.0, 0.0, 0.0],
                target_stds=[1.0, 1.0, 1.0, 1.0],
            ),
            loss_cls=dict(
                type='CrossEntropyLoss', use_sigmoid=True, loss_weight=1.0
            ),
            loss_bbox=dict(type='SmoothL1Loss', beta=1.0 / 9.0),
        ),
        roi_head=dict(
            type='HVRRoIHead',
            feature_stage=dict(
                type='ResNetStage',
                depth=50,
                norm_cfg=dict(type='BN', requires_grad=True),
                style='pytorch',
                init_cfg=dict(
                    type='Pretrained',
                    checkpoint='torchvision://resnet50',
                    prefix='layer4',
                ),
            ),
            feature_neck=dict(
                type='ChannelMapper',
                in_channels=[2048],
                out_channels=256,
                kernel_size=3,
            ),
            bbox_roi_extractor=dict(
                type='SingleRoIExtractor',
                roi_layer=dict(
                    type='RoIAlign', output_size=7, sampling_ratio=2
                ),
                out_channels=256,
                featmap_strides=[16],
            ),
            bbox_head=dict(
                type='HVRBBoxHead',
                in_channels=256,
                roi_feat_size=7,
                fc_out_channels=1024,
                num_classes=30,
                # Eq. 2: proposals learn from other frames of their video.
                intra=dict(
                    type='IntraVideoRelation', num_modules=3, skip=True
                ),
                # Eq. 3: which proposals of the three videos make triplets.
                proposal_selector=dict(type='ProposalTripletSelector'),
                # Eq. 4: proposals learn from those of other videos.
                inter=dict(
                    type='PooledInterVideoRelation',
                    num_modules=1,
                    at_test='window',
                ),
                # Eq. 5 and 6.
                loss_relation=dict(
                    type='RelationTripletLoss',
                    margin=0.5,  # lambda of eq. 6, on unit vectors
                    # gamma of eq. 5, which the paper does not name: the best
                    # on the small data set (docs/en/record.md).
                    loss_weight=0.05,
                    normalize=True,
                ),
                reg_class_agnostic=True,
                bbox_coder=dict(
                    type='DeltaXYWHBBoxCoder',
                    target_means=[0.0, 0.0, 0.0, 0.0],
                    target_stds=[0.1, 0.1, 0.2, 0.2],
                ),
                loss_cls=dict(
                    type='CrossEntropyLoss', use_sigmoid=False, loss_weight=1.0
                ),
                loss_bbox=dict(type='SmoothL1Loss', beta=1.0, loss_weight=1.0),
            ),
        ),
        train_cfg=dict(
            rpn=dict(
                assigner=dict(
                    type='MaxIoUAssigner',
                    pos_iou_thr=0.7,
                    neg_iou_thr=0.3,
                    min_pos_iou=0.3,
                    match_low_quality=True,
                    # What lies in a crowd or an ignored box is no background.
                    ignore_iof_thr=0.5,
                ),
                sampler=dict(
                    type='RandomSampler',
                    num=256,
                    pos_fraction=0.5,
                    neg_pos_ub=-1,
                    add_gt_as_proposals=False,
                ),
                allowed_border=-1,
                pos_weight=-1,
                debug=False,
            ),
            # Proposals of target frames, of which rcnn.sampler takes 128.
            rpn_proposal=dict(
                nms_pre=6000,
                max_per_img=600,
                nms=dict(type='nms', iou_threshold=0.7),
                min_bbox_size=0,
            ),
            # Proposals of support frames: as many as a target frame samples.
            support_proposal=dict(
                nms_pre=6000,
                max_per_img=128,
                nms=dict(type='nms', iou_threshold=0.7),
                min_bbox_size=0,
            ),
            rcnn=dict(
                assigner=dict(
                    type='MaxIoUAssigner',
                    pos_iou_thr=0.5,
                    neg_iou_thr=0.5,
                    min_pos_iou=0.5,
                    match_low_quality=False,
                    ignore_iof_thr=0.5,
                ),
                sampler=dict(
                    type='RandomSampler',
                    num=128,
                    pos_fraction=0.25,
                    neg_pos_ub=-1,
                    add_gt_as_proposals=True,
                ),
                pos_weight=-1,
                debug=False,
            ),
        ),
        test_cfg=dict(
            rpn=dict(
                nms_pre=6000,
                max_per_img=300,
                nms=dict(type='nms', iou_threshold=0.7),
                min_bbox_size=0,
            ),
            rcnn=dict(
                # MMTracking's thresholds, the same in every comparison.
                score_thr=0.0001,
                nms=dict(type='nms', iou_threshold=0.5),
                max_per_img=100,
            ),
        ),
    ),
)
