# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# The same model on the 15 frames around each frame, in place of references
# from the whole video: for long videos and streams, in memory that stays flat.
_base_ = './hvr-selsa_faster-rcnn_r101-dc5_imagenetvid.py'

window = dict(_delete_=True, type='WindowFrameSampler', num_frames=15)
val_cfg = dict(frame_sampler=window)
test_cfg = dict(frame_sampler=window)
