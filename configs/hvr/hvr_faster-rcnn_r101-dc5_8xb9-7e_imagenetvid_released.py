# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# Preset: all choices of the authors' released code; docs/en/method.md has the
# table. conv1 to conv4 and RPN do not train, so it starts from a trained
# detector of the same layout.
_base_ = [
    '../_base_/models/hvr_faster-rcnn_r50-dc5.py',
    '../_base_/datasets/imagenet_vid_augmented.py',
    '../_base_/schedules/imagenet_7e.py',
    '../_base_/default_runtime.py',
]

load_from = (
    'work_dirs/hvr_faster-rcnn_r101-dc5_8xb9-7e_imagenetvid/epoch_7.pth'
)
relation = dict(out_proj=True, relu=True)
model = dict(
    type='ReleasedHVRNet',
    video_selector=dict(over_time='max', similarity='softmax', near_both=True),
    triplet_source='roi',
    supervise='triplet',
    support_ground_truth='target',
    frozen=['detector.rpn_head'],
    detector=dict(
        backbone=dict(depth=101, frozen_stages=3, init_cfg=None),
        roi_head=dict(
            feature_stage=dict(depth=101, init_cfg=None),
            bbox_head=dict(
                type='ReleasedHVRBBoxHead',
                intra=dict(type='MutualIntraVideoRelation', relation=relation),
                auxiliary=dict(after=2, loss_weight=1.0, at_test='averaged'),
                inter=dict(
                    type='PooledInterVideoRelation',
                    at_test='window',
                    relation=relation,
                ),
                proposal_selector=dict(type='ReleasedProposalTripletSelector'),
                loss_relation=dict(
                    margin=10.0,
                    loss_weight=1.0,
                    normalize=False,
                    distance='dot',
                ),
            ),
        ),
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
window = dict(_delete_=True, type='ShuffledFrameSampler', num_frames=21)
val_cfg = dict(frame_sampler=window, mode='exact')
test_cfg = dict(frame_sampler=window, mode='exact')
optim_wrapper = dict(optimizer=dict(lr=0.0015))
