# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Which frames pass the backbone with gradient, and which without.

Legend: V videos of a batch, V' of them that go on, T frames a video, C
channels, H x W size of an image or map.
"""

from typing import Optional, Sequence, Tuple

import torch
from torch import Tensor, nn

from .frames import Maps, evaluating, is_frozen, rows


def maps_without_gradient(backbone: nn.Module, frames: Tensor) -> Maps:
    """Return the backbone's maps of all frames, to choose videos by.

    Video by video: what lies between the layers needs little memory.

    Args:
        backbone (nn.Module): The detector's.
        frames (Tensor): [V, T, C, H, W].

    Returns:
        tuple[Tensor]: Each level [V T, C, H, W].
    """
    with torch.no_grad(), evaluating(backbone):
        of_videos = [backbone(video) for video in frames]
    return tuple(torch.cat(level) for level in zip(*of_videos))


def maps_of_videos(
    backbone: nn.Module,
    frames: Tensor,
    chosen: Sequence[int],
    support_gradient: bool,
    maps: Optional[Maps] = None,
) -> Tuple[Maps, Maps]:
    """Return the backbone's maps of the videos that go on.

    What needs no gradient is taken from the maps that there are.

    Args:
        backbone (nn.Module): The detector's.
        frames (Tensor): [V, T, C, H, W].
        chosen (list[int]): Indices of the videos that go on.
        support_gradient (bool): Whether support frames' maps have one.
        maps (tuple[Tensor], optional): Maps of all frames without gradient,
            [V T, ...].

    Returns:
        tuple: Maps of the target frames, each level [V', C, H, W], and of
        the support frames video by video, [V' (T - 1), C, H, W].
    """
    length = frames.shape[1]
    targets = [v * length for v in chosen]
    supports = [v * length + t for v in chosen for t in range(1, length)]
    flat = frames.flatten(0, 1)
    if maps is not None and is_frozen(backbone):
        return rows(maps, targets), rows(maps, supports)
    if support_gradient:
        both = backbone(flat[targets + supports])
        first = len(targets)
        return rows(both, slice(first)), rows(both, slice(first, None))
    if maps is not None:
        return backbone(flat[targets]), rows(maps, supports)
    with torch.no_grad(), evaluating(backbone):
        support_maps = backbone(flat[supports])
    return backbone(flat[targets]), support_maps
