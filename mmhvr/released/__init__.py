# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What the authors' released code does otherwise than the paper.

Which line of the paper each part stands for: docs/en/method.md, "Paper,
released code, and the switch between them".
"""

from .frame_samplers import OffsetFrameSampler, ShuffledFrameSampler
from .frame_transforms import TrackMinIoURandomCrop
from .hvr_bbox_head import ReleasedHVRBBoxHead
from .hvrnet import ReleasedHVRNet
from .intra_video import ReleasedIntraVideoRelation
from .mutual_intra_video import MutualIntraVideoRelation
from .proposal_selector import ReleasedProposalTripletSelector

__all__ = [
    'MutualIntraVideoRelation',
    'OffsetFrameSampler',
    'ReleasedHVRBBoxHead',
    'ReleasedHVRNet',
    'ReleasedIntraVideoRelation',
    'ReleasedProposalTripletSelector',
    'ShuffledFrameSampler',
    'TrackMinIoURandomCrop',
]
