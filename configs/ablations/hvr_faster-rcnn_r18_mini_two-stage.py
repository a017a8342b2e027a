# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# HVR-Net from a trained SELSA (load_from=SELSA.pth, MMTracking's or that of
# hvr-selsa_faster-rcnn_r18_mini.py): it starts by detecting what that detects.
_base_ = '../mini/hvr-selsa_faster-rcnn_r18_mini.py'

model = dict(
    video_selector=dict(_delete_=True, type='VideoTripletSelector'),
    supervise='batch',
    memory=dict(type='VideoMemory', size=256, video_channels=192),
    detector=dict(
        roi_head=dict(
            bbox_head=dict(
                intra=dict(num_modules=3, skip=True, zero_start=1),
                inter=dict(
                    _delete_=True,
                    type='PooledInterVideoRelation',
                    relation=dict(out_proj=True),
                ),
                loss_relation=dict(
                    _delete_=True,
                    type='RelationTripletLoss',
                    margin=0.5,
                    loss_weight=0.05,  # gamma of eq. 5
                    normalize=True,
                ),
            )
        )
    ),
)

max_iters = 750
train_cfg = dict(max_iters=max_iters, val_interval=max_iters)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=False, begin=0, end=100),
    dict(
        type='CosineAnnealingLR',
        by_epoch=False,
        begin=100,
        end=max_iters,
        eta_min_ratio=0.01,
    ),
]
