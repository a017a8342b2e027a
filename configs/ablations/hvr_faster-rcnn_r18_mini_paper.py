# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# The paper to the letter, as configs/hvr/*_paper.py, on the small data set,
# with the gamma of the small configs.
_base_ = '../mini/hvr_faster-rcnn_r18_mini.py'

# No scaling, no projection; the kernel starts as that of the features.
relation = dict(_delete_=True, scaled=False)
head = dict(
    intra=dict(relation=relation),
    inter=dict(
        type='TripletInterVideoRelation',
        without_triplet='nearest',
        relation=relation,
    ),
    loss_relation=dict(margin=1.0, normalize=False),
    auxiliary=None,
)
model = dict(
    supervise='target',
    support_gradient=True,
    detector=dict(roi_head=dict(bbox_head=head)),
)
