# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Whether an HVR-Net with converted weights computes what SELSA does."""

from typing import Any, List, Mapping, Optional

from torch import Tensor

from ..models import LinearFirstIntraRelation, MultiHeadRelation
from .conversion import HEAD, Conversion


def differences_from_selsa(
    model: Any,
    conversion: Conversion,
    source: Mapping[str, Tensor],
    num_heads: Optional[int] = None,
) -> List[str]:
    """Why a conversion is not exact.

    Args:
        model (HVRNet): The model that the weights are for.
        conversion: What became of SELSA's weights.
        source: SELSA's weights, by the names that they have there.
        num_heads: Attention blocks of the source; None if its checkpoint
            does not say. MMTracking's configs have 16.

    Returns:
        One reason each; empty if the model detects what SELSA does, from the
        same references.
    """
    head = model.detector.roi_head.bbox_head
    reasons = []
    if not isinstance(head.intra, LinearFirstIntraRelation):
        reasons.append(
            f'the intra-video relations are {type(head.intra).__name__}, '
            "SELSA's are LinearFirstIntraRelation"
        )
    for relation in head.intra.relations:
        if not isinstance(relation, MultiHeadRelation):
            reasons.append(
                f'a relation is {type(relation).__name__}, SELSA has '
                'MultiHeadRelation'
            )
            break
        if relation.num_heads != (num_heads or 16):
            reasons.append(
                f'a relation has {relation.num_heads} heads, the source '
                f'{num_heads or 16}'
            )
            break
    if head.inter is not None:
        reasons.append('there is an inter-video relation')
    regressor = 'fc_reg.weight'
    rows = [
        len(value) for key, value in source.items() if key.endswith(regressor)
    ]
    if rows and rows[0] != len(conversion.state[HEAD + regressor]):
        reasons.append('boxes are class-agnostic, and those of SELSA are not')
    for title, names in (
        ('new', conversion.new),
        ('left in the checkpoint', conversion.left),
    ):
        if names:
            reasons.append(f'{len(names)} weights are {title}')
    return reasons
