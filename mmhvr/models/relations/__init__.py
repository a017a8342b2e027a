# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Relations between proposals: eq. 2 and eq. 4."""

from .attention_weights import frame_weights, window_attention
from .embedded_gaussian import EmbeddedGaussianRelation
from .functional import (
    relate,
    relate_heads,
    relate_parts,
    relation_weights,
)
from .inter_video import (
    BaseInterVideoRelation,
    PooledInterVideoRelation,
    TripletInterVideoRelation,
)
from .intra_video import IntraVideoRelation
from .linear_first import LinearFirstIntraRelation
from .multi_head import MultiHeadRelation

__all__ = [
    'BaseInterVideoRelation',
    'EmbeddedGaussianRelation',
    'IntraVideoRelation',
    'LinearFirstIntraRelation',
    'MultiHeadRelation',
    'PooledInterVideoRelation',
    'TripletInterVideoRelation',
    'frame_weights',
    'relate',
    'relate_heads',
    'relate_parts',
    'relation_weights',
    'window_attention',
]
