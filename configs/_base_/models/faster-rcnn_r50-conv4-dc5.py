# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# MMDetection's Faster R-CNN with RPN on conv4 and RoI features from a
# dilated conv5 that is a module of its own (section 4.1 of the paper).
_base_ = 'mmdet::_base_/models/faster-rcnn_r50-caffe-c4.py'

pretrained = 'torchvision://resnet50'
norm_cfg = dict(type='BN', requires_grad=True)
model = dict(
    _scope_='mmdet',
    data_preprocessor=None,  # the video detector has its own
    backbone=dict(
        norm_cfg=norm_cfg,
        style='pytorch',
        init_cfg=dict(type='Pretrained', checkpoint=pretrained),
    ),
    rpn_head=dict(
        feat_channels=512,
        anchor_generator=dict(scales=[4, 8, 16, 32]),
        loss_bbox=dict(_delete_=True, type='SmoothL1Loss', beta=1.0 / 9.0),
    ),
    roi_head=dict(
        _delete_=True,
        type='HVRRoIHead',
        feature_stage=dict(
            type='ResNetStage',
            depth=50,
            norm_cfg=norm_cfg,
            style='pytorch',
            init_cfg=dict(
                type='Pretrained', checkpoint=pretrained, prefix='layer4'
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
            roi_layer=dict(type='RoIAlign', output_size=7, sampling_ratio=2),
            out_channels=256,
            featmap_strides=[16],
        ),
        bbox_head=dict(
            type='HVRBBoxHead',
            in_channels=256,
            roi_feat_size=7,
            fc_out_channels=1024,
            num_classes=30,
            intra=dict(type='IntraVideoRelation', num_modules=3, skip=True),
            inter=dict(
                type='PooledInterVideoRelation',
                num_modules=1,
                at_test='window',
            ),
            proposal_selector=dict(type='ProposalTripletSelector'),
            loss_relation=dict(
                type='RelationTripletLoss',
                margin=0.5,  # lambda of eq. 6, on unit vectors
                # gamma of eq. 5, which the paper does not name: the best on
                # the small data set (docs/en/record.md).
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
        # What lies in a crowd or an ignored box is no background.
        rpn=dict(assigner=dict(ignore_iof_thr=0.5)),
        rpn_proposal=dict(nms_pre=6000, max_per_img=600),
        # Proposals of support frames: as many as a target frame samples.
        support_proposal=dict(
            nms_pre=6000,
            max_per_img=128,
            nms=dict(type='nms', iou_threshold=0.7),
            min_bbox_size=0,
        ),
        rcnn=dict(assigner=dict(ignore_iof_thr=0.5), sampler=dict(num=128)),
    ),
    test_cfg=dict(
        rpn=dict(max_per_img=300),
        rcnn=dict(
            # MMTracking's thresholds, the same in every comparison.
            score_thr=0.0001,
            nms=dict(type='nms', iou_threshold=0.5),
            max_per_img=100,
        ),
    ),
)
