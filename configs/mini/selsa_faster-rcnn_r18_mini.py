# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# MMTracking's SELSA on the small made data set, with as many supervised
# frames an update (3) as HVR-Net: SELSA takes one video a step.
_base_ = [
    '../_base_/models/selsa_faster-rcnn_r18-mini.py',
    '../_base_/datasets/mini_vid_selsa.py',
    '../_base_/schedules/mini.py',
    '../_base_/default_runtime_iter.py',
]

model = dict(
    detector=dict(
        roi_head=dict(
            type='mmtrack.SelsaRoIHead',
            bbox_roi_extractor=dict(type='mmtrack.SingleRoIExtractor'),
            bbox_head=dict(
                type='mmtrack.SelsaBBoxHead',
                num_shared_fcs=2,
                aggregator=dict(
                    type='mmtrack.SelsaAggregator',
                    in_channels=256,
                    num_attention_blocks=16,
                ),
            ),
        )
    )
)

max_iters = 4500  # steps; an update every third
train_cfg = dict(max_iters=max_iters, val_interval=max_iters)
optim_wrapper = dict(accumulative_counts=3)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=False, begin=0, end=300),
    dict(
        type='CosineAnnealingLR',
        by_epoch=False,
        begin=300,
        end=max_iters,
        eta_min_ratio=0.01,
    ),
]
