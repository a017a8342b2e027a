# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# Preset: the paper to the letter. What it does not name stays as in the base;
# docs/en/method.md has the table.
_base_ = './hvr_faster-rcnn_r101-dc5_8xb9-7e_imagenetviddet.py'

relation = dict(scaled=False)
model = dict(
    supervise='target',  # eq. 5: the target video bears the loss
    detector=dict(
        roi_head=dict(
            bbox_head=dict(
                intra=dict(relation=relation),
                # Eq. 4. Proposals without a triplet, as all are at test,
                # relate to their two most similar fellows.
                inter=dict(
                    type='TripletInterVideoRelation',
                    without_triplet='nearest',
                    relation=relation,
                ),
                # Eq. 6 with d on the features themselves. lambda and gamma
                # have no values in the paper.
                loss_relation=dict(
                    margin=1.0, loss_weight=1.0, normalize=False
                ),
            )
        )
    ),
)
