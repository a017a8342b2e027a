# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The released code's choice of proposal triplets.

Legend: N anchors, M candidates, C feature channels, P triplets found;
label num_classes = background.
"""

from typing import Optional, Tuple

import torch
from mmengine.registry import MODELS
from torch import Tensor

from ..models.triplets.proposal_selectors import ProposalTripletSelector
from ..models.triplets.proposal_triplet import (
    SIMILARITIES,
    first_argmax,
    select_proposal_triplets,
)


def nearest_foreground(
    anchors: Tensor,
    anchor_labels: Tensor,
    candidates: Tensor,
    candidate_labels: Tensor,
    num_classes: int,
    similarity: str = 'cosine',
) -> Tuple[Tensor, Tensor, Tensor]:
    """Find the two most similar foreground candidates of background anchors.

    What the released code does with a proposal that shows no object.

    Args:
        anchors (Tensor): Features of the anchors, [N, C].
        anchor_labels (Tensor): int [N], in [0, num_classes].
        candidates (Tensor): Features to choose from, [M, C].
        candidate_labels (Tensor): int [M], in [0, num_classes].
        num_classes (int): See :func:`select_proposal_triplets`.
        similarity (str): See :func:`select_proposal_triplets`.

    Returns:
        tuple[Tensor, Tensor, Tensor]: Indices of the background anchors
        (ascending), of the most similar and of the second most similar
        foreground candidate, each long [P]; P = 0 if there are not two. Ties
        go to the lowest index.
    """
    rows = (anchor_labels == num_classes).nonzero()[:, 0]
    if int((candidate_labels != num_classes).sum()) < 2:
        rows = rows[:0]
    if len(rows) == 0:
        return rows, rows, rows
    similar = SIMILARITIES[similarity](anchors[rows], candidates)
    mask = (candidate_labels != num_classes)[None].repeat(len(rows), 1)
    first = first_argmax(similar, mask)
    mask = mask.scatter(1, first[:, None], False)
    return rows, first, first_argmax(similar, mask)


@MODELS.register_module()
class ReleasedProposalTripletSelector(ProposalTripletSelector):
    """:class:`ProposalTripletSelector` with the released code's choices.

    Args:
        exclude_anchor (bool): See the base class. Defaults to False.
        background_negatives (bool): Let background proposals be negatives.
            Defaults to True.
        background_anchors (bool): Give background anchors their two most
            similar foreground proposals in place of a positive and a
            negative (:func:`nearest_foreground`). An inter-video relation
            of triplets relates them; they have no relation loss. Defaults
            to True.
        similarity (str): 'cosine' or 'dot', see
            :func:`select_proposal_triplets`. Defaults to 'dot'.

    Raises:
        ValueError: ``similarity`` is none of these.
    """

    def __init__(
        self,
        exclude_anchor: bool = False,
        background_negatives: bool = True,
        background_anchors: bool = True,
        similarity: str = 'dot',
    ) -> None:
        super().__init__(exclude_anchor)
        if similarity not in SIMILARITIES:
            raise ValueError(
                f'similarity must be one of {tuple(SIMILARITIES)}, got '
                f"'{similarity}'."
            )
        self.background_negatives = background_negatives
        self.background_anchors = background_anchors
        self.similarity = similarity

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
        """See the base class; triplets of background anchors come last."""
        features = (
            anchors,
            anchor_labels,
            candidates,
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
