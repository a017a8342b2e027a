# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Choosing video triplets (eq. 1) and proposal triplets (eq. 3)."""

from .proposal_selectors import (
    AllProposalTripletSelector,
    ProposalTripletSelector,
    RandomProposalTripletSelector,
)
from .proposal_triplet import (
    all_proposal_triplets,
    nearest_foreground,
    select_proposal_triplets,
)
from .video_memory import VideoMemory
from .video_structures import TargetProposals, VideoVectors
from .video_triplet import (
    RandomVideoTripletSelector,
    VideoTripletSelector,
    find_companions,
    pool_videos,
    select_video_triplet,
)

__all__ = [
    'AllProposalTripletSelector',
    'ProposalTripletSelector',
    'RandomProposalTripletSelector',
    'RandomVideoTripletSelector',
    'TargetProposals',
    'VideoMemory',
    'VideoTripletSelector',
    'VideoVectors',
    'all_proposal_triplets',
    'find_companions',
    'nearest_foreground',
    'pool_videos',
    'select_proposal_triplets',
    'select_video_triplet',
]
