# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# Gamma of eq. 5: twenty times as much, the weight of the other losses.
_base_ = '../mini/hvr_faster-rcnn_r18_mini.py'

head = dict(loss_relation=dict(loss_weight=1.0))
model = dict(detector=dict(roi_head=dict(bbox_head=head)))
