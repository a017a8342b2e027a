# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# ImageNet VID for HVR-Net: triplets of videos for training, a window of
# frames at test.
#
# data/ILSVRC
# |-- Data/VID/{train,val}             images
# |-- Annotations/VID/{train,val}      XML, read by the converter
# |-- Lists                            VID_train_15frames.txt,
# |                                    VID_val_videos.txt
# `-- annotations                      imagenet_vid_{train,val}.json
dataset_type = 'TripletVideoDataset'
data_root = 'data/ILSVRC/'
# In the order of the annotation file's categories.
classes = (
    'airplane',
    'antelope',
    'bear',
    'bicycle',
    'bird',
    'bus',
    'car',
    'cattle',
    'dog',
    'domestic_cat',
    'elephant',
    'fox',
    'giant_panda',
    'hamster',
    'horse',
    'lion',
    'lizard',
    'monkey',
    'motorcycle',
    'rabbit',
    'red_panda',
    'sheep',
    'snake',
    'squirrel',
    'tiger',
    'train',
    'turtle',
    'watercraft',
    'whale',
    'zebra',
)
metainfo = dict(CLASSES=classes)

# K categories x N videos a batch, T frames a video: section 4 of the paper.
num_categories = 3
videos_per_category = 3
num_frames = 3
# Frames of the test window, the best row of table 5 of the paper.
num_test_frames = 31
# Short side 600 and long side at most 1000 pixels, as the released code.
img_scale = (1000, 600)
# Chance of a mirrored sample, the same for all frames of a video.
flip_prob = 0.5

train_pipeline = [
    dict(type='LoadVideoFrames'),
    dict(
        type='TransformBroadcaster',
        share_random_params=True,
        transforms=[
            dict(type='LoadTrackAnnotations', with_instance_id=True),
            dict(type='mmdet.Resize', scale=img_scale, keep_ratio=True),
            dict(type='RandomFlip', prob=flip_prob),
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
            dict(type='mmdet.Resize', scale=img_scale, keep_ratio=True),
            # After resizing: at test boxes stay in pixels of the file.
            dict(type='LoadTrackAnnotations', with_instance_id=True),
        ],
    ),
    dict(type='PackTrackInputs', meta_keys=('video_label',)),
]

train_dataloader = dict(
    batch_size=num_categories * videos_per_category,
    # 27 images a batch to decode and resize.
    num_workers=8,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    batch_sampler=dict(
        type='TripletVideoBatchSampler',
        num_categories=num_categories,
        videos_per_category=videos_per_category,
    ),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        metainfo=metainfo,
        ann_file='annotations/imagenet_vid_train.json',
        data_prefix=dict(img_path='Data/VID'),
        # Frames without a box, or smaller than this many pixels, are no
        # targets.
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
        data_root=data_root,
        metainfo=metainfo,
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
test_cfg = dict(type='VideoTestLoop', frame_sampler=window, mode='cached')

val_evaluator = dict(
    type='VIDMetric', ann_file=data_root + 'annotations/imagenet_vid_val.json'
)
test_evaluator = val_evaluator
