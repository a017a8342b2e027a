# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# The small made data set frame by frame, for a single-frame detector of
# MMDetection: every frame of the training videos on its own.
_base_ = './mini_digits.py'

dataset_type = 'mmdet.CocoDataset'
# Supervised frames an update: as many as HVR-Net has, the target frames of all
# videos of its batch.
batch_size = 9

# Without a flip its meta keys are missing, so the packer is told what to keep.
meta_keys = ('img_id', 'img_path', 'ori_shape', 'img_shape', 'scale_factor')
train_pipeline = [
    dict(type='LoadVideoFrames'),
    dict(type='mmdet.LoadAnnotations', with_bbox=True),
    dict(type='mmdet.Resize', scale={{_base_.img_scale}}, keep_ratio=True),
    # No flip: a mirrored digit is not that digit any more.
    dict(type='mmdet.PackDetInputs', meta_keys=meta_keys),
]
test_pipeline = [
    dict(type='LoadVideoFrames'),
    dict(type='mmdet.Resize', scale={{_base_.img_scale}}, keep_ratio=True),
    # After resizing: at test boxes stay in pixels of the file.
    dict(type='mmdet.LoadAnnotations', with_bbox=True),
    dict(type='mmdet.PackDetInputs', meta_keys=meta_keys),
]

train_dataloader = dict(
    batch_size=batch_size,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type=dataset_type,
        data_root={{_base_.data_root}},
        metainfo={{_base_.metainfo}},
        ann_file='annotations/imagenet_vid_train.json',
        data_prefix=dict(img='Data/VID'),
        filter_cfg=dict(filter_empty_gt=True, min_size=32),
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=2,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type=dataset_type,
        data_root={{_base_.data_root}},
        metainfo={{_base_.metainfo}},
        ann_file='annotations/imagenet_vid_val.json',
        data_prefix=dict(img='Data/VID'),
        pipeline=test_pipeline,
        test_mode=True,
    ),
)
test_dataloader = val_dataloader

val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
