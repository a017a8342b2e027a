# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# HVR-Net, ResNet-50, trained on ImageNet VID alone.
_base_ = [
    '../_base_/models/hvr_faster-rcnn_r50-dc5.py',
    '../_base_/datasets/imagenet_vid.py',
    '../_base_/schedules/imagenet_7e.py',
    '../_base_/default_runtime.py',
]
