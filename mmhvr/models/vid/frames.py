# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Batches of frames, and the feature maps made of them.

Legend: V videos of a batch, T frames a video, C channels, H x W size of an
image or map.
"""

import hashlib
import os.path as osp
from contextlib import contextmanager
from typing import Dict, Iterator, Optional, Sequence, Tuple

import torch
from mmdet.structures import SampleList
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ..triplets.video_structures import NO_IDENTITY

Maps = Tuple[Tensor, ...]


def stack_frames(inputs: Dict[str, Tensor]) -> Tensor:
    """Target and support frames as one tensor [V, T, C, H, W]."""
    img, ref_img = inputs['img'], inputs.get('ref_img')
    if img.dim() != 5 or img.shape[1] != 1:
        raise ValueError(
            'inputs["img"] must be [V, 1, C, H, W], one target '
            f'frame a video; got {tuple(img.shape)}.'
        )
    return img if ref_img is None else torch.cat([img, ref_img], dim=1)


def rows(maps: Maps, index) -> Maps:
    """Pick frames of every level."""
    return tuple(level[index] for level in maps)


def pick(maps: Maps, levels: Optional[Sequence[int]]) -> Maps:
    """Pick levels; None keeps all."""
    return tuple(maps) if levels is None else tuple(maps[i] for i in levels)


@torch.no_grad()
def join_frames(targets: Tensor, supports: Tensor) -> Tensor:
    """Return maps of all frames, video by video, without gradient.

    Args:
        targets (Tensor): Of the target frames, [V, ...].
        supports (Tensor): Of the support frames, [V (T - 1), ...].

    Returns:
        Tensor: [V T, ...], a video's target frame first.
    """
    videos = len(targets)
    supports = supports.unflatten(0, (videos, len(supports) // videos))
    return torch.cat([targets[:, None], supports], dim=1).flatten(0, 1)


def video_labels(data_samples: SampleList, device: torch.device) -> Tensor:
    """Return the category of each video, int [V]."""
    labels = [sample.metainfo.get('video_label') for sample in data_samples]
    if any(label is None for label in labels):
        raise ValueError(
            'A sample has no meta information video_label. Train on '
            'TripletVideoDataset, and keep video_label among the meta keys '
            'of the packing transform.'
        )
    return torch.tensor(labels, device=device)


def video_identities(data_samples: SampleList, device: torch.device) -> Tensor:
    """Numbers that are equal for samples of one video, long [V].

    Made of video_id and the folder of the frames (each annotation file
    numbers its videos anew), the same in every process and run. A sample that
    has neither among its meta information has -1: no other's video.
    """
    identities = []
    for sample in data_samples:
        number = sample.metainfo.get('video_id')
        path = sample.metainfo.get('img_path')
        if number is None and path is None:
            identities.append(NO_IDENTITY)
            continue
        name = f'{number} {osp.dirname(path or "")}'
        digest = hashlib.blake2b(name.encode(), digest_size=7).digest()
        identities.append(int.from_bytes(digest, 'big'))
    return torch.tensor(identities, device=device)


def valid_sizes(
    data_samples: SampleList,
    padded: Sequence[int],
    cells: Sequence[int],
    device: torch.device,
) -> Tensor:
    """Cells of each video's maps that are image, not padding: int [V, 2]."""
    sizes = [sample.metainfo['img_shape'][:2] for sample in data_samples]
    ratio = torch.tensor(cells) / torch.tensor(padded)
    return (torch.tensor(sizes) * ratio).ceil().long().to(device)


def is_frozen(module: nn.Module) -> bool:
    """Whether training mode and gradients would change nothing."""
    return not any(p.requires_grad for p in module.parameters()) and not any(
        m.training
        for m in module.modules()
        if isinstance(m, (_BatchNorm, nn.Dropout))
    )


def find_parts(
    module: nn.Module, names: Sequence[str]
) -> Dict[str, nn.Module]:
    """Parts of a model by their names with dots.

    Raises:
        ValueError: There is no part of such a name.
    """
    parts = dict(module.named_modules())
    for name in names:
        if name not in parts:
            near = sorted(n for n in parts if n and n.count('.') < 2)
            raise ValueError(
                f"the model has no part '{name}'; there are {', '.join(near)} "
                'and the parts of these.'
            )
    return {name: parts[name] for name in names}


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Evaluate for a while: no batch statistics are touched."""
    modes = [(m, m.training) for m in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for m, training in modes:
            m.training = training
