# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# Table 4: three intra-video modules and two inter-video modules.
_base_ = '../mini/hvr_faster-rcnn_r18_mini.py'

head = dict(inter=dict(num_modules=2))
model = dict(detector=dict(roi_head=dict(bbox_head=head)))
