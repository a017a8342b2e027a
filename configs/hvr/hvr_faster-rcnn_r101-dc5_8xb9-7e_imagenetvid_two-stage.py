# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# ResNet-101 in place of ResNet-50, on ImageNet VID, from a converted SELSA.
_base_ = './hvr_faster-rcnn_r50-dc5_8xb9-7e_imagenetvid_two-stage.py'

model = dict(detector=dict(backbone=dict(depth=101)))
