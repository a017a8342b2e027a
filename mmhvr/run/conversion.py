# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""From a trained detector's weights to the start of an HVR-Net.

The source is a two-stage detector of MMDetection (Faster R-CNN) or one that
MMTracking's SELSA wraps. Its layers and ours that do the same::

    backbone.layer4              roi_head.feature_stage, where conv5 is apart
    neck                         roi_head.feature_neck, where conv5 is apart
    bbox_head.shared_fcs.k       the k-th linear layer: embedding, intra.fcs,
                                 then inter.fcs
    bbox_head.aggregator.k       intra.relations.k: fc_embed is theta,
                                 ref_fc_embed is phi, ref_fc is value and fc
                                 is out_proj; of a relation that has no value
                                 projection, fc after ref_fc is out_proj
    bbox_head.fc_reg             class-specific rows are averaged where ours
                                 is class-agnostic
    all else                     under its own name

A new linear layer starts as identity, and a relation without support adds
nothing: for a frame without support the features before the inter-video
relation are those that the source classified.

Legend: D channels of a proposal feature, K classes.
"""

import re
from dataclasses import dataclass
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from torch import Tensor

HEAD = 'detector.roi_head.bbox_head.'
_STAGE = 'detector.roi_head.feature_stage.'
_COUNTER = 'num_batches_tracked'


@dataclass(frozen=True)
class Conversion:
    """What became of the weights of a source.

    Attributes:
        state: The weights of the model, all of them.
        taken: For each key of the model that came from the source the key,
            or keys, there.
        new: Keys of the model that keep what they had.
        left: Keys of the source that are not used.
        misfits: (key of the source, its shape, key of the model, its
            shape): the same layer in another size. The first is among those
            left, the second among the new ones.
    """

    state: Dict[str, Tensor]
    taken: Dict[str, Tuple[str, ...]]
    new: List[str]
    left: List[str]
    misfits: List[Tuple[str, tuple, str, tuple]]


def convert_state(
    source: Mapping[str, Tensor],
    model: Mapping[str, Tensor],
    relations: bool = True,
    source_stds: Optional[Sequence[float]] = None,
    model_stds: Optional[Sequence[float]] = None,
) -> Conversion:
    """Put the weights of a detector into the state of an HVR-Net.

    Args:
        source (dict): State of SELSA or of a single-frame detector.
        model (dict): State of an HVRNet as it starts; not changed.
        relations (bool): Take theta and phi (and the output projection,
            where the model has one) from SELSA's aggregators. SELSA splits
            the channels among several kernels and reads features before
            their ReLU, HVR-Net has one kernel and reads them after it, so
            this is a start, not the same function.
        source_stds (list[float], optional): ``target_stds`` of the source's
            box coder, [4]. None: those of the model.
        model_stds (list[float], optional): Those of the model, [4].

    Returns:
        Conversion: The result, and what was taken, new and left.

    Raises:
        ValueError: The source is no such detector, the model no HVRNet, or
            their backbones differ.
    """
    source = _with_prefix(source)
    chain = _linear_layers(model)
    state = dict(model)
    taken: Dict[str, Tuple[str, ...]] = {}
    misfits = []
    for key, value in source.items():
        name = _counterpart(key, model, chain)
        if name is None or ('.aggregator.' in key and not relations):
            continue
        if name.startswith(f'{HEAD}fc_reg.'):
            value = _fit_regressor(
                value, model[name].shape[0], source_stds, model_stds
            )
        if value.shape != model[name].shape:
            misfits.append(
                (key, tuple(value.shape), name, tuple(model[name].shape))
            )
            continue
        state[name] = value.to(model[name].dtype)
        taken[name] = (key,)
    if relations:
        for name, value, keys in _projections(source, model):
            state[name], taken[name] = value, keys
    used = {key for keys in taken.values() for key in keys}
    conversion = Conversion(
        state=state,
        taken=taken,
        new=[key for key in model if key not in taken],
        left=[key for key in source if key not in used],
        misfits=misfits,
    )
    _check_backbone(conversion)
    return conversion


def _with_prefix(source: Mapping[str, Tensor]) -> Dict[str, Tensor]:
    """Return the source's weights, named as those of a video detector."""
    for prefix in ('detector.', ''):
        if any(key.startswith(f'{prefix}backbone.') for key in source) and any(
            key.startswith(f'{prefix}roi_head.bbox_head.') for key in source
        ):
            missing = 'detector.'[len(prefix) :]
            return {missing + key: value for key, value in source.items()}
    parts = sorted({'.'.join(key.split('.')[:2]) for key in source})
    raise ValueError(
        'the checkpoint is not a two-stage detector: it has no backbone and '
        f'roi_head.bbox_head, but {", ".join(parts[:6])}; give a checkpoint '
        "of MMTracking's SELSA or of MMDetection's Faster R-CNN"
    )


def _linear_layers(model: Mapping[str, Tensor]) -> List[str]:
    """Our linear layers in the order in which a proposal passes them."""
    if f'{HEAD}embedding.0.weight' not in model:
        raise ValueError(
            f'the config is not of an HVRNet: its model has no {HEAD}'
            'embedding; give one of configs/hvr or a child of it'
        )
    pattern = re.compile(
        re.escape(HEAD)
        + r'(embedding\.0|(?:intra|inter)\.fcs\.\d+(?:\.0)?)\.weight'
    )
    return [
        HEAD + found.group(1)
        for found in map(pattern.fullmatch, model)
        if found
    ]


def _counterpart(
    key: str, model: Mapping[str, Tensor], chain: Sequence[str]
) -> Optional[str]:
    """Return the name of a source's weight in the model, or None."""
    if key in model:
        return key
    for pattern, replacement in (
        (r'detector\.backbone\.layer4\.', _STAGE),
        (r'detector\.roi_head\.shared_head\.layer4\.', _STAGE),
        (r'detector\.neck\.', 'detector.roi_head.feature_neck.'),
        (
            re.escape(HEAD) + r'aggregator\.(\d+)\.fc_embed\.',
            rf'{HEAD}intra.relations.\1.theta.',
        ),
        (
            re.escape(HEAD) + r'aggregator\.(\d+)\.ref_fc_embed\.',
            rf'{HEAD}intra.relations.\1.phi.',
        ),
        (
            re.escape(HEAD) + r'aggregator\.(\d+)\.ref_fc\.',
            rf'{HEAD}intra.relations.\1.value.',
        ),
    ):
        name, hits = re.subn(f'^{pattern}', replacement, key)
        if hits:
            return name if name in model else None
    found = re.match(re.escape(HEAD) + r'aggregator\.(\d+)\.fc\.(.+)', key)
    if found:
        place = f'{HEAD}intra.relations.{found.group(1)}.'
        has_value = f'{place}value.weight' in model
        return f'{place}out_proj.{found.group(2)}' if has_value else None
    found = re.match(re.escape(HEAD) + r'shared_fcs\.(\d+)\.(.+)', key)
    if found and int(found.group(1)) < len(chain):
        return f'{chain[int(found.group(1))]}.{found.group(2)}'
    return None


def _fit_regressor(
    value: Tensor,
    rows: int,
    source_stds: Optional[Sequence[float]],
    model_stds: Optional[Sequence[float]],
) -> Tensor:
    """Rows of a box regressor, as many and as large as the model's are.

    What a regressor puts out is a box delta divided by the coder's stds.
    """
    if rows == 4 or len(value) == 4:
        value = value.unflatten(0, (-1, 4))
        value = (
            value.mean(0)
            if rows == 4
            else value[0].repeat(rows // 4, *[1] * (value.dim() - 2))
        )
    if source_stds is not None and model_stds is not None:
        ratio = value.new_tensor(source_stds) / value.new_tensor(model_stds)
        ratio = ratio.repeat(len(value) // 4)
        value = value * ratio.reshape(-1, *[1] * (value.dim() - 1))
    return value


def _projections(
    source: Mapping[str, Tensor], model: Mapping[str, Tensor]
) -> List[Tuple[str, Tensor, Tuple[str, ...]]]:
    """SELSA's two linear layers around the weighted sum, as one behind it.

    Weights that sum to one let the first pass through the sum:
    fc(sum of w (R x + r) + f) = (F R) (sum of w x) + F r + f.
    """
    found = []
    for name in model:
        place = re.fullmatch(
            re.escape(HEAD) + r'intra\.relations\.(\d+)\.out_proj\.(\w+)',
            name,
        )
        layers = f'{HEAD}aggregator.{place.group(1)}.' if place else ''
        if f'{layers}fc.weight' not in source or place is None:
            continue
        if name.replace('.out_proj.', '.value.') in model:
            continue  # both are there, each by itself
        keys = [f'{layers}fc.weight', f'{layers}ref_fc.{place.group(2)}']
        value = source[keys[0]] @ source[keys[1]]
        if place.group(2) == 'bias':
            keys.append(f'{layers}fc.bias')
            value = value + source[keys[-1]]
        if value.shape == model[name].shape:
            found.append((name, value, tuple(keys)))
    return found


def _check_backbone(conversion: Conversion) -> None:
    """Refuse a backbone of which a part alone would fit."""
    lacking = _backbone_keys(conversion.new)
    extra = _backbone_keys(conversion.left)
    if not lacking and not extra:
        return
    shapes = {key: shape for key, shape, _, _ in conversion.misfits}
    examples = [
        f'{key} {list(shapes[key])}' if key in shapes else key for key in extra
    ]
    raise ValueError(
        f"the checkpoint has another backbone: {len(lacking)} of the config's "
        f'weights have none to take ({", ".join(lacking[:2]) or "-"}), and '
        f'{len(extra)} of the checkpoint fit nowhere '
        f'({", ".join(examples[:2]) or "-"}); use a config with the backbone '
        'that the checkpoint was trained with'
    )


def _backbone_keys(keys: Sequence[str]) -> List[str]:
    """Those of the backbone, and of its last stage where that is apart."""
    return [
        key
        for key in keys
        if key.startswith(('detector.backbone.', _STAGE))
        and not key.endswith(_COUNTER)
    ]
