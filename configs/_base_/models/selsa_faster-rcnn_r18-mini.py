# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# MMTracking's SELSA around the same detector as the single-frame baseline.
_base_ = './video_faster-rcnn_r18-dc5-mini.py'

model = dict(
    type='SELSA',
    detector=dict(
        roi_head=dict(
            type='mmtrack.SelsaRoIHead',
            bbox_roi_extractor=dict(type='mmtrack.SingleRoIExtractor'),
            bbox_head=dict(
                type='mmtrack.SelsaBBoxHead',
                num_shared_fcs=2,
                aggregator=dict(
                    type='mmtrack.SelsaAggregator',
                    in_channels=256,
                    num_attention_blocks=16,
                ),
            ),
        )
    ),
)
