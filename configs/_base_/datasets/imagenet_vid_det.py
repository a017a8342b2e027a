# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# ImageNet VID and the still images of ImageNet DET of the same 30 classes,
# for training together; the rest is imagenet_vid.py. Beside its folders:
#
# data/ILSVRC
# |-- Data/DET/train                   images
# |-- Annotations/DET/train            XML, read by the converter
# |-- Lists                            DET_train_30classes.txt
# `-- annotations                      imagenet_det_30plus1cls.json
_base_ = './imagenet_vid.py'

train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='ConcatDataset',
        datasets=[
            dict(
                type={{_base_.dataset_type}},
                data_root={{_base_.data_root}},
                metainfo={{_base_.metainfo}},
                ann_file='annotations/imagenet_vid_train.json',
                data_prefix=dict(img_path='Data/VID'),
                filter_cfg=dict(filter_empty_gt=True, min_size=32),
                frame_sampler=dict(
                    type='BilateralFrameSampler',
                    num_frames={{_base_.num_frames}},
                ),
                pipeline={{_base_.train_pipeline}},
            ),
            dict(
                type={{_base_.dataset_type}},
                data_root={{_base_.data_root}},
                metainfo={{_base_.metainfo}},
                ann_file='annotations/imagenet_det_30plus1cls.json',
                data_prefix=dict(img_path='Data/DET'),
                filter_cfg=dict(filter_empty_gt=True, min_size=32),
                # Each image is a video that stands still.
                load_as_video=False,
                frame_sampler=dict(
                    type='BilateralFrameSampler',
                    num_frames={{_base_.num_frames}},
                ),
                pipeline={{_base_.train_pipeline}},
            ),
        ],
    )
)
