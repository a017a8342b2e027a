# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# No second classifier in training, as the paper has it.
_base_ = '../mini/hvr_faster-rcnn_r18_mini.py'

model = dict(detector=dict(roi_head=dict(bbox_head=dict(auxiliary=None))))
