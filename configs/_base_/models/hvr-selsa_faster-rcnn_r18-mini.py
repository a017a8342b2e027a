# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# HVRNet that computes what the small SELSA does, around the same detector.
_base_ = './video_faster-rcnn_r18-dc5-mini.py'

model = dict(
    type='HVRNet',
    video_selector=None,
    detector=dict(
        data_preprocessor=None,
        roi_head=dict(
            type='HVRRoIHead',
            bbox_head=dict(
                type='HVRBBoxHead',
                intra=dict(
                    type='LinearFirstIntraRelation',
                    num_modules=2,
                    relation=dict(type='MultiHeadRelation', num_heads=16),
                ),
                inter=None,
                loss_relation=None,
            ),
        ),
        train_cfg=dict(
            # References are proposed as at test.
            support_proposal=dict(
                nms_pre=500,
                max_per_img=50,
                nms=dict(type='nms', iou_threshold=0.7),
                min_bbox_size=0,
            )
        ),
    ),
)
