# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# ImageNet VID with the released code's augmentation, drawn for each frame of
# a video by itself; the rest is imagenet_vid.py.
_base_ = './imagenet_vid.py'

train_pipeline = [
    dict(type='LoadVideoFrames'),
    dict(
        type='TransformBroadcaster',
        share_random_params=False,
        transforms=[
            dict(type='LoadTrackAnnotations', with_instance_id=True),
            dict(type='mmdet.PhotoMetricDistortion'),
            dict(
                type='mmdet.Expand',
                mean=[123.675, 116.28, 103.53],
                to_rgb=True,
                ratio_range=(1, 2),
            ),
            dict(type='TrackMinIoURandomCrop'),
            dict(
                type='mmdet.Resize',
                scale={{_base_.img_scale}},
                keep_ratio=True,
            ),
            dict(type='RandomFlip', prob={{_base_.flip_prob}}),
        ],
    ),
    # The frames of a video now differ in size.
    dict(type='PadVideoFrames'),
    dict(type='PackTrackInputs', meta_keys=('video_label',)),
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
