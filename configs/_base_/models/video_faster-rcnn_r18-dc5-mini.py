# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# A video detector around the single-frame baseline. A child names its type and
# its RoI head; all else is the same for every method.
_base_ = './faster-rcnn_r18-dc5-mini.py'

model = dict(
    _delete_=True,
    data_preprocessor=dict(
        type='TrackDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        pad_size_divisor=16,
    ),
    detector=_base_.model,
)
