# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# ResNet-101 in place of ResNet-50, from MMTracking's SELSA.
_base_ = './hvr_faster-rcnn_r50-dc5_8xb9-7e_imagenetvid_two-stage.py'

load_from = (
    'https://download.openmmlab.com/mmtracking/vid/selsa/'
    'selsa_faster_rcnn_r101_dc5_1x_imagenetvid/'
    'selsa_faster_rcnn_r101_dc5_1x_imagenetvid_20201218_172724-aa961bcc.pth'
)
model = dict(detector=dict(backbone=dict(depth=101)))
