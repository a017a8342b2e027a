# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# The single-frame baseline: stock mmdet Faster R-CNN, nine supervised
# frames an update as HVR-Net.
_base_ = [
    '../_base_/models/faster-rcnn_r18-dc5-mini.py',
    '../_base_/datasets/mini_det.py',
    '../_base_/schedules/mini.py',
    '../_base_/default_runtime_iter.py',
]
