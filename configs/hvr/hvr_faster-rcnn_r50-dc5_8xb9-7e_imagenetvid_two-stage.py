# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# HVR-Net from the SELSA that MMTracking publishes. It starts by detecting what
# that SELSA detects: the third module with the skip connection and the
# inter-video relation add nothing at first. The box head and its relations
# train; backbone, neck and RPN stay as they are, as in the released code.
_base_ = '../selsa/hvr-selsa_faster-rcnn_r50-dc5_imagenetvid_window.py'

load_from = (
    'https://download.openmmlab.com/mmtracking/vid/selsa/'
    'selsa_faster_rcnn_r50_dc5_1x_imagenetvid/'
    'selsa_faster_rcnn_r50_dc5_1x_imagenetvid_20201227_204835-2f5a4952.pth'
)
model = dict(
    video_selector=dict(_delete_=True, type='VideoTripletSelector'),
    # Nine videos drawn at random an update, each the target of a triplet with
    # two of the last 256 videos.
    supervise='batch',
    memory=dict(type='VideoMemory', size=256, video_channels=2048),
    frozen=['detector.neck', 'detector.rpn_head'],
    detector=dict(
        backbone=dict(frozen_stages=4, init_cfg=None),
        roi_head=dict(
            bbox_head=dict(
                intra=dict(num_modules=3, skip=True, zero_start=1),
                inter=dict(
                    _delete_=True,
                    type='PooledInterVideoRelation',
                    relation=dict(out_proj=True),
                ),
                loss_relation=dict(
                    _delete_=True,
                    type='RelationTripletLoss',
                    margin=0.5,
                    loss_weight=0.05,  # gamma of eq. 5
                    normalize=True,
                ),
            )
        ),
    ),
)
train_dataloader = dict(batch_size=9, num_workers=4)
# The released code's learning rate after SELSA.
optim_wrapper = dict(optimizer=dict(lr=0.0015))
auto_scale_lr = dict(base_batch_size=72)

# The paper's window.
val_cfg = dict(frame_sampler=dict(num_frames=31))
test_cfg = dict(frame_sampler=dict(num_frames=31))
