# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# A transformer with a feature pyramid: videos are compared by the stage of
# stride 16; RPN and RoI head read all levels of the pyramid.
_base_ = './hvr_faster-rcnn_r50-dc5_8xb9-7e_imagenetvid.py'

pretrained = 'https://github.com/SwinTransformer/storage/releases/download/v1.0.0/swin_tiny_patch4_window7_224.pth'  # noqa: E501
model = dict(
    triplet_level=2,
    detector=dict(
        backbone=dict(
            _delete_=True,
            type='SwinTransformer',
            embed_dims=96,
            depths=[2, 2, 6, 2],
            num_heads=[3, 6, 12, 24],
            window_size=7,
            drop_path_rate=0.2,
            convert_weights=True,
            init_cfg=dict(type='Pretrained', checkpoint=pretrained),
        ),
        neck=dict(
            type='FPN',
            in_channels=[96, 192, 384, 768],
            out_channels=256,
            num_outs=5,
        ),
        rpn_head=dict(
            in_channels=256,
            feat_channels=256,
            anchor_generator=dict(scales=[8], strides=[4, 8, 16, 32, 64]),
        ),
        roi_head=dict(
            feature_stage=None,
            feature_neck=None,
            bbox_roi_extractor=dict(featmap_strides=[4, 8, 16, 32]),
        ),
    ),
)

optim_wrapper = dict(
    optimizer=dict(
        _delete_=True,
        type='AdamW',
        lr=0.0001,
        betas=(0.9, 0.999),
        weight_decay=0.05,
    )
)
