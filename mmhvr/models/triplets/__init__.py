# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Choosing video triplets (eq. 1) and proposal triplets (eq. 3)."""

from .proposal_selectors import (
    AllProposalTripletSelector,
    ProposalTripletSelector,
    RandomProposalTripletSelector,
)
from .proposal_triplet import select_proposal_triplets
from .video_memory import VideoMemory
from .video_triplet import (
    RandomVideoTripletSelector,
    VideoTripletSelector,
    select_video_triplet,
)

__all__ = [
    'AllProposalTripletSelector',
    'ProposalTripletSelector',
    'RandomProposalTripletSelector',
    'RandomVideoTripletSelector',
    'VideoMemory',
    'VideoTripletSelector',
    'select_proposal_triplets',
    'select_video_triplet',
]
