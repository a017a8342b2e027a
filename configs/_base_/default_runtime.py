# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# Runtime settings that every config shares.
custom_imports = dict(imports=['mmhvr'], allow_failed_imports=False)
default_scope = 'mmtrack'

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50),
    param_scheduler=dict(type='ParamSchedulerHook'),
    # The last checkpoints of a run and the best one by VID mAP.
    checkpoint=dict(
        type='CheckpointHook',
        interval=1,
        max_keep_ckpts=3,
        save_best='vid/mAP50',
        rule='greater',
    ),
    # Tells the sampler, and through it the data sets, the epoch.
    sampler_seed=dict(type='DistSamplerSeedHook'),
    visualization=dict(type='TrackVisualizationHook', draw=False),
)

env_cfg = dict(
    # Image sizes differ from batch to batch, so timing convolutions does not
    # pay.
    cudnn_benchmark=False,
    # OpenCV's own threads would compete with the loader's processes.
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    # Without a GPU tools/train.py and tools/test.py take gloo instead.
    dist_cfg=dict(backend='nccl'),
)

# Fixes the weights, the batches and the augmentation of a run.
randomness = dict(seed=0)

vis_backends = [dict(type='LocalVisBackend')]
visualizer = dict(
    type='DetLocalVisualizer', vis_backends=vis_backends, name='visualizer'
)

log_processor = dict(type='LogProcessor', window_size=50, by_epoch=True)
log_level = 'INFO'
load_from = None
resume = False
