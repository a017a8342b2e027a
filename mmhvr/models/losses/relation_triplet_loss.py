# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The relation loss: eq. 6 of the paper.

Legend: P proposal triplets, C feature channels.
"""

from typing import Callable, Dict, Optional

import torch.nn.functional as F
from mmengine.registry import MODELS
from torch import Tensor, nn


def relation_triplet_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float,
    normalize: bool = False,
    printed_sign: bool = False,
    distance: str = 'euclidean',
) -> Tensor:
    r"""Hinge on the two distances of each proposal triplet.

    .. math::
        L = \max(d(a, a^+) - d(a, a^-) + \lambda, 0), \quad
        d(u, v) = \lVert u - v \rVert_2

    **The sign.** Eq. 6 is printed with ``d(a, a-) - d(a, a+)``; with d a
    distance, minimising that pushes proposals of one category *apart*. The
    sentence below eq. 6 asks for the opposite (more relation with the
    positive, less with the negative), so d reads as a similarity there. With
    a distance the roles swap, which gives the usual triplet loss above.

    Args:
        anchor (Tensor): Target proposals, [P, C].
        positive (Tensor): Their hard positives, [P, C].
        negative (Tensor): Their hard negatives, [P, C].
        margin (float): lambda, in units of d.
        normalize (bool): Scale the features to unit length first: d then
            lies in [0, 2], and a margin means the same for every backbone.
            The mining compares cosines, which order pairs as this d does.
            Defaults to False, as printed.
        printed_sign (bool): Compute eq. 6 exactly as printed. It is here
            to show what it does, not to be trained with. Defaults to False.
        distance (str): 'euclidean', the d above, or 'dot': d is minus the
            dot product, so that the loss is
            :math:`\max(a \cdot a^- - a \cdot a^+ + \lambda, 0)` as the
            released code has it. Defaults to 'euclidean'.

    Returns:
        Tensor: One loss a triplet, [P], not reduced. Without triplets it is
        empty and still carries the graph of ``anchor``.

    Raises:
        ValueError: If the shapes differ.

    Example:
        >>> import torch
        >>> a, p, n = (torch.tensor([[v]]) for v in (0., 3., 1.))
        >>> relation_triplet_loss(a, p, n, margin=1.)  # 3 - 1 + 1
        tensor([3.])
    """
    if not anchor.shape == positive.shape == negative.shape:
        raise ValueError(
            'anchor, positive and negative must have one shape [P, C], got '
            f'{tuple(anchor.shape)}, {tuple(positive.shape)} and '
            f'{tuple(negative.shape)}.'
        )
    if normalize:
        anchor, positive, negative = (
            F.normalize(t, dim=-1) for t in (anchor, positive, negative)
        )
    to_positive = DISTANCES[distance](anchor, positive)
    to_negative = DISTANCES[distance](anchor, negative)
    gap = to_positive - to_negative
    return F.relu((-gap if printed_sign else gap) + margin)


def _euclidean(u: Tensor, v: Tensor, eps: float = 1e-12) -> Tensor:
    """Euclidean distance of rows; eps keeps the gradient at 0 finite."""
    return (u - v).pow(2).sum(-1).clamp(min=eps).sqrt()


def _minus_dot(u: Tensor, v: Tensor) -> Tensor:
    """Minus the dot product of rows: less is more alike."""
    return -(u * v).sum(-1)


DISTANCES: Dict[str, Callable[[Tensor, Tensor], Tensor]] = dict(
    euclidean=_euclidean, dot=_minus_dot
)


@MODELS.register_module()
class RelationTripletLoss(nn.Module):
    """:func:`relation_triplet_loss`, reduced to a scalar.

    Args:
        margin (float): lambda of eq. 6. Defaults to 1.0.
        loss_weight (float): gamma of eq. 5. Defaults to 1.0.
        reduction (str): 'mean' over all triplets, 'sum', or 'active': the
            mean over the triplets that violate the margin. Defaults to
            'mean'.
        normalize (bool): See :func:`relation_triplet_loss`.
        printed_sign (bool): See :func:`relation_triplet_loss`.
        distance (str): See :func:`relation_triplet_loss`.
    """

    reductions = ('mean', 'sum', 'active')

    def __init__(
        self,
        margin: float = 1.0,
        loss_weight: float = 1.0,
        reduction: str = 'mean',
        normalize: bool = False,
        printed_sign: bool = False,
        distance: str = 'euclidean',
    ) -> None:
        super().__init__()
        for name, value, choices in (
            ('reduction', reduction, self.reductions),
            ('distance', distance, tuple(DISTANCES)),
        ):
            if value not in choices:
                raise ValueError(
                    f"{name} must be one of {choices}, got '{value}'."
                )
        self.margin = margin
        self.loss_weight = loss_weight
        self.reduction = reduction
        self.normalize = normalize
        self.printed_sign = printed_sign
        self.distance = distance

    def forward(
        self,
        anchor: Tensor,
        positive: Tensor,
        negative: Tensor,
        avg_factor: Optional[float] = None,
    ) -> Tensor:
        """Return gamma times the reduced loss, a scalar with a graph.

        Args:
            anchor (Tensor): [P, C].
            positive (Tensor): [P, C].
            negative (Tensor): [P, C].
            avg_factor (float, optional): Divide the sum by this instead of
                what ``reduction`` says.

        Returns:
            Tensor: A scalar; zero (with a graph) if P = 0.
        """
        losses = relation_triplet_loss(
            anchor,
            positive,
            negative,
            self.margin,
            self.normalize,
            self.printed_sign,
            self.distance,
        )
        if avg_factor is None:
            avg_factor = dict(
                mean=losses.numel(), sum=1, active=int((losses > 0).sum())
            )[self.reduction]
        return self.loss_weight * losses.sum() / max(avg_factor, 1)
