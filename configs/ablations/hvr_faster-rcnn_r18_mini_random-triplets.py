# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# Table 2, another control: random videos instead of the hard ones, and random
# proposal triplets for the relation loss.
_base_ = '../mini/hvr_faster-rcnn_r18_mini.py'

head = dict(proposal_selector=dict(type='RandomProposalTripletSelector'))
model = dict(
    video_selector=dict(type='RandomVideoTripletSelector'),
    detector=dict(roi_head=dict(bbox_head=head)),
)
