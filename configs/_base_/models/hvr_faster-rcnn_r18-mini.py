# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# A small HVR-Net that two CPU cores train from scratch, around the same
# detector as the single-frame baseline: RPN, RoI head and the choice of videos
# read the dilated conv5.
_base_ = './video_faster-rcnn_r18-dc5-mini.py'

# From scratch the paper's literal sum learns slowly (docs/en/record.md); the
# released code's output projection, zero at the start, helps. Softer kernels
# at the start: a proposal listens to more than its nearest double.
relation = dict(out_proj=True, init_gain=0.4)
model = dict(
    type='HVRNet',
    video_selector=dict(type='VideoTripletSelector'),
    # Nine supervised frames an update, of nine videos.
    supervise='batch',
    # Halves the cost of an update.
    support_gradient=False,
    detector=dict(
        data_preprocessor=None,
        roi_head=dict(
            type='HVRRoIHead',
            bbox_head=dict(
                type='HVRBBoxHead',
                intra=dict(
                    type='IntraVideoRelation', num_modules=3, relation=relation
                ),
                inter=dict(type='PooledInterVideoRelation', relation=relation),
                proposal_selector=dict(type='ProposalTripletSelector'),
                loss_relation=dict(
                    type='RelationTripletLoss',
                    margin=0.5,
                    loss_weight=0.05,  # gamma of eq. 5
                    normalize=True,
                ),
                # Keeps what a proposal shows by itself telling.
                auxiliary=dict(after=0),
            ),
        ),
        train_cfg=dict(
            support_proposal=dict(
                nms_pre=500,
                max_per_img=16,
                nms=dict(type='nms', iou_threshold=0.7),
                min_bbox_size=0,
            )
        ),
    ),
)
