# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# Eq. 4 as printed: anchors relate to their own triplet; others, and all at
# test, to their two most similar fellows.
_base_ = '../mini/hvr_faster-rcnn_r18_mini.py'

head = dict(inter=dict(type='TripletInterVideoRelation'))
model = dict(detector=dict(roi_head=dict(bbox_head=head)))
