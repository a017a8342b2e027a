# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# HVR-Net on the small made data set.
_base_ = [
    '../_base_/models/hvr_faster-rcnn_r18-mini.py',
    '../_base_/datasets/mini_vid.py',
    '../_base_/schedules/mini.py',
    '../_base_/default_runtime_iter.py',
]
