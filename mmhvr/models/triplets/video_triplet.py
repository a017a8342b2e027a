# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Choosing the video triplet of a batch (section 3.1, eq. 1).

Legend: V videos of a batch, T frames a video, C feature channels,
H x W size of a feature map.
"""

from typing import List, Sequence, Tuple

import torch
import torch.nn.functional as F
from mmengine.registry import MODELS
from torch import Tensor, nn


def pool_videos(features: Tensor, valid_sizes: Tensor) -> Tensor:
    """Global average pooling over the space and time of each video.

    Args:
        features (Tensor): Feature maps of all frames, [V, T, C, H, W].
        valid_sizes (Tensor): Height and width of the part of each video's
            maps that is image and not padding, in cells, int [V, 2].

    Returns:
        Tensor: One vector a video, [V, C].
    """
    height, width = features.shape[-2:]
    rows = torch.arange(height, device=features.device)
    cols = torch.arange(width, device=features.device)
    inside = (rows[None, :, None] < valid_sizes[:, 0, None, None]) & (
        cols[None, None, :] < valid_sizes[:, 1, None, None]
    )
    weights = inside.to(features.dtype)
    weights = weights / weights.sum(dim=(1, 2), keepdim=True)
    return torch.einsum('vtchw,vhw->vc', features, weights) / features.shape[1]


def select_video_triplet(
    features: Tensor, labels: Tensor, target: int = 0
) -> Tuple[int, int]:
    """Find the two support videos that confuse the target video most.

    By cosine similarity of the video vectors: the positive is the *least*
    similar video of the target's category, the negative the *most* similar
    video of any other category.

    Args:
        features (Tensor): One vector a video, [V, C].
        labels (Tensor): The category of each video, int [V].
        target (int): Index of the target video. Defaults to 0.

    Returns:
        tuple[int, int]: Indices of the positive and the negative video; ties
        go to the lowest index.

    Raises:
        ValueError: If the target's category has no second video, or there
            is no video of another category.

    Example:
        >>> v = torch.tensor([[1., 0.], [1., .1], [0., 1.], [1., 1.]])
        >>> select_video_triplet(v, torch.tensor([0, 0, 0, 1]))
        (2, 3)
    """
    labels = labels.to(features.device)
    same = labels == labels[target]
    other = ~same
    same[target] = False
    for mask, missing, remedy in (
        (
            same,
            f'a second video of category {int(labels[target])}',
            'videos_per_category must be 2 or more',
        ),
        (
            other,
            f'a video of a category other than {int(labels[target])}',
            'num_categories must be 2 or more',
        ),
    ):
        if not mask.any():
            raise ValueError(
                f'A video triplet needs {missing}, but the batch has the '
                f'categories {labels.tolist()}. Use TripletVideoBatchSampler;'
                f' its {remedy}.'
            )
    similarity = F.cosine_similarity(features, features[target][None])
    positive = _first_index(similarity, same, largest=False)
    negative = _first_index(similarity, other, largest=True)
    return positive, negative


def _first_index(values: Tensor, mask: Tensor, largest: bool) -> int:
    """Lowest index of the extreme value among those of the mask."""
    candidates = values[mask]
    extreme = candidates.max() if largest else candidates.min()
    return int((mask & (values == extreme)).nonzero()[0])


@MODELS.register_module()
class VideoTripletSelector(nn.Module):
    """Video vectors by pooling, then :func:`select_video_triplet`."""

    @torch.no_grad()
    def forward(
        self,
        features: Tensor,
        labels: Tensor,
        valid_sizes: Tensor,
        targets: Sequence[int] = (0,),
    ) -> List[Tuple[int, int, int]]:
        """Choose the triplets of a batch; no gradient passes.

        Args:
            features (Tensor): Feature maps of all frames, [V, T, C, H, W].
            labels (Tensor): Category of each video, int [V].
            valid_sizes (Tensor): See :func:`pool_videos`, int [V, 2].
            targets (list[int]): Indices of the target videos.

        Returns:
            list[tuple[int, int, int]]: For each target: target, positive and
            negative video.
        """
        pooled = pool_videos(features, valid_sizes)
        return [
            (
                target,
                *select_video_triplet(self.vectors(pooled), labels, target),
            )
            for target in targets
        ]

    def vectors(self, pooled: Tensor) -> Tensor:
        """What is compared for one target: one row a video."""
        return pooled


@MODELS.register_module()
class RandomVideoTripletSelector(VideoTripletSelector):
    """Any video of the category and any of another one: table 2's "simple".

    Draws from torch's generator, which a run seeds.
    """

    def vectors(self, pooled: Tensor) -> Tensor:
        """Noise: among vectors drawn alike each may be the most similar."""
        return torch.randn(len(pooled), 8, device=pooled.device)
