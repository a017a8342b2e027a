# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# Table 2, "simple": random videos and all proposals. The inter-video relation
# reads all of them in every config; here the relation loss does, too.
_base_ = '../mini/hvr_faster-rcnn_r18_mini.py'

head = dict(proposal_selector=dict(type='AllProposalTripletSelector'))
model = dict(
    video_selector=dict(type='RandomVideoTripletSelector'),
    detector=dict(roi_head=dict(bbox_head=head)),
)
