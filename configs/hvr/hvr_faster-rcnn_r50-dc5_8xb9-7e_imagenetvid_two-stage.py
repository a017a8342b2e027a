# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# Second stage of the two-stage recipe: the detector is MMTracking's SELSA's
# (RPN and RoI head both read conv5, behind a neck of 512 channels), comes from
# a checkpoint that tools/model_converters/selsa_to_hvr.py converted, and stays
# as it is; the box head and its relations train.
_base_ = './hvr_faster-rcnn_r50-dc5_8xb9-7e_imagenetvid.py'

# As the released code has it: so SELSA's is taken over. On the small data set
# HVR-Net goes 3.9 points further with it from a trained Faster R-CNN.
relation = dict(out_proj=True)
model = dict(
    frozen=['detector.neck', 'detector.rpn_head'],
    detector=dict(
        backbone=dict(
            num_stages=4,
            out_indices=(3,),
            strides=(1, 2, 2, 1),
            dilations=(1, 1, 1, 2),
            frozen_stages=4,
            init_cfg=None,
        ),
        neck=dict(
            type='ChannelMapper',
            in_channels=[2048],
            out_channels=512,
            kernel_size=3,
        ),
        rpn_head=dict(in_channels=512),
        roi_head=dict(
            feature_stage=None,
            feature_neck=None,
            bbox_roi_extractor=dict(out_channels=512),
            bbox_head=dict(
                in_channels=512,
                bbox_coder=dict(target_stds=[0.2, 0.2, 0.2, 0.2]),
                intra=dict(relation=relation),
                inter=dict(relation=relation),
            ),
        ),
    ),
)
# The released code's learning rate after SELSA.
optim_wrapper = dict(optimizer=dict(lr=0.0015))
