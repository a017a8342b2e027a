# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# What all configs of the small made data set have in common.
data_root = 'data/mini/'
classes = (
    'zero',
    'one',
    'two',
    'three',
    'four',
    'five',
    'six',
    'seven',
    'eight',
    'nine',
)
metainfo = dict(CLASSES=classes)
# (long side, short side) in pixels at most: the size that a small network
# trains at in minutes without a GPU.
img_scale = (160, 96)

val_evaluator = dict(
    type='VIDMetric', ann_file=data_root + 'annotations/imagenet_vid_val.json'
)
test_evaluator = val_evaluator
