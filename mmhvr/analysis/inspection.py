# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What a trained model makes of a window of frames or a triplet of videos.

Legend: T frames of a window, N proposals of a frame or of all target frames,
M_t proposals of frame t, D channels of a feature, K classes; boxes xyxy in
pixels of the image as the network gets it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple

import numpy as np
import torch
from mmdet.models.utils import unpack_gt_instances
from mmengine.dataset import pseudo_collate
from mmengine.registry import DefaultScope
from mmengine.structures import InstanceData
from mmtrack.registry import DATASETS, TASK_UTILS
from torch import Tensor, nn

from ..models.relations.attention_weights import window_attention
from ..models.vid.backbone_maps import maps_without_gradient
from ..models.vid.frames import stack_frames
from ..models.vid.video_choice import choose_videos
from .triplet_batches import triplet_batches


@dataclass(frozen=True)
class WindowView:
    """A window of frames, its proposals and what attends to what.

    Attributes:
        video (str): Name of the video.
        places (list[int]): Index of each frame in the video, [T]; the
            target frame comes first.
        images (list[np.ndarray]): BGR, uint8 [H, W, 3] each.
        boxes (list[Tensor]): Proposals of each frame, [M_t, 4].
        scores (Tensor): Class scores of the target frame's proposals,
            [N, K + 1], background last.
        attention (dict[str, list[Tensor]]): As
            :func:`.window_attention` returns it.
    """

    video: str
    places: List[int]
    images: List[np.ndarray]
    boxes: List[Tensor]
    scores: Tensor
    attention: Dict[str, List[Tensor]]


@dataclass(frozen=True)
class TripletView:
    """The proposals of a video triplet's target frames.

    Attributes:
        images (list[np.ndarray]): Target frame of the target, the positive
            and the negative video, BGR uint8 [H, W, 3].
        boxes (Tensor): Proposals of all three, [N, 4].
        videos (Tensor): Which of the three each is from, int [N].
        labels (Tensor): Category by the true boxes, K for background,
            int [N].
        alpha (Tensor): Features before the inter-video relation, [N, D].
        beta (Tensor, optional): Features after it.
        triplets (tuple[Tensor]): Anchors, positives and negatives, indices
            of proposals.
    """

    images: List[np.ndarray]
    boxes: Tensor
    videos: Tensor
    labels: Tensor
    alpha: Tensor
    beta: Optional[Tensor]
    triplets: Tuple[Tensor, Tensor, Tensor]


@torch.no_grad()
def view_window(
    model: Any, video: int = 0, place: Optional[int] = None
) -> WindowView:
    """Look into a window of a test video.

    Args:
        model (HVRNet): As :func:`mmhvr.apis.init_model` returns it.
        video (int): Number of the video in the test data, from 0.
        place (int, optional): Index of the target frame in its video.
            Defaults to the middle one.

    Returns:
        WindowView: With the window of the config's test.

    Raises:
        TypeError: The model is no HVRNet.
        ValueError: There is no such video or frame.
    """
    _check_model(model)
    with DefaultScope.overwrite_default_scope('mmtrack'):
        dataset = DATASETS.build(model.cfg.test_dataloader.dataset)
        sampler = TASK_UTILS.build(model.cfg.test_cfg.frame_sampler)
    videos = dataset.videos()
    if not 0 <= video < len(videos):
        raise ValueError(
            f'video is {video}, but the test data has {len(videos)} videos; '
            f'give 0 to {len(videos) - 1}'
        )
    indices = videos[video].key_indices
    length = len(indices)
    place = length // 2 if place is None else place
    if not 0 <= place < length:
        raise ValueError(
            f'frame is {place}, but video {video} has {length} frames; give '
            f'0 to {length - 1}'
        )
    places = [place, *sampler(place, length, None)]
    images, encoded = [], []
    for p in places:
        batch = pseudo_collate([dataset[indices[p]]])
        images += _images(batch)
        data = model.data_preprocessor(batch, False)
        encoded += model.encode(
            data['inputs']['img'][:, 0], data['data_samples']
        )
    head = model.detector.roi_head.bbox_head
    features = [frame.features for frame in encoded]
    path = dataset.get_data_info(indices[place])['img_path']
    return WindowView(
        video=path.replace('\\', '/').split('/')[-2],
        places=places,
        images=images,
        boxes=[frame.boxes for frame in encoded],
        scores=head.predict_on_window(features)[0].softmax(-1),
        attention=window_attention(head, features),
    )


@torch.no_grad()
def view_triplet(
    model: Any, seed: int = 0, training_data: bool = False
) -> TripletView:
    """Draw a batch of videos, choose a triplet and look into it.

    All proposals of the target frames take part, not a sample of them, and
    no true boxes among them; otherwise this is what training does.

    Args:
        model (HVRNet): As :func:`mmhvr.apis.init_model` returns it.
        seed (int): Another seed draws another batch.
        training_data (bool): Of the training videos; otherwise of those of
            the test.

    Returns:
        TripletView: The triplet of the batch's first video.

    Raises:
        TypeError: The model is no HVRNet.
        ValueError: The config chooses no video triplets, or no batch can be
            drawn from the data.
    """
    _check_model(model)
    if model.video_selector is None:
        raise ValueError(
            'video_selector is None in the config, so that there is no video '
            "triplet; set model.video_selector=dict(type='"
            "VideoTripletSelector') for the picture"
        )
    # A category with few test videos must not prevent the picture.
    batches = triplet_batches(
        model.cfg,
        seed,
        test_videos=not training_data,
        small_categories='leave_out',
    )
    batch = next(iter(batches))
    data = model.data_preprocessor(batch, False)
    samples = data['data_samples']
    frames = stack_frames(data['inputs'])
    maps = maps_without_gradient(model.detector.backbone, frames)
    triplet = choose_videos(
        model.video_selector, frames, model.triplet_maps(maps), samples
    )[0]
    head = model.detector.roi_head.bbox_head
    boxes, alphas, labels = [], [], []
    for v in triplet:
        target, *supports = model.encode(
            frames[v], [samples[v]] * len(frames[v])
        )
        others = torch.cat([frame.features for frame in supports])
        boxes.append(target.boxes)
        alphas.append(head.intra(target.features, others))
        labels.append(_labels(model.detector, target.boxes, samples[v]))
    alpha = torch.cat(alphas)
    anchors = len(alpha) if model.supervise == 'triplet' else len(alphas[0])
    label = torch.cat(labels)
    triplets = head.select_triplets(alpha, label, anchors)
    images = _images(batch)
    return TripletView(
        images=[images[v] for v in triplet],
        boxes=torch.cat(boxes),
        videos=torch.arange(3).repeat_interleave(
            torch.tensor([len(part) for part in boxes])
        ),
        labels=label,
        alpha=alpha,
        beta=head.inter(alpha, triplets) if head.inter is not None else None,
        triplets=triplets,
    )


def _check_model(model: nn.Module) -> None:
    """Refuse a model that has no window and no triplet."""
    if not hasattr(model, 'encode'):
        raise TypeError(
            f'{type(model).__name__} has no relations to look into; give the '
            'config and the checkpoint of an HVRNet'
        )


def _images(batch: dict) -> List[np.ndarray]:
    """Target frames of a batch before preprocessing, BGR [H, W, 3]."""
    return [
        np.ascontiguousarray(frames[0].permute(1, 2, 0).cpu().numpy())
        for frames in batch['inputs']['img']
    ]


def _labels(detector: Any, boxes: Tensor, sample: Any) -> Tensor:
    """Categories of proposals by training's assigner, int [N]."""
    truth, ignored, _ = unpack_gt_instances([sample])
    assigned = detector.roi_head.bbox_assigner.assign(
        InstanceData(priors=boxes), truth[0], ignored[0]
    ).gt_inds
    num_classes = detector.roi_head.bbox_head.num_classes
    labels = torch.full_like(assigned, num_classes)
    found = assigned > 0
    labels[found] = truth[0].labels[assigned[found] - 1]
    return labels
