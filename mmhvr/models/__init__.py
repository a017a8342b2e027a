# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""HVR-Net and its parts; importing this registers them."""

from .backbones import ResNetStage
from .losses import RelationTripletLoss, relation_triplet_loss
from .relations import (
    EmbeddedGaussianRelation,
    IntraVideoRelation,
    LinearFirstIntraRelation,
    MultiHeadRelation,
    PooledInterVideoRelation,
    TripletInterVideoRelation,
    relate,
)
from .roi_heads import HVRBBoxHead, HVRRoIHead
from .triplets import (
    ProposalTripletSelector,
    VideoMemory,
    VideoTripletSelector,
    select_proposal_triplets,
    select_video_triplet,
)
from .vid import HVRNet

__all__ = [
    'EmbeddedGaussianRelation',
    'HVRBBoxHead',
    'HVRNet',
    'HVRRoIHead',
    'IntraVideoRelation',
    'LinearFirstIntraRelation',
    'MultiHeadRelation',
    'PooledInterVideoRelation',
    'ProposalTripletSelector',
    'RelationTripletLoss',
    'ResNetStage',
    'TripletInterVideoRelation',
    'VideoMemory',
    'VideoTripletSelector',
    'relate',
    'relation_triplet_loss',
    'select_proposal_triplets',
    'select_video_triplet',
]
