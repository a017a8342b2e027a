# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# Table 6: another backbone.
_base_ = '../mini/hvr_faster-rcnn_r18_mini.py'

model = dict(detector=dict(backbone=dict(depth=34)))
