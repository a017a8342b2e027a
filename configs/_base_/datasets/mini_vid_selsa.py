# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# The small made data set for MMTracking's SELSA, with MMTracking's own data
# set, in the way of its configs: two references for training, references over
# the whole video at test.
_base_ = './mini_digits.py'

dataset_type = 'ImagenetVIDDataset'
# As many frames as HVR-Net has in mini_vid.py: a target and two others for
# training, a target and 14 others at test.
num_ref_imgs = 2
num_test_ref_imgs = 14
# Frames before and after the target to draw references from: any of the video,
# as mini_vid.py does, since no mini video is that long.
frame_range = 1000

train_pipeline = [
    dict(
        type='TransformBroadcaster',
        share_random_params=True,
        transforms=[
            dict(type='LoadVideoFrames'),
            dict(type='LoadTrackAnnotations', with_instance_id=True),
            dict(
                type='mmdet.Resize',
                scale={{_base_.img_scale}},
                keep_ratio=True,
            ),
        ],
    ),
    dict(type='PackTrackInputs'),
]
test_pipeline = [
    dict(
        type='TransformBroadcaster',
        share_random_params=True,
        transforms=[
            dict(type='LoadVideoFrames'),
            dict(
                type='mmdet.Resize',
                scale={{_base_.img_scale}},
                keep_ratio=True,
            ),
        ],
    ),
    dict(type='PackTrackInputs', pack_single_img=False),
]

train_dataloader = dict(
    # The only batch size that MMTracking's SELSA takes.
    batch_size=1,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type=dataset_type,
        data_root={{_base_.data_root}},
        metainfo={{_base_.metainfo}},
        ann_file='annotations/imagenet_vid_train.json',
        data_prefix=dict(img_path='Data/VID'),
        filter_cfg=dict(filter_empty_gt=True, min_size=32),
        load_as_video=True,
        ref_img_sampler=dict(
            num_ref_imgs=num_ref_imgs,
            frame_range=frame_range,
            filter_key_img=True,
            method='bilateral_uniform',
        ),
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=2,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type='VideoSampler'),
    dataset=dict(
        type=dataset_type,
        data_root={{_base_.data_root}},
        metainfo={{_base_.metainfo}},
        ann_file='annotations/imagenet_vid_val.json',
        data_prefix=dict(img_path='Data/VID'),
        load_as_video=True,
        ref_img_sampler=dict(
            num_ref_imgs=num_test_ref_imgs,
            # This method asks that the range spans num_ref_imgs.
            frame_range=[-(num_test_ref_imgs // 2), num_test_ref_imgs // 2],
            method='test_with_adaptive_stride',
        ),
        pipeline=test_pipeline,
        test_mode=True,
    ),
)
test_dataloader = val_dataloader

val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
