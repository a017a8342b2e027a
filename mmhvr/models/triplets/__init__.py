# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Choosing video triplets (eq. 1) and proposal triplets (eq. 3)."""

from .proposal_triplet import (
    ProposalTripletSelector,
    RandomProposalTripletSelector,
    select_proposal_triplets,
)
from .video_triplet import (
    RandomVideoTripletSelector,
    VideoTripletSelector,
    pool_videos,
    select_video_triplet,
)

__all__ = [
    'ProposalTripletSelector',
    'RandomProposalTripletSelector',
    'RandomVideoTripletSelector',
    'VideoTripletSelector',
    'pool_videos',
    'select_proposal_triplets',
    'select_video_triplet',
]
