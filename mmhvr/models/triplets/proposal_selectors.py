# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""How a config chooses proposal triplets.

Legend: N anchors, M candidates, C feature channels, P triplets found;
label num_classes = background.
"""

from typing import Optional, Tuple

import torch
from mmengine.registry import MODELS
from torch import Tensor, nn

from ..relations.embeddings import COMPARISONS
from .proposal_triplet import (
    SIMILARITIES,
    all_proposal_triplets,
    nearest_foreground,
    select_proposal_triplets,
)


@MODELS.register_module()
class ProposalTripletSelector(nn.Module):
    """:func:`select_proposal_triplets` with its choices kept.

    Args:
        background_negatives (bool): Let background proposals be negatives,
            as the released code does. Defaults to False.
        exclude_anchor (bool): An anchor is not its own positive. The
            released code lets it be. Defaults to True.
        background_anchors (bool): Give background anchors their two most
            similar foreground proposals in place of a positive and a
            negative, as the released code does. An inter-video relation of
            triplets relates them; they have no relation loss. Defaults to
            False.
        similarity (str): 'cosine' or 'dot', see
            :func:`select_proposal_triplets`. Defaults to 'cosine'.
        compare (str): Which features it compares, 'alpha' (section 3.3) or
            'embedding', see :func:`compared_features`. Defaults to 'alpha'.

    Attributes:
        many_per_anchor (bool): Whether an anchor may have several triplets.

    Raises:
        ValueError: ``similarity`` or ``compare`` is none of these.
    """

    many_per_anchor = False

    def __init__(
        self,
        background_negatives: bool = False,
        exclude_anchor: bool = True,
        background_anchors: bool = False,
        similarity: str = 'cosine',
        compare: str = 'alpha',
    ) -> None:
        super().__init__()
        for name, value, choices in (
            ('similarity', similarity, tuple(SIMILARITIES)),
            ('compare', compare, COMPARISONS),
        ):
            if value not in choices:
                raise ValueError(
                    f"{name} must be one of {choices}, got '{value}'."
                )
        self.background_negatives = background_negatives
        self.exclude_anchor = exclude_anchor
        self.background_anchors = background_anchors
        self.similarity = similarity
        self.compare = compare

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
        """See :func:`select_proposal_triplets`; no gradient passes.

        With ``background_anchors`` the triplets of
        :func:`nearest_foreground` follow.
        """
        features = (
            self.vectors(anchors),
            anchor_labels,
            self.vectors(candidates),
            candidate_labels,
            num_classes,
        )
        triplets = select_proposal_triplets(
            *features,
            exclude if self.exclude_anchor else None,
            self.background_negatives,
            self.similarity,
        )
        if not self.background_anchors:
            return triplets
        others = nearest_foreground(*features, self.similarity)
        anchor, first, second = map(torch.cat, zip(triplets, others))
        return anchor, first, second

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
    compare = 'alpha'

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
