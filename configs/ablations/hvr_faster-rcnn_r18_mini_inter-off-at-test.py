# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# Section 4.2: the inter-video relation off at test. It trains as its base
# does: tests of one checkpoint need --cfg-options alone (README).
_base_ = '../mini/hvr_faster-rcnn_r18_mini.py'

head = dict(inter=dict(at_test='off'))
model = dict(detector=dict(roi_head=dict(bbox_head=head)))
