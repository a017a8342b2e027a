# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Choosing proposal triplets within a video triplet (section 3.3, eq. 3).

Legend: N anchors, M candidates, C feature channels, P triplets found;
label num_classes = background.
"""

from typing import Callable, Dict, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor


def select_proposal_triplets(
    anchors: Tensor,
    anchor_labels: Tensor,
    candidates: Tensor,
    candidate_labels: Tensor,
    num_classes: int,
    exclude: Optional[Tensor] = None,
    background_negatives: bool = False,
    similarity: str = 'cosine',
) -> Tuple[Tensor, Tensor, Tensor]:
    """Find the hard positive and the hard negative of each anchor.

    By similarity: the positive is the *least* similar candidate of
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
        similarity (str): 'cosine', or 'dot' product, as the released code
            compares. Defaults to 'cosine'.

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
    similar = SIMILARITIES[similarity](anchors, candidates)
    same = anchor_labels[:, None] == candidate_labels[None]
    foreground = (candidate_labels != num_classes)[None]
    positive_mask = same & foreground
    negative_mask = ~same if background_negatives else ~same & foreground
    if exclude is not None:
        rows = (exclude >= 0).nonzero()[:, 0]
        positive_mask[rows, exclude[rows]] = False
        negative_mask[rows, exclude[rows]] = False
    positives = first_argmax(-similar, positive_mask)
    negatives = first_argmax(similar, negative_mask)
    found = (
        (anchor_labels != num_classes)
        & positive_mask.any(1)
        & negative_mask.any(1)
    ).nonzero()[:, 0]
    return found, positives[found], negatives[found]


def all_proposal_triplets(
    anchor_labels: Tensor,
    candidate_labels: Tensor,
    num_classes: int,
    exclude: Optional[Tensor] = None,
) -> Tuple[Tensor, Tensor, Tensor]:
    """Every triplet of an anchor, one of its category and one of another.

    Args:
        anchor_labels (Tensor): int [N], in [0, num_classes].
        candidate_labels (Tensor): int [M], in [0, num_classes].
        num_classes (int): See :func:`select_proposal_triplets`; background
            proposals take no part.
        exclude (Tensor, optional): See :func:`select_proposal_triplets`.

    Returns:
        tuple[Tensor, Tensor, Tensor]: Indices of anchors, positives and
        negatives, each long [P]; an anchor occurs in many.
    """
    same = anchor_labels[:, None] == candidate_labels[None]
    foreground = (anchor_labels != num_classes)[:, None] & (
        candidate_labels != num_classes
    )[None]
    positives, negatives = same & foreground, ~same & foreground
    if exclude is not None:
        rows = (exclude >= 0).nonzero()[:, 0]
        positives[rows, exclude[rows]] = False
        negatives[rows, exclude[rows]] = False
    anchor, positive, negative = (
        positives[:, :, None] & negatives[:, None]
    ).nonzero(as_tuple=True)
    return anchor, positive, negative


def _cosine(anchors: Tensor, candidates: Tensor) -> Tensor:
    """Cosine similarities, [N, M]."""
    return F.normalize(anchors, dim=-1) @ F.normalize(candidates, dim=-1).T


def _dot(anchors: Tensor, candidates: Tensor) -> Tensor:
    """Dot products, [N, M]."""
    return anchors @ candidates.T


SIMILARITIES: Dict[str, Callable[[Tensor, Tensor], Tensor]] = dict(
    cosine=_cosine, dot=_dot
)


def first_argmax(values: Tensor, mask: Tensor) -> Tensor:
    """Lowest index of each row's largest value among those of the mask."""
    masked = values.masked_fill(~mask, -torch.inf)
    is_best = mask & (masked == masked.amax(1, keepdim=True))
    # argmax of integers returns any of several maxima; weighting by the
    # distance from the end makes the first one the only maximum.
    order = torch.arange(values.shape[1], 0, -1, device=values.device)
    return (is_best * order).argmax(1)
