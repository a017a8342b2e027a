# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# One triplet a batch, as in the paper and the released code: the target frames
# of its three videos bear losses.
_base_ = '../mini/hvr_faster-rcnn_r18_mini.py'

model = dict(supervise='triplet')
