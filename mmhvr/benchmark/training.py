# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What an iteration of training costs: HVR-Net, what it must, and SELSA.

Legend: V videos of a batch, T frames a video (the target frame first), H x W
size of a frame.
"""

from __future__ import annotations

import ctypes
import gc
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any, Callable, Dict, List, Sequence

import torch
from mmengine.structures import InstanceData
from mmtrack.structures import TrackDataSample
from torch import Tensor

from ..models.vid.backbone_maps import maps_without_gradient
from ..models.vid.frames import is_frozen
from .frames import FrameSupply
from .measure import current_bytes, peak_bytes


@dataclass
class Batch:
    """V videos with boxes.

    Attributes:
        frames (Tensor): Normalised, [V, T, 3, H, W].
        samples (list[list[TrackDataSample]]): Of each video and frame, with
            gt_instances; the target frame's has ref_gt_instances, too.
    """

    frames: Tensor
    samples: List[List[TrackDataSample]]

    @property
    def targets(self) -> List[TrackDataSample]:
        """The samples of the target frames."""
        return [video[0] for video in self.samples]

    def inputs(self, videos: slice = slice(None)) -> Dict[str, Tensor]:
        """Return what a video detector takes."""
        frames = self.frames[videos]
        return dict(img=frames[:, :1], ref_img=frames[:, 1:])


def make_batch(
    supply: FrameSupply,
    num_categories: int,
    videos_per_category: int,
    num_frames: int,
    boxes_per_frame: int = 2,
    seed: int = 0,
) -> Batch:
    """Frames of the supply, with boxes drawn at random.

    Args:
        supply: The frames.
        num_categories: K; video v is of category v // N.
        videos_per_category: N.
        num_frames: T.
        boxes_per_frame: Boxes, of the video's category.
        seed: Of the boxes.
    """
    rng = torch.Generator().manual_seed(seed)
    videos = num_categories * videos_per_category
    frames = torch.cat([supply.take() for _ in range(videos * num_frames)])
    size = torch.tensor(supply.size, dtype=torch.float32)
    padded = tuple(frames.shape[-2:])
    samples = []
    for video in range(videos):
        label = video // videos_per_category
        row = []
        for _ in range(num_frames):
            extent = size * (
                0.2 + 0.4 * torch.rand(boxes_per_frame, 2, generator=rng)
            )
            corner = (size - extent) * torch.rand(
                boxes_per_frame, 2, generator=rng
            )
            sample = supply.sample(0)
            sample.set_metainfo(dict(video_label=label, pad_shape=padded))
            sample.gt_instances = InstanceData(
                bboxes=torch.cat([corner, corner + extent], 1),
                labels=torch.full((boxes_per_frame,), label),
            ).to(supply.device)
            row.append(sample)
        supports = InstanceData.cat([s.gt_instances for s in row[1:]])
        supports.map_instances_to_img_idx = torch.arange(
            num_frames - 1, device=supply.device
        ).repeat_interleave(boxes_per_frame)
        row[0].ref_gt_instances = supports
        samples.append(row)
    return Batch(frames.unflatten(0, (videos, num_frames)), samples)


class TrainingMethod:
    """A model that learns from batches.

    Attributes:
        name (str): For the table.
        supervised (int): Frames of the last batch that bore losses.
    """

    def __init__(self, name: str, model: Any) -> None:
        self.name, self.model = name, model.train()
        self.supervised = 0

    def losses(self, batch: Batch) -> Dict[str, Tensor]:
        """Pass a batch forward."""
        raise NotImplementedError

    def step(self, batch: Batch) -> None:
        """Pass a batch forward and back; gradients are dropped after."""
        torch.manual_seed(0)  # the samplers of proposals draw from it
        loss, _ = self.model.parse_losses(self.losses(batch))
        loss.backward()
        self.model.zero_grad(set_to_none=True)


class HvrTraining(TrainingMethod):
    """HVR-Net on all V videos."""

    def losses(self, batch: Batch) -> Dict[str, Tensor]:
        """See :class:`TrainingMethod`."""
        supervised = dict(target=1, triplet=3, batch=len(batch.frames))
        self.supervised = supervised[self.model.supervise]
        return self.model.loss(batch.inputs(), batch.targets)


class BareTraining(TrainingMethod):
    """What any training of this kind does: the yardstick.

    All V T frames pass the backbone without gradient, as the choice of
    videos asks for; then the plain detector learns from all frames of three
    videos, 3 T. With a frozen backbone no frame passes it twice.

    Args:
        model: HVR-Net without relations and without a choice of videos: to
            it each frame is a video.
    """

    def losses(self, batch: Batch) -> Dict[str, Tensor]:
        """See :class:`TrainingMethod`."""
        model = self.model
        first = 3 if is_frozen(model.detector.backbone) else 0
        maps_without_gradient(model.detector.backbone, batch.frames[first:])
        frames = batch.frames[:3].flatten(0, 1)
        samples = [sample for video in batch.samples[:3] for sample in video]
        self.supervised = len(frames)
        return model.loss(dict(img=frames[:, None]), samples)


class SelsaTraining(TrainingMethod):
    """MMTracking's SELSA on one video, all that it takes a step."""

    def losses(self, batch: Batch) -> Dict[str, Tensor]:
        """See :class:`TrainingMethod`."""
        self.supervised = 1
        return self.model.loss(batch.inputs(slice(1)), batch.targets[:1])


def measure_training(
    methods: Sequence[TrainingMethod],
    batch: Batch,
    now: Callable[[], float],
    rounds: int,
) -> List[Dict[str, Any]]:
    """Let the methods learn from a batch by turns.

    Args:
        methods: What to measure.
        batch: The same for all.
        now: Returns seconds.
        rounds: Iterations a method; one more goes before, not measured.

    Returns:
        For each method ``name``, ``seconds`` of an iteration (list),
        ``mean``, ``spread`` (sample standard deviation, None for one round),
        ``supervised`` frames, and ``peak_bytes``, the most memory of an
        iteration above what was there at its start (None if unknown).
    """
    device = str(batch.frames.device)
    seconds: Dict[str, List[float]] = {method.name: [] for method in methods}
    peaks: Dict[str, List[int]] = {method.name: [] for method in methods}
    for turn in range(rounds + 1):
        for method in methods:
            release_memory()
            peak_bytes(device, reset=True)
            there, begin = current_bytes(device), now()
            method.step(batch)
            spent, peak = now() - begin, peak_bytes(device)
            if turn:
                seconds[method.name].append(spent)
                if peak is not None and there is not None:
                    peaks[method.name].append(peak - there)
    return [
        dict(
            name=method.name,
            seconds=seconds[method.name],
            mean=mean(seconds[method.name]),
            spread=stdev(seconds[method.name]) if rounds > 1 else None,
            supervised=method.supervised,
            peak_bytes=max(peaks[method.name], default=None),
        )
        for method in methods
    ]


def release_memory() -> None:
    """Give what is free back, so that it counts when it is taken again."""
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError, TypeError):
        pass  # not glibc
