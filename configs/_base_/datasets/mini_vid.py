# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# The small made data set for HVR-Net: triplets of videos for training, a
# window of frames at test.
_base_ = './mini_digits.py'

dataset_type = 'TripletVideoDataset'
# K categories x N videos a batch, T frames a video: the paper's 3 x 3 x 3.
num_categories = 3
videos_per_category = 3
num_frames = 3
# Frames of the test window; a mini video has 16.
num_test_frames = 15

train_pipeline = [
    dict(type='LoadVideoFrames'),
    dict(
        type='TransformBroadcaster',
        share_random_params=True,
        transforms=[
            dict(type='LoadTrackAnnotations', with_instance_id=True),
            dict(
                type='mmdet.Resize',
                scale={{_base_.img_scale}},
                keep_ratio=True,
            ),
            # No flip: a mirrored digit is not that digit any more.
        ],
    ),
    dict(type='PackTrackInputs', meta_keys=('video_label',)),
]
test_pipeline = [
    dict(type='LoadVideoFrames'),
    dict(
        type='TransformBroadcaster',
        share_random_params=True,
        transforms=[
            dict(
                type='mmdet.Resize',
                scale={{_base_.img_scale}},
                keep_ratio=True,
            ),
            # After resizing: at test boxes stay in pixels of the file.
            dict(type='LoadTrackAnnotations', with_instance_id=True),
        ],
    ),
    dict(type='PackTrackInputs', meta_keys=('video_label',)),
]

train_dataloader = dict(
    batch_size=num_categories * videos_per_category,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    batch_sampler=dict(
        type='TripletVideoBatchSampler',
        num_categories=num_categories,
        videos_per_category=videos_per_category,
    ),
    dataset=dict(
        type=dataset_type,
        data_root={{_base_.data_root}},
        metainfo={{_base_.metainfo}},
        ann_file='annotations/imagenet_vid_train.json',
        data_prefix=dict(img_path='Data/VID'),
        filter_cfg=dict(filter_empty_gt=True, min_size=32),
        frame_sampler=dict(
            type='BilateralFrameSampler', num_frames=num_frames
        ),
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=2,
    persistent_workers=True,
    drop_last=False,
    # Whole videos to a process, in order: each frame is encoded once.
    sampler=dict(type='VideoSampler'),
    dataset=dict(
        type=dataset_type,
        data_root={{_base_.data_root}},
        metainfo={{_base_.metainfo}},
        ann_file='annotations/imagenet_vid_val.json',
        data_prefix=dict(img_path='Data/VID'),
        frame_sampler=dict(type='WindowFrameSampler', num_frames=1),
        pipeline=test_pipeline,
        test_mode=True,
    ),
)
test_dataloader = val_dataloader

# The loops put the windows together. With mode='exact' the test takes longer
# (docs/en/method.md).
window = dict(type='WindowFrameSampler', num_frames=num_test_frames)
val_cfg = dict(type='VideoValLoop', frame_sampler=window, mode='cached')
# A test prints its metrics with and without Seq-NMS.
test_cfg = dict(
    type='VideoTestLoop',
    frame_sampler=window,
    mode='cached',
    post_processor=dict(type='SeqNMS'),
)
