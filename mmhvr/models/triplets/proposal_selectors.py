# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""How a config chooses proposal triplets.

Legend: N anchors, M candidates, C feature channels, P triplets found;
label num_classes = background.
"""

from typing import Optional, Tuple

import torch
from mmengine.registry import MODELS
from torch import Tensor, nn

from .proposal_triplet import all_proposal_triplets, select_proposal_triplets


@MODELS.register_module()
class ProposalTripletSelector(nn.Module):
    """:func:`select_proposal_triplets` as a part of a config.

    Args:
        exclude_anchor (bool): An anchor is not its own positive. Defaults
            to True.

    Attributes:
        many_per_anchor (bool): Whether an anchor may have several triplets.
    """

    many_per_anchor = False

    def __init__(self, exclude_anchor: bool = True) -> None:
        super().__init__()
        self.exclude_anchor = exclude_anchor

    @torch.no_grad()
    def forward(
        self,
        anchors: Tensor,
        anchor_labels: Tensor,
        candidates: Tensor,
        candidate_labels: Tensor,
        num_classes: int,
        exclude: Optional[Tensor] = None,
    ) -> Tuple[Tensor, Tensor, Tensor]:
        """See :func:`select_proposal_triplets`; no gradient passes."""
        return select_proposal_triplets(
            self.vectors(anchors),
            anchor_labels,
            self.vectors(candidates),
            candidate_labels,
            num_classes,
            exclude if self.exclude_anchor else None,
        )

    def vectors(self, features: Tensor) -> Tensor:
        """Return what is compared: one row a proposal."""
        return features


@MODELS.register_module()
class RandomProposalTripletSelector(ProposalTripletSelector):
    """Any positive and any negative of each anchor, to compare with.

    Draws from torch's generator, which a run seeds.
    """

    def vectors(self, features: Tensor) -> Tensor:
        """Noise: among vectors drawn alike each may be the most similar."""
        return torch.randn(len(features), 8, device=features.device)


@MODELS.register_module()
class AllProposalTripletSelector(nn.Module):
    """All triplets there are, without a choice: table 2's "simple".

    See :func:`all_proposal_triplets`. Their number grows with the cube of
    that of the foreground proposals: about 200,000 with 3 x 32 of them.
    """

    many_per_anchor = True

    def forward(
        self,
        anchors: Tensor,
        anchor_labels: Tensor,
        candidates: Tensor,
        candidate_labels: Tensor,
        num_classes: int,
        exclude: Optional[Tensor] = None,
    ) -> Tuple[Tensor, Tensor, Tensor]:
        """See :func:`all_proposal_triplets`; the features do not matter."""
        return all_proposal_triplets(
            anchor_labels, candidate_labels, num_classes, exclude
        )
