# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# HVR-Net around the Faster R-CNN of the file below. A child changes the
# detector under model.detector, as it would in an MMTracking config.
_base_ = './faster-rcnn_r50-conv4-dc5.py'

model = dict(
    _delete_=True,
    type='HVRNet',
    data_preprocessor=dict(
        type='TrackDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        pad_size_divisor=16,
    ),
    video_selector=dict(type='VideoTripletSelector'),
    supervise='triplet',
    detector=_base_.model,
)
