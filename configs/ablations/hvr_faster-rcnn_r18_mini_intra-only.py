# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# Table 1, second row: intra-video relations alone.
_base_ = '../mini/hvr_faster-rcnn_r18_mini.py'

head = dict(inter=None, loss_relation=None)
model = dict(detector=dict(roi_head=dict(bbox_head=head)))
