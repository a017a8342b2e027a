# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# The same network and data without any relation: what the rest is worth.
_base_ = '../mini/hvr_faster-rcnn_r18_mini.py'

head = dict(
    intra=dict(num_modules=0), inter=None, loss_relation=None, auxiliary=None
)
model = dict(detector=dict(roi_head=dict(bbox_head=head)))
