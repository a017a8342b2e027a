# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# 7 epochs over the key frames, as MMTracking trains its VID models.
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=7, val_interval=7)

# Beside the checkpoints of whole epochs: an interruption loses minutes, and
# --resume goes on in the middle of the epoch.
custom_hooks = [
    dict(
        type='CheckpointHook',
        by_epoch=False,
        interval=200,
        max_keep_ckpts=2,
        save_last=False,
    )
]

# One video triplet (three supervised frames) a GPU and 8 GPUs: the learning
# rate is MMTracking's for 8 GPUs of one supervised frame each.
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=0.01, momentum=0.9, weight_decay=0.0001),
    clip_grad=dict(max_norm=35, norm_type=2),
)
param_scheduler = [
    dict(
        type='LinearLR', start_factor=1.0 / 3, by_epoch=False, begin=0, end=500
    ),
    dict(
        type='MultiStepLR',
        begin=0,
        end=7,
        by_epoch=True,
        milestones=[2, 5],
        gamma=0.1,
    ),
]
# Scales the learning rate by (GPUs x videos) / 72 with --auto-scale-lr.
auto_scale_lr = dict(base_batch_size=72)
