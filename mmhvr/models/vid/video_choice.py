# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Where the videos of a triplet come from: the batch, or a memory.

Legend: V videos of a batch, T frames a video, C channels, H x W size of an
image or map.
"""

from __future__ import annotations

from typing import Callable, List, Optional, Sequence, Tuple

from mmdet.structures import SampleList
from torch import Tensor, nn

from ..triplets.video_memory import VideoMemory
from ..triplets.video_structures import VideoChoice, VideoVectors
from ..triplets.video_triplet import VideoTripletSelector
from .backbone_maps import maps_of_videos, maps_without_gradient
from .frames import (
    Maps,
    join_frames,
    valid_sizes,
    video_identities,
    video_labels,
)


def choose_and_pass(
    frames: Tensor,
    data_samples: SampleList,
    backbone: nn.Module,
    compared: Callable[[Maps], Tensor],
    selector: Optional[VideoTripletSelector],
    memory: Optional[VideoMemory],
    every_video: bool,
    num_supervised: int,
    support_gradient: bool,
) -> Tuple[VideoChoice, Maps, Maps]:
    """Choose videos, and pass those that go on through the backbone.

    Args:
        frames (Tensor): [V, T, C, H, W].
        data_samples (list[TrackDataSample]): V samples.
        backbone (nn.Module): The detector's.
        compared (callable): Turns the backbone's maps of frames into what
            videos are compared by.
        selector (VideoTripletSelector, optional): Chooses the videos; without
            one every video goes on, and is alone.
        memory (VideoMemory, optional): Videos of earlier batches, if every
            video is a target.
        every_video (bool): Whether every video is the target of a triplet;
            otherwise the first one is.
        num_supervised (int): See :class:`VideoChoice`.
        support_gradient (bool): Whether support frames' maps have a
            gradient.

    Returns:
        tuple: The choice, and what :func:`maps_of_videos` returns of it.
    """
    if selector is not None and not every_video:
        maps = maps_without_gradient(backbone, frames)
        (triplet,) = choose_videos(
            selector, frames, compared(maps), data_samples
        )
        choice = VideoChoice(triplet, [range(len(triplet))], num_supervised)
        return choice, *maps_of_videos(
            backbone, frames, choice.videos, support_gradient, maps
        )
    # Every video goes on: the pass with gradient serves the choice.
    videos = list(range(len(frames)))
    of_videos = maps_of_videos(backbone, frames, videos, support_gradient)
    features = join_frames(*map(compared, of_videos))
    if memory is not None and selector is not None:
        choice = choose_with_memory(
            selector, memory, frames, features, data_samples
        )
    else:
        triplets = choose_videos(
            selector, frames, features, data_samples, targets=videos
        )
        choice = VideoChoice(videos, triplets, num_supervised)
    return choice, *of_videos


def choose_videos(
    selector: Optional[VideoTripletSelector],
    frames: Tensor,
    features: Tensor,
    data_samples: SampleList,
    targets: Sequence[int] = (0,),
) -> List[Tuple[int, ...]]:
    """Return the video triplets of a batch.

    Args:
        selector (VideoTripletSelector, optional): Chooses the videos.
        frames (Tensor): [V, T, C, H, W].
        features (Tensor): The backbone's maps to compare the videos by,
            [V T, C, H, W].
        data_samples (list[TrackDataSample]): V samples.
        targets (list[int]): Which videos are the target of a triplet.

    Returns:
        list[tuple[int]]: Target, positive and negative video of each
        triplet; without a selector every video is alone.
    """
    if selector is None:
        return [(v,) for v in range(len(frames))]
    return selector(
        features.unflatten(0, tuple(frames.shape[:2])),
        video_labels(data_samples, features.device),
        _valid_sizes(frames, features, data_samples),
        targets=targets,
    )


def choose_with_memory(
    selector: VideoTripletSelector,
    memory: VideoMemory,
    frames: Tensor,
    features: Tensor,
    data_samples: SampleList,
) -> VideoChoice:
    """Return a triplet for every video, from the batch and the memory.

    Args:
        selector (VideoTripletSelector): Chooses the videos.
        memory (VideoMemory): Videos of earlier batches.
        frames (Tensor): [V, T, C, H, W].
        features (Tensor): See :func:`choose_videos`.
        data_samples (list[TrackDataSample]): V samples.

    Returns:
        VideoChoice: All V videos, each the target of a triplet of its own,
        in which videos may be missing while the memory is young.
    """
    batch = VideoVectors(
        selector.pool(
            features.unflatten(0, tuple(frames.shape[:2])),
            _valid_sizes(frames, features, data_samples),
        ),
        video_labels(data_samples, features.device),
        video_identities(data_samples, features.device),
    )
    own = range(len(batch))
    triplets = selector.choose_among(memory.joined_to(batch), own)
    past = sorted({v for triplet in triplets for v in triplet if v not in own})
    place = {v: index for index, v in enumerate([*own, *past])}
    return VideoChoice(
        list(own),
        [[place[v] for v in triplet] for triplet in triplets],
        remembered=[memory.proposals(v - len(batch)) for v in past],
        vectors=batch,
    )


def _valid_sizes(
    frames: Tensor, features: Tensor, data_samples: SampleList
) -> Tensor:
    """Cells of each video's maps that are image, int [V, 2]."""
    return valid_sizes(
        data_samples,
        frames.shape[-2:],
        features.shape[-2:],
        features.device,
    )
