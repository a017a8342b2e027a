# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# Table 3, first row: all modules, no relation loss.
_base_ = '../mini/hvr_faster-rcnn_r18_mini.py'

head = dict(loss_relation=None)
model = dict(detector=dict(roi_head=dict(bbox_head=head)))
