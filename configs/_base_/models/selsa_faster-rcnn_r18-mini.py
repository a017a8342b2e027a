# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# MMTracking's SELSA around the same detector as the single-frame baseline.
_base_ = './faster-rcnn_r18-dc5-mini.py'

model = dict(
    _delete_=True,
    type='SELSA',
    data_preprocessor=dict(
        type='TrackDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        pad_size_divisor=16,
    ),
    detector=_base_.model,
)
