# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# HVRNet that computes what MMTracking's SELSA does: two relations of 16 heads
# between each shared linear layer and its ReLU, references that are not
# enhanced, RPN and RoI head on the dilated conv5, a box for each class.
_base_ = 'mmtrack::_base_/models/faster-rcnn_r50-dc5.py'

model = dict(
    type='HVRNet',
    video_selector=None,
    detector=dict(
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
            # What lies in a crowd or an ignored box is no background.
            rpn=dict(assigner=dict(ignore_iof_thr=0.5)),
            rcnn=dict(assigner=dict(ignore_iof_thr=0.5)),
            # References are proposed as at test.
            support_proposal=dict(
                nms_pre=6000,
                max_per_img=300,
                nms=dict(type='nms', iou_threshold=0.7),
                min_bbox_size=0,
            ),
        ),
    ),
)
