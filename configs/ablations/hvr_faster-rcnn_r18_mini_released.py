# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# All choices of the released code, as configs/hvr/*_released.py, on the small
# data set. From scratch: nothing is frozen, learning rate, augmentation and
# gamma are those of the small configs.
_base_ = '../mini/hvr_faster-rcnn_r18_mini.py'

relation = dict(_delete_=True, out_proj=True, relu=True)
head = dict(
    type='ReleasedHVRBBoxHead',
    intra=dict(type='MutualIntraVideoRelation', relation=relation),
    auxiliary=dict(after=2, loss_weight=1.0, at_test='averaged'),
    inter=dict(relation=relation),
    proposal_selector=dict(type='ReleasedProposalTripletSelector'),
    loss_relation=dict(margin=10.0, normalize=False, distance='dot'),
)
model = dict(
    type='ReleasedHVRNet',
    video_selector=dict(
        type='VideoTripletSelector',
        over_time='max',
        similarity='softmax',
        near_both=True,
    ),
    triplet_source='roi',
    supervise='triplet',
    support_gradient=True,
    support_ground_truth='target',
    detector=dict(
        roi_head=dict(bbox_head=head),
        test_cfg=dict(
            rcnn=dict(
                score_thr=0.001, nms=dict(iou_threshold=0.3), max_per_img=300
            )
        ),
    ),
)
train_dataloader = dict(
    dataset=dict(
        frame_sampler=dict(
            _delete_=True,
            type='OffsetFrameSampler',
            num_frames=3,
            max_offset=1000,
        )
    )
)
# 15 frames as its base, of a mini video's 16.
window = dict(_delete_=True, type='ShuffledFrameSampler', num_frames=15)
val_cfg = dict(frame_sampler=window, mode='exact')
test_cfg = dict(frame_sampler=window, mode='exact')
