# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""HVR-Net: frames -> triplet of videos -> proposals -> RoI head.

Legend: V videos of a batch, T frames a video (the target frame first), C
channels, H x W size of an image or map.
"""

from contextlib import contextmanager
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

import torch
from mmtrack.models.vid import BaseVideoDetector
from mmtrack.registry import MODELS
from mmtrack.utils import ConfigType, OptConfigType, OptMultiConfig, SampleList
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

Maps = Tuple[Tensor, ...]


@MODELS.register_module()
class HVRNet(BaseVideoDetector):
    """Hierarchical Video Relation Network (ECCV 2020).

    A batch of V videos passes the backbone without gradient; the video
    triplet chosen from it (eq. 1) is all that goes on.

    Args:
        detector (dict): Config of a two-stage mmdet detector whose RoI head
            is a :class:`HVRRoIHead`.
        video_selector (dict, optional): Config of the choice of videos. None
            trains on all videos of the batch, each for itself.
        supervise (str): Which frames bear losses: 'target' (the target
            video's target frame, eq. 5), 'triplet' (the target frames of
            all three videos, as in the released code) or 'every' (each frame
            of the triplet in turn is a target that the others of its video
            support: T times the supervision for the same backbone passes).
            Defaults to 'triplet'.
        support_gradient (bool): Let gradients reach the backbone through
            support frames, too. Without, their maps are those by which the
            videos were chosen, and only the frames that bear losses pass
            the backbone a second time. Defaults to True.
        triplet_level (int): Which output of the backbone the videos are
            compared by (conv4 in the paper). Defaults to 0.
        rpn_levels (list[int], optional): Which outputs of the neck (of the
            backbone, without a neck) RPN reads. Defaults to all.
        roi_levels (list[int], optional): Which ones the RoI head reads.
            Defaults to all.
        data_preprocessor (dict, optional): Config of mmtrack's
            TrackDataPreprocessor.
        init_cfg (dict, optional): Initialisation.
    """

    supervisions = ('target', 'triplet', 'every')

    def __init__(
        self,
        detector: ConfigType,
        video_selector: OptConfigType = dict(type='VideoTripletSelector'),
        supervise: str = 'triplet',
        support_gradient: bool = True,
        triplet_level: int = 0,
        rpn_levels: Optional[Sequence[int]] = None,
        roi_levels: Optional[Sequence[int]] = None,
        data_preprocessor: OptConfigType = None,
        init_cfg: OptMultiConfig = None,
    ) -> None:
        super().__init__(data_preprocessor, init_cfg)
        if supervise not in self.supervisions:
            raise ValueError(
                f'supervise must be one of {self.supervisions}, got '
                f"'{supervise}'."
            )
        self.detector = MODELS.build(detector)
        self.video_selector = (
            MODELS.build(video_selector) if video_selector else None
        )
        if supervise == 'every' and not support_gradient:
            raise ValueError(
                "supervise='every' makes every frame bear losses, so "
                'support_gradient must be True.'
            )
        self.supervise = supervise
        self.support_gradient = support_gradient
        self.triplet_level = triplet_level
        self.rpn_levels = rpn_levels
        self.roi_levels = roi_levels

    def loss(
        self, inputs: Dict[str, Tensor], data_samples: SampleList
    ) -> Dict[str, Tensor]:
        """Losses of one batch of K x N videos.

        Args:
            inputs (dict[str, Tensor]): img [V, 1, C, H, W], the target
                frames, and ref_img [V, T - 1, C, H, W], the support frames.
                The target video comes first.
            data_samples (list[TrackDataSample]): V samples with the target
                frames' gt_instances and the meta information video_label.

        Returns:
            dict[str, Tensor]: loss_rpn_cls, loss_rpn_bbox, and what
            :meth:`HVRBBoxHead.loss_on_videos` returns.
        """
        frames = _stack_frames(inputs)
        chosen, maps = self.choose_videos(frames, data_samples)
        maps = self.maps_of_triplet(frames, chosen, maps)
        rpn_maps, roi_maps = self.split_levels(maps)
        videos, length = len(chosen), frames.shape[1]
        samples = [data_samples[v] for v in chosen]
        # Frames from `first` on support others: all but the targets, ...
        first = videos
        supporters = [s for s in samples for _ in range(length - 1)]
        if self.supervise == 'every':
            # ... or every frame, each of which is a target, too.
            first = 0
            samples = samples + [
                frame for s in samples for frame in _support_samples(s, length)
            ]
            supporters = samples
        supervised = 1 if self.supervise == 'target' else len(samples)
        losses, target_proposals = self.rpn_loss(rpn_maps, samples, supervised)
        support_proposals = self.propose(
            _rows(rpn_maps, slice(first, None)),
            supporters,
            'support_proposal',
        )
        losses.update(
            self.detector.roi_head.loss(
                roi_maps,
                target_proposals,
                support_proposals,
                samples,
                videos,
                supervised,
            )
        )
        return losses

    def choose_videos(
        self, frames: Tensor, data_samples: SampleList
    ) -> Tuple[List[int], Optional[Maps]]:
        """The video triplet, and the maps by which it was chosen.

        Args:
            frames (Tensor): [V, T, C, H, W].
            data_samples (list[TrackDataSample]): V samples.

        Returns:
            tuple: Indices of the videos that go on, and the backbone's maps
            of all V T frames without gradient, None if nothing is chosen.
        """
        videos, length = frames.shape[:2]
        if self.video_selector is None:
            return list(range(videos)), None
        with torch.no_grad(), _evaluating(self.detector.backbone):
            maps = self.detector.backbone(frames.flatten(0, 1))
        features = maps[self.triplet_level].unflatten(0, (videos, length))
        chosen = self.video_selector(
            features,
            _video_labels(data_samples, features.device),
            _valid_sizes(
                data_samples,
                frames.shape[-2:],
                features.shape[-2:],
                features.device,
            ),
        )
        return list(chosen), maps

    def maps_of_triplet(
        self, frames: Tensor, chosen: List[int], maps: Optional[Maps]
    ) -> Maps:
        """The backbone's maps of the chosen videos, with gradient.

        What needs no gradient is taken from the maps that there are.

        Args:
            frames (Tensor): [V, T, C, H, W].
            chosen (list[int]): Indices of the videos that go on.
            maps (tuple[Tensor], optional): Maps of all frames, [V T, ...].

        Returns:
            tuple[Tensor]: Target frames first, then the support frames
            video by video.
        """
        length = frames.shape[1]
        targets = [v * length for v in chosen]
        supports = [v * length + t for v in chosen for t in range(1, length)]
        backbone, flat = self.detector.backbone, frames.flatten(0, 1)
        if maps is None:
            return backbone(flat[targets + supports])
        if _is_frozen(backbone):
            return _rows(maps, targets + supports)
        if self.support_gradient:
            return backbone(flat[targets + supports])
        return tuple(
            torch.cat(pair)
            for pair in zip(backbone(flat[targets]), _rows(maps, supports))
        )

    def split_levels(self, maps: Maps) -> Tuple[Maps, Maps]:
        """Pass the neck and pick the levels of RPN and of the RoI head."""
        if self.detector.with_neck:
            maps = self.detector.neck(maps)
        return _pick(maps, self.rpn_levels), _pick(maps, self.roi_levels)

    def rpn_loss(
        self, maps: Maps, samples: SampleList, supervised: int
    ) -> Tuple[Dict[str, Tensor], list]:
        """RPN's losses on, and proposals of, the target frames.

        Args:
            maps (tuple[Tensor]): RPN's levels, target frames first.
            samples (list[TrackDataSample]): The target frames' samples.
            supervised (int): The first so many frames bear losses.

        Returns:
            tuple[dict, list[InstanceData]]: Losses, and the proposals of
            each target frame.
        """
        rpn_samples = []
        for sample in samples[:supervised]:
            gt = sample.gt_instances[:]
            gt.labels = torch.zeros_like(gt.labels)  # one class: object
            rpn_sample = sample.new()
            rpn_sample.gt_instances = gt
            rpn_samples.append(rpn_sample)
        cfg = self.detector.train_cfg.get(
            'rpn_proposal', self.detector.test_cfg.rpn
        )
        losses, proposals = self.detector.rpn_head.loss_and_predict(
            _rows(maps, slice(supervised)), rpn_samples, proposal_cfg=cfg
        )
        unsupervised = samples[supervised:]
        proposals += self.propose(
            _rows(maps, slice(supervised, len(samples))),
            unsupervised,
            'rpn_proposal',
        )
        return losses, proposals

    @torch.no_grad()
    def propose(self, maps: Maps, samples: SampleList, kind: str) -> list:
        """Proposals of frames that bear no loss.

        Args:
            maps (tuple[Tensor]): RPN's levels of the frames, [B, C, H, W].
            samples (list[TrackDataSample]): Their (videos') samples, B.
            kind (str): The key of the detector's train_cfg that says how
                many proposals and which NMS; without it, as in testing.

        Returns:
            list[InstanceData]: bboxes [M, 4] and scores [M] of each frame.
        """
        if not samples:
            return []
        head = self.detector.rpn_head
        cfg = self.detector.test_cfg.rpn
        if self.training:
            cfg = self.detector.train_cfg.get(kind, cfg)
        return head.predict_by_feat(
            *head(maps),
            batch_img_metas=[sample.metainfo for sample in samples],
            cfg=cfg,
        )

    def predict(
        self,
        inputs: Dict[str, Tensor],
        data_samples: SampleList,
        rescale: bool = True,
    ) -> SampleList:
        """Detect in the target frame of each window of frames.

        Every frame of the window passes the whole network here; nothing is
        kept from one call to the next.

        Args:
            inputs (dict[str, Tensor]): img [V, 1, C, H, W] and ref_img
                [V, T - 1, C, H, W]; without ref_img the target frame has
                no support.
            data_samples (list[TrackDataSample]): V samples.
            rescale (bool): Boxes in pixels of the original image. Defaults
                to True.

        Returns:
            list[TrackDataSample]: The samples with pred_det_instances
            (bboxes [n, 4] xyxy, scores [n], labels [n]).
        """
        for window, sample in zip(_stack_frames(inputs), data_samples):
            rpn_maps, roi_maps = self.split_levels(
                self.detector.backbone(window)
            )
            proposals = self.propose(
                rpn_maps, [sample] * len(window), 'support_proposal'
            )
            sample.pred_det_instances = self.detector.roi_head.predict(
                roi_maps, proposals, [sample], rescale=rescale
            )[0]
        return data_samples


def _stack_frames(inputs: Dict[str, Tensor]) -> Tensor:
    """Target and support frames as one tensor [V, T, C, H, W]."""
    img, ref_img = inputs['img'], inputs.get('ref_img')
    if img.dim() != 5 or img.shape[1] != 1:
        raise ValueError(
            'inputs["img"] must be [V, 1, C, H, W], one target '
            f'frame a video; got {tuple(img.shape)}.'
        )
    return img if ref_img is None else torch.cat([img, ref_img], dim=1)


def _support_samples(sample: SampleList, length: int) -> list:
    """A sample of its own for each support frame, with its boxes."""
    if length > 1 and 'ref_gt_instances' not in sample:
        raise ValueError(
            "supervise='every' needs the boxes of the support frames "
            '(ref_gt_instances). Load them for all frames: '
            'LoadTrackAnnotations inside the TransformBroadcaster.'
        )
    frames = []
    for t in range(length - 1):
        gt = sample.ref_gt_instances
        frame = sample.new()
        frame.gt_instances = gt[gt.map_instances_to_img_idx == t]
        frames.append(frame)
    return frames


def _rows(maps: Maps, index) -> Maps:
    """Pick frames of every level."""
    return tuple(level[index] for level in maps)


def _pick(maps: Maps, levels: Optional[Sequence[int]]) -> Maps:
    """Pick levels; None keeps all."""
    return tuple(maps) if levels is None else tuple(maps[i] for i in levels)


def _video_labels(data_samples: SampleList, device: torch.device) -> Tensor:
    """The category of each video, int [V]."""
    labels = [sample.metainfo.get('video_label') for sample in data_samples]
    if any(label is None for label in labels):
        raise ValueError(
            'A sample has no meta information video_label. Train on '
            'TripletVideoDataset, and keep video_label among the meta keys '
            'of the packing transform.'
        )
    return torch.tensor(labels, device=device)


def _valid_sizes(
    data_samples: SampleList,
    padded: Sequence[int],
    cells: Sequence[int],
    device: torch.device,
) -> Tensor:
    """Cells of each video's maps that are image, not padding: int [V, 2]."""
    sizes = [sample.metainfo['img_shape'][:2] for sample in data_samples]
    ratio = torch.tensor(cells) / torch.tensor(padded)
    return (torch.tensor(sizes) * ratio).ceil().long().to(device)


def _is_frozen(module: nn.Module) -> bool:
    """Whether training mode and gradients would change nothing."""
    return not any(p.requires_grad for p in module.parameters()) and not any(
        m.training
        for m in module.modules()
        if isinstance(m, (_BatchNorm, nn.Dropout))
    )


@contextmanager
def _evaluating(module: nn.Module) -> Iterator[None]:
    """Evaluation mode for a while: no batch statistics are touched."""
    modes = [(m, m.training) for m in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for m, training in modes:
            m.training = training
