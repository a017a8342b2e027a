# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Checkpoints of MMTracking's SELSA in a model that computes the same."""

from typing import Any, Callable, Dict, List, Mapping, Optional

from mmengine.logging import print_log
from torch import Tensor

from ..models import LinearFirstIntraRelation, MultiHeadRelation
from .contents import checkpoint_weights, config_inside
from .conversion import HEAD, Conversion, convert_state
from .kinds import kind_of_weights

_MARK = '.bbox_head.aggregator.'


def take_selsa(
    model: Any,
    checkpoint: Mapping[str, Any],
    filename: str = '',
    exact: bool = True,
) -> Optional[Dict[str, Tensor]]:
    """Return the weights for a model, from those of a SELSA that it is.

    A config of ``configs/selsa`` takes checkpoints of MMTracking's SELSA as
    they are, for testing and detecting; a model that has more relations than
    SELSA goes on from them.

    Args:
        model (HVRNet): The model.
        checkpoint: Weights, and the config of their training if it is there.
        filename: Its name, for the message.
        exact: False also takes weights of a SELSA that the model is not, to
            start a training; the log says how it differs.

    Returns:
        dict[str, Tensor] | None: None for a checkpoint of anything else, or
        a model that is not a SELSA.

    Raises:
        ValueError: It is a SELSA, but another one than the model, with
            ``exact``.
    """
    state = checkpoint_weights(checkpoint)
    head = getattr(getattr(model, 'detector', None), 'roi_head', None)
    head = getattr(head, 'bbox_head', None)
    intra = getattr(head, 'intra', None)
    if not isinstance(intra, LinearFirstIntraRelation) or not any(
        _MARK in key for key in state
    ):
        return None
    conversion = convert_state(
        state,
        model.state_dict(),
        source_stds=target_stds_of(checkpoint),
        model_stds=model.detector.roi_head.bbox_head.bbox_coder.stds,
    )
    reasons = differences_from_selsa(
        model, conversion, state, num_heads_of(checkpoint)
    )
    if reasons and not exact:
        print_log(
            f'checkpoint {filename} is of {kind_of_weights(state)}; the '
            f'training starts from it, and differs: {"; ".join(reasons)}',
            logger='current',
        )
    elif reasons:
        raise ValueError(
            f'checkpoint {filename} is of {kind_of_weights(state)}, but not '
            f'the one of the config: {"; ".join(reasons)}; use the config of '
            'configs/selsa with its backbone and classes, or start a '
            'training from it with mim run mmhvr selsa_to_hvr'
        )
    return conversion.state


def num_heads_of(checkpoint: Mapping[str, Any]) -> Optional[int]:
    """SELSA's attention blocks, from the config inside; None without one."""
    return _read_inside(
        checkpoint,
        lambda head: head.aggregator.get('num_attention_blocks', 16),
    )


def target_stds_of(checkpoint: Mapping[str, Any]) -> Optional[List[float]]:
    """By what the head divided box deltas, [4]; None without a config."""
    return _read_inside(
        checkpoint, lambda head: list(head.bbox_coder.target_stds)
    )


def _read_inside(
    checkpoint: Mapping[str, Any], read: Callable[[Any], Any]
) -> Any:
    """Return what a function reads in the box head's config inside."""
    try:
        cfg = config_inside(checkpoint)
        if cfg is None:
            return None
        return read(cfg.model.get('detector', cfg.model).roi_head.bbox_head)
    except (AttributeError, KeyError, ValueError):
        # A config of another version: the caller says what it takes.
        return None


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
