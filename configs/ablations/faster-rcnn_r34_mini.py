# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# Table 6: another backbone, the single-frame detector beside it.
_base_ = '../mini/faster-rcnn_r18_mini.py'

model = dict(backbone=dict(depth=34))
