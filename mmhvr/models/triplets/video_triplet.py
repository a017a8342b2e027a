# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Choosing the video triplet of a batch (section 3.1, eq. 1).

Legend: V videos of a batch, T frames a video, C feature channels,
H x W size of a feature map.
"""

import math
from typing import Callable, Dict, List, Optional, Sequence, Tuple

import torch
import torch.nn.functional as F
from mmengine.registry import MODELS
from torch import Tensor, nn

from .video_structures import NO_IDENTITY, NO_LABEL, VideoVectors


def pool_videos(
    features: Tensor, valid_sizes: Tensor, over_time: str = 'mean'
) -> Tensor:
    """Global pooling over the space and time of each video.

    Args:
        features (Tensor): Feature maps of all frames, [V, T, C, H, W].
        valid_sizes (Tensor): Height and width of the part of each video's
            maps that is image and not padding, in cells, int [V, 2].
        over_time (str): 'mean' (section 3.1) or 'max' of the frames' means
            over space, as the released code has it. Defaults to 'mean'.

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
    of_frames = torch.einsum('vtchw,vhw->vtc', features, weights)
    return of_frames.mean(1) if over_time == 'mean' else of_frames.amax(1)


def cosine_to(features: Tensor, index: int) -> Tensor:
    """Cosine similarity of all videos to one of them: [V, C] -> [V]."""
    return F.cosine_similarity(features, features[index][None])


def softmax_to(features: Tensor, index: int) -> Tensor:
    r"""Scaled dot products of one video with all, as shares: [V, C] -> [V].

    .. math::
        s_v = \mathrm{softmax}_v(f_i \cdot f_v / \sqrt{C})

    The released code compares videos like this; all videos of the batch, the
    compared one included, share the total of 1.
    """
    logits = features @ features[index] / math.sqrt(features.shape[1])
    return logits.softmax(0)


SIMILARITIES: Dict[str, Callable[[Tensor, int], Tensor]] = dict(
    cosine=cosine_to, softmax=softmax_to
)


class NonFiniteFeaturesError(ValueError):
    """A network whose features are NaN or infinite: it has diverged."""


def select_video_triplet(
    features: Tensor,
    labels: Tensor,
    target: int = 0,
    similarity: str = 'cosine',
    near_both: bool = False,
) -> Tuple[int, int]:
    """Find the two support videos that confuse the target video most.

    By similarity of the video vectors: the positive is the *least* similar
    video of the target's category, the negative the *most* similar video of
    any other category.

    Args:
        features (Tensor): One vector a video, [V, C].
        labels (Tensor): The category of each video, int [V].
        target (int): Index of the target video. Defaults to 0.
        similarity (str): 'cosine' (section 3.1) or 'softmax', see
            :func:`softmax_to`. Defaults to 'cosine'.
        near_both (bool): The negative has the largest *sum* of similarities
            to the target and to the positive, as in the released code, in
            place of the largest one to the target. Defaults to False.

    Returns:
        tuple[int, int]: Indices of the positive and the negative video; ties
        go to the lowest index.

    Raises:
        NonFiniteFeaturesError: If there is no choice since features are NaN
            or infinite.
        ValueError: If the target's category has no second video, or there
            is no video of another category.

    Example:
        >>> v = torch.tensor([[1., 0.], [1., .1], [0., 1.], [1., 1.]])
        >>> select_video_triplet(v, torch.tensor([0, 0, 0, 1]))
        (2, 3)
    """
    positive, negative = find_companions(
        features, labels, target, similarity, near_both
    )
    if positive is None or negative is None:
        bad = int((~features.isfinite().flatten(1).all(1)).sum())
        if bad:
            raise NonFiniteFeaturesError(
                f'the features of {bad} of {len(features)} videos are NaN or '
                'infinite'
            )
        label = int(labels[target])
        missing, remedy = (
            (f'a second video of category {label}', 'videos_per_category')
            if positive is None
            else (
                f'a video of a category other than {label}',
                'num_categories',
            )
        )
        raise ValueError(
            f'A video triplet needs {missing}, but the batch has the '
            f'categories {labels.tolist()}. Use TripletVideoBatchSampler, '
            f'whose {remedy} must be 2 or more; or, for data of one class, '
            'train without triplets: model.video_selector=None.'
        )
    return positive, negative


def find_companions(
    features: Tensor,
    labels: Tensor,
    target: int = 0,
    similarity: str = 'cosine',
    near_both: bool = False,
    identities: Optional[Tensor] = None,
) -> Tuple[Optional[int], Optional[int]]:
    """:func:`select_video_triplet` among videos that may hold no triplet.

    Without a positive, ``near_both`` does not matter.

    Args:
        features (Tensor): One vector a video, [V, C].
        labels (Tensor): The category of each video, int [V]; a video of
            category -1 is neither positive nor negative.
        target (int): Index of the target video. Defaults to 0.
        similarity (str): See :func:`select_video_triplet`.
        near_both (bool): See :func:`select_video_triplet`.
        identities (Tensor, optional): Equal for entries of one video, int
            [V]; -1: of no other entry's. A video is never its own positive.
            Defaults to None: every entry is another video.

    Returns:
        tuple[int or None, int or None]: Indices of the positive and the
        negative video, None where no video is one.

    Example:
        >>> v = torch.tensor([[1., 0.], [1., .1], [0., 1.]])
        >>> find_companions(v, torch.tensor([0, 0, 0]))
        (2, None)
    """
    labels = labels.to(features.device)
    known = labels != NO_LABEL
    same = (labels == labels[target]) & known
    other = (labels != labels[target]) & known
    same[target] = False
    if identities is not None:
        own = identities[target]
        same &= (identities != own) | (own == NO_IDENTITY)
    similarity_to = SIMILARITIES[similarity]
    to_target = similarity_to(features, target)
    positive = _first_index(to_target, same, largest=False)
    if near_both and positive is not None:
        to_target = to_target + similarity_to(features, positive)
    return positive, _first_index(to_target, other, largest=True)


def _first_index(values: Tensor, mask: Tensor, largest: bool) -> Optional[int]:
    """Lowest index of the extreme finite value among those of the mask."""
    mask = mask & values.isfinite()
    if not mask.any():
        return None
    candidates = values[mask]
    extreme = candidates.max() if largest else candidates.min()
    return int((mask & (values == extreme)).nonzero()[0])


@MODELS.register_module()
class VideoTripletSelector(nn.Module):
    """Video vectors by pooling, then :func:`select_video_triplet`.

    Args:
        over_time (str): 'mean' (default) or 'max', see :func:`pool_videos`.
        similarity (str): 'cosine' (default) or 'softmax', see
            :func:`select_video_triplet`.
        near_both (bool): See :func:`select_video_triplet`. Defaults to
            False.

    Raises:
        ValueError: If a name is none of these.
    """

    def __init__(
        self,
        over_time: str = 'mean',
        similarity: str = 'cosine',
        near_both: bool = False,
    ) -> None:
        super().__init__()
        for name, value, choices in (
            ('over_time', over_time, ('mean', 'max')),
            ('similarity', similarity, tuple(SIMILARITIES)),
        ):
            if value not in choices:
                raise ValueError(
                    f"{name} must be one of {choices}, got '{value}'."
                )
        self.over_time = over_time
        self.similarity = similarity
        self.near_both = near_both

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
        pooled = self.pool(features, valid_sizes)
        return [
            (
                target,
                *select_video_triplet(
                    self.vectors(pooled),
                    labels,
                    target,
                    self.similarity,
                    self.near_both,
                ),
            )
            for target in targets
        ]

    @torch.no_grad()
    def pool(self, features: Tensor, valid_sizes: Tensor) -> Tensor:
        """One vector a video, see :func:`pool_videos`."""
        return pool_videos(features, valid_sizes, self.over_time)

    @torch.no_grad()
    def choose_among(
        self, videos: VideoVectors, targets: Sequence[int]
    ) -> List[Tuple[int, ...]]:
        """Choose triplets among videos of any origin.

        Args:
            videos (VideoVectors): V videos.
            targets (list[int]): Indices of the target videos.

        Returns:
            list[tuple[int, ...]]: For each target: target, positive and
            negative video, as far as there are such, see
            :func:`find_companions`.
        """
        groups = []
        for target in targets:
            companions = find_companions(
                self.vectors(videos.vectors),
                videos.labels,
                target,
                self.similarity,
                self.near_both,
                videos.identities,
            )
            found = [video for video in companions if video is not None]
            groups.append((target, *found))
        return groups

    def vectors(self, pooled: Tensor) -> Tensor:
        """Return what is compared for one target: one row a video."""
        return pooled


@MODELS.register_module()
class RandomVideoTripletSelector(VideoTripletSelector):
    """Any video of the category and any of another one: table 2's "simple".

    Draws from torch's generator, which a run seeds.
    """

    def vectors(self, pooled: Tensor) -> Tensor:
        """Noise: among vectors drawn alike each may be the most similar."""
        return torch.randn(len(pooled), 8, device=pooled.device)
