# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Which detector the weights of a checkpoint are of, told by their names."""

from typing import Any, Iterable, Mapping

# What it is, and a part of a name that each such checkpoint has. The first
# that fits counts.
_KINDS = (
    ("FGFA, MMTracking's", ('motion.', 'aggregator.')),
    ("DFF, MMTracking's", ('motion.',)),
    (
        "Temporal RoI Align, MMTracking's",
        ('detector.roi_head.bbox_roi_extractor.embed_network.',),
    ),
    ("SELSA, MMTracking's", ('detector.roi_head.bbox_head.aggregator.',)),
    ('HVR-Net', ('detector.roi_head.bbox_head.embedding.',)),
    ('Faster R-CNN in a video detector', ('detector.roi_head.bbox_head.',)),
    ('Faster R-CNN', ('roi_head.bbox_head.', 'rpn_head.')),
)


def kind_of_weights(names: Iterable[str]) -> str:
    """Say which detector weights are of.

    Args:
        names: The names of the weights.

    Returns:
        Such as "SELSA, MMTracking's, with a feature pyramid"; 'another
        model' if they are of none that is known here.

    Example:
        >>> kind_of_weights(['roi_head.bbox_head.fc_cls.weight',
        ...                  'rpn_head.rpn_conv.weight', 'neck.fpn_convs.0'])
        'Faster R-CNN, with a feature pyramid'
    """
    names = list(names)
    for kind, starts in _KINDS:
        if all(any(n.startswith(start) for n in names) for start in starts):
            pyramid = any('neck.fpn_convs.' in name for name in names)
            return kind + ', with a feature pyramid' * pyramid
    return 'another model'


def misfit_message(
    model: Any, state: Mapping[str, Any], difference: Any, filename: str
) -> str:
    """Say that weights do not fit a model, and what each of them is.

    Args:
        model (nn.Module): The model.
        state: The weights of the checkpoint.
        difference (StateDifference): From ``compare_states``.
        filename: The name of the checkpoint.
    """
    message = (
        f'checkpoint {filename} does not fit {type(model).__name__}: '
        f'{difference}'
    )
    theirs, ours = map(kind_of_weights, (state, model.state_dict()))
    if theirs != ours:
        message += f'; it is of {theirs}, the config of {ours}'
    return message
