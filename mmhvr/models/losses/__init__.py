# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The relation loss: eq. 6."""

from .relation_triplet_loss import RelationTripletLoss, relation_triplet_loss

__all__ = ['RelationTripletLoss', 'relation_triplet_loss']
