# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# Lambda of eq. 6: half as much.
_base_ = '../mini/hvr_faster-rcnn_r18_mini.py'

head = dict(loss_relation=dict(margin=0.25))
model = dict(detector=dict(roi_head=dict(bbox_head=head)))
