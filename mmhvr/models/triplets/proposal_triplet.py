# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Choosing proposal triplets within a video triplet (section 3.3, eq. 3).

Legend: N anchors, M candidates, C feature channels, P triplets found;
label num_classes = background.
"""

from typing import Optional, Tuple

import torch
import torch.nn.functional as F
from mmengine.registry import MODELS
from torch import Tensor, nn


def select_proposal_triplets(
    anchors: Tensor,
    anchor_labels: Tensor,
    candidates: Tensor,
    candidate_labels: Tensor,
    num_classes: int,
    exclude: Optional[Tensor] = None,
    background_negatives: bool = False,
) -> Tuple[Tensor, Tensor, Tensor]:
    """Find the hard positive and the hard negative of each anchor.

    By cosine similarity: the positive is the *least* similar candidate of
    the anchor's category, the negative the *most* similar candidate of
    another category.

    Args:
        anchors (Tensor): Features of the anchors, [N, C].
        anchor_labels (Tensor): int [N], in [0, num_classes].
        candidates (Tensor): Features to choose from, [M, C].
        candidate_labels (Tensor): int [M], in [0, num_classes].
        num_classes (int): Number of foreground categories; this label is
            the background.
        exclude (Tensor, optional): int [N], the index of each anchor among
            the candidates, or -1. An anchor is never its own positive. The
            released code does not exclude it. Defaults to None: no anchor
            is a candidate.
        background_negatives (bool): Let background candidates be negatives,
            as the released code does. Defaults to False.

    Returns:
        tuple[Tensor, Tensor, Tensor]: Indices of the anchors that have both
        (foreground ones only, ascending), of their positives and of their
        negatives, each long [P]; ties go to the lowest index.

    Example:
        >>> a = torch.tensor([[1., 0.]])
        >>> c = torch.tensor([[1., 0.], [0., 1.], [1., 1.], [1., 2.]])
        >>> select_proposal_triplets(a, torch.tensor([0]), c,
        ...                          torch.tensor([0, 0, 1, 1]), 2)
        (tensor([0]), tensor([1]), tensor([2]))
    """
    if len(candidates) == 0 or len(anchors) == 0:
        none = anchor_labels.new_zeros(0, dtype=torch.long)
        return none, none, none
    similarity = (
        F.normalize(anchors, dim=-1) @ F.normalize(candidates, dim=-1).T
    )
    same = anchor_labels[:, None] == candidate_labels[None]
    foreground = (candidate_labels != num_classes)[None]
    positive_mask = same & foreground
    negative_mask = ~same if background_negatives else ~same & foreground
    if exclude is not None:
        rows = (exclude >= 0).nonzero()[:, 0]
        positive_mask[rows, exclude[rows]] = False
        negative_mask[rows, exclude[rows]] = False
    positives = _first_argmax(-similarity, positive_mask)
    negatives = _first_argmax(similarity, negative_mask)
    found = (
        (anchor_labels != num_classes)
        & positive_mask.any(1)
        & negative_mask.any(1)
    ).nonzero()[:, 0]
    return found, positives[found], negatives[found]


def _first_argmax(values: Tensor, mask: Tensor) -> Tensor:
    """Lowest index of each row's largest value among those of the mask."""
    masked = values.masked_fill(~mask, -torch.inf)
    is_best = mask & (masked == masked.amax(1, keepdim=True))
    # argmax of integers returns any of several maxima; weighting by the
    # distance from the end makes the first one the only maximum.
    order = torch.arange(values.shape[1], 0, -1, device=values.device)
    return (is_best * order).argmax(1)


@MODELS.register_module()
class ProposalTripletSelector(nn.Module):
    """:func:`select_proposal_triplets` with its choices kept.

    Args:
        background_negatives (bool): Let background proposals be negatives,
            as the released code does. Defaults to False.
    """

    def __init__(self, background_negatives: bool = False) -> None:
        super().__init__()
        self.background_negatives = background_negatives

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
            exclude,
            self.background_negatives,
        )

    def vectors(self, features: Tensor) -> Tensor:
        """What is compared: one row a proposal."""
        return features


@MODELS.register_module()
class RandomProposalTripletSelector(ProposalTripletSelector):
    """Any positive and any negative of each anchor, to compare with.

    Draws from torch's generator, which a run seeds.
    """

    def vectors(self, features: Tensor) -> Tensor:
        """Noise: among vectors drawn alike each may be the most similar."""
        return torch.randn(len(features), 8, device=features.device)
