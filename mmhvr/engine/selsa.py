# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Checkpoints of MMTracking's SELSA in a model that computes the same."""

from typing import Any, Dict, List, Mapping, Optional

from torch import Tensor

from ..models import LinearFirstIntraRelation, MultiHeadRelation
from .conversion import HEAD, Conversion, convert_state

_MARK = '.bbox_head.aggregator.'


def take_selsa(
    model: Any, state: Dict[str, Tensor], filename: str = ''
) -> Dict[str, Tensor]:
    """The weights for a model, if they are those of a SELSA that it is.

    A config of ``configs/selsa`` takes checkpoints of MMTracking's SELSA as
    they are, for testing, detecting and training.

    Args:
        model (HVRNet): The model.
        state: The weights of a checkpoint.
        filename: Its name, for the message.

    Returns:
        dict[str, Tensor]: The same for a checkpoint of anything else, or a
        model that is not a SELSA; they may still not fit.

    Raises:
        ValueError: It is a SELSA, but another one than the model.
    """
    roi_head = getattr(getattr(model, 'detector', None), 'roi_head', None)
    intra = getattr(getattr(roi_head, 'bbox_head', None), 'intra', None)
    if not isinstance(intra, LinearFirstIntraRelation) or not any(
        _MARK in key for key in state
    ):
        return state
    conversion = convert_state(state, model.state_dict())
    reasons = differences_from_selsa(model, conversion, state)
    if reasons:
        raise ValueError(
            f'checkpoint {filename} is a SELSA of MMTracking, but not the '
            f'one of the config: {"; ".join(reasons)}; use the config of '
            'configs/selsa with its backbone and classes, or start a '
            'training from it with mim run mmhvr selsa_to_hvr'
        )
    return conversion.state


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
    for _, theirs, name, ours in conversion.misfits:
        reasons.append(f'{name} is {list(theirs)} there and {list(ours)} here')
    for title, names in (
        ('new', conversion.new),
        ('left in the checkpoint', conversion.left),
    ):
        if names:
            reasons.append(f'{len(names)} weights are {title}')
    return reasons
