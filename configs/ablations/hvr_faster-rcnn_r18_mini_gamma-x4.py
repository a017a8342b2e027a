# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# Gamma of eq. 5: four times as much.
_base_ = '../mini/hvr_faster-rcnn_r18_mini.py'

head = dict(loss_relation=dict(loss_weight=0.2))
model = dict(detector=dict(roi_head=dict(bbox_head=head)))
