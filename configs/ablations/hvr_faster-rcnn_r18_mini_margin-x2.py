# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# Lambda of eq. 6: twice as much.
_base_ = '../mini/hvr_faster-rcnn_r18_mini.py'

head = dict(loss_relation=dict(margin=1.0))
model = dict(detector=dict(roi_head=dict(bbox_head=head)))
