# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Relations between proposals: eq. 2 and eq. 4."""

from .embedded_gaussian import EmbeddedGaussianRelation
from .functional import relate
from .inter_video import PooledInterVideoRelation, TripletInterVideoRelation
from .intra_video import IntraVideoRelation
from .linear_first import LinearFirstIntraRelation
from .multi_head import MultiHeadRelation

__all__ = [
    'EmbeddedGaussianRelation',
    'IntraVideoRelation',
    'LinearFirstIntraRelation',
    'MultiHeadRelation',
    'PooledInterVideoRelation',
    'TripletInterVideoRelation',
    'relate',
]
