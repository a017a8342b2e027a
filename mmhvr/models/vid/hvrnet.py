# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""HVR-Net: frames -> triplets of videos -> proposals -> RoI head.

Legend: V videos of a batch, T frames a video (the target frame first), C
channels, H x W size of an image or map.
"""

from typing import Dict, List, Optional, Sequence, Tuple

import torch
from mmtrack.models.vid import BaseVideoDetector
from mmtrack.registry import MODELS
from mmtrack.utils import ConfigType, OptConfigType, OptMultiConfig, SampleList
from torch import Tensor

from ..encoded_frame import EncodedFrame
from .frames import Maps, find_parts, pick, stack_frames
from .rpn import propose, rpn_loss
from .video_choice import choose_and_pass


@MODELS.register_module()
class HVRNet(BaseVideoDetector):
    """Hierarchical Video Relation Network (ECCV 2020).

    A batch of V videos passes the backbone without gradient; only the video
    triplets chosen from it (eq. 1) go on.

    Args:
        detector (dict): Config of a two-stage mmdet detector whose RoI head
            is a :class:`HVRRoIHead`.
        video_selector (dict, optional): Config of the choice of videos. None
            trains on all videos of the batch, each for itself.
        supervise (str): Which target frames contribute to the loss: 'target'
            (the target video's, eq. 5), 'triplet' (those of all three videos
            of the triplet, as in the released code) or 'batch' (every video
            of the batch is the target of a triplet of its own). Defaults to
            'triplet'.
        support_gradient (bool): Let gradients pass through the support
            frames' maps and proposal features, too. Without, their maps are
            those by which the videos were chosen, and only target frames
            pass the backbone a second time. Defaults to True.
        frozen (list[str]): Names of parts that do not train, such as
            'detector.rpn_head'; a frozen RPN has no loss. (A ResNet has
            frozen_stages.) Defaults to none.
        triplet_level (int): By which output of the backbone the videos are
            compared (conv4 in the paper). Defaults to 0.
        rpn_levels (list[int], optional): Which outputs of the neck (of the
            backbone, without a neck) RPN reads. Defaults to all.
        roi_levels (list[int], optional): Which ones the RoI head reads.
            Defaults to all.
        memory (dict, optional): Config of a :class:`VideoMemory` but for its
            ``proposal_channels`` and ``num_classes``. With it the videos of
            a triplet come from earlier batches, too, and a batch is any V
            videos; only with ``supervise='batch'``. Defaults to None.
        data_preprocessor (dict, optional): Config of mmtrack's
            TrackDataPreprocessor.
        init_cfg (dict, optional): Initialisation.

    Raises:
        ValueError: A choice is none of these, there is no such part, or a
            memory has no videos to choose for.
    """

    supervisions = ('target', 'triplet', 'batch')

    def __init__(
        self,
        detector: ConfigType,
        video_selector: OptConfigType = dict(type='VideoTripletSelector'),
        supervise: str = 'triplet',
        support_gradient: bool = True,
        frozen: Sequence[str] = (),
        triplet_level: int = 0,
        rpn_levels: Optional[Sequence[int]] = None,
        roi_levels: Optional[Sequence[int]] = None,
        memory: OptConfigType = None,
        data_preprocessor: OptConfigType = None,
        init_cfg: OptMultiConfig = None,
    ) -> None:
        super().__init__(data_preprocessor, init_cfg)
        if supervise not in self.supervisions:
            raise ValueError(
                f'supervise must be one of {self.supervisions}, got '
                f'{supervise!r}.'
            )
        if memory and (supervise != 'batch' or not video_selector):
            raise ValueError(
                "memory needs supervise='batch' and a video_selector, got "
                f'supervise={supervise!r} and video_selector='
                f'{video_selector!r}: every video of a batch is the target '
                'of a triplet, whose other videos may be remembered ones.'
            )
        self.detector = MODELS.build(detector)
        self.video_selector = (
            MODELS.build(video_selector) if video_selector else None
        )
        head = self.detector.roi_head.bbox_head
        self.memory = (
            MODELS.build(
                dict(
                    memory,
                    proposal_channels=head.fc_cls.in_features,
                    num_classes=head.num_classes,
                )
            )
            if memory
            else None
        )
        self.supervise = supervise
        self.support_gradient = support_gradient
        self.frozen = find_parts(self, frozen)
        for part in self.frozen.values():
            part.requires_grad_(False)
        self.triplet_level = triplet_level
        self.rpn_levels = rpn_levels
        self.roi_levels = roi_levels

    def train(self, mode: bool = True) -> 'HVRNet':
        """Switch the mode, but leave frozen parts in evaluation."""
        super().train(mode)
        for part in self.frozen.values():
            part.eval()
        return self

    def loss(
        self, inputs: Dict[str, Tensor], data_samples: SampleList
    ) -> Dict[str, Tensor]:
        """Losses of one batch, of K x N videos or, with a memory, of any.

        In training, the videos are in the memory afterwards.

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
        choice, target_maps, support_maps = choose_and_pass(
            stack_frames(inputs),
            data_samples,
            self.detector.backbone,
            self.triplet_maps,
            self.video_selector,
            self.memory,
            every_video=self.supervise == 'batch',
            num_supervised=3 if self.supervise == 'triplet' else 1,
            support_gradient=self.support_gradient,
        )
        samples = [data_samples[v] for v in choice.videos]
        support_features = self.support_features(support_maps, samples)
        rpn_maps, roi_maps = self.split_levels(target_maps)
        detector = self.detector
        losses, proposals = rpn_loss(
            detector.rpn_head,
            rpn_maps,
            samples,
            len(choice.supervised_videos),
            detector.train_cfg.get('rpn_proposal', detector.test_cfg.rpn),
        )
        roi_losses, enhanced = detector.roi_head.loss(
            roi_maps, support_features, proposals, samples, choice
        )
        if self.memory is not None and self.training:
            self.memory.push(choice.vectors, enhanced)
        return {**losses, **roi_losses}

    @torch.no_grad()
    def triplet_maps(self, maps: Maps) -> Tensor:
        """Return what the videos are compared by.

        Args:
            maps (tuple[Tensor]): The backbone's, each level [B, C, H, W].

        Returns:
            Tensor: Of ``triplet_level``, [B, ...].
        """
        return maps[self.triplet_level]

    def support_features(
        self, maps: Maps, samples: SampleList
    ) -> List[Tensor]:
        """Return initial features of the support frames' proposals.

        Args:
            maps (tuple[Tensor]): Maps of V' videos, [V' (T - 1), C, H, W].
            samples (list[TrackDataSample]): Their samples, V'.

        Returns:
            list[Tensor]: For each video [M_v, D], all frames together.
        """
        frames = len(maps[0]) // len(samples)
        with torch.set_grad_enabled(
            torch.is_grad_enabled() and self.support_gradient
        ):
            rpn_maps, roi_maps = self.split_levels(maps)
            boxes = self.support_boxes(rpn_maps, samples, frames)
            features = self.detector.roi_head.extract(roi_maps, boxes)
        number = [
            sum(len(b) for b in boxes[v * frames : (v + 1) * frames])
            for v in range(len(samples))
        ]
        return list(features.split(number))

    @torch.no_grad()
    def support_boxes(
        self, rpn_maps: Maps, samples: SampleList, frames: int
    ) -> List[Tensor]:
        """Proposals of the support frames.

        Args:
            rpn_maps (tuple[Tensor]): RPN's levels of V' videos' support
                frames.
            samples (list[TrackDataSample]): The videos' samples, V'.
            frames (int): Support frames of each video.

        Returns:
            list[Tensor]: For each frame, video by video, [M, 4].
        """
        of_frames = [sample for sample in samples for _ in range(frames)]
        proposals = self.propose(rpn_maps, of_frames, 'support_proposal')
        return [proposal.bboxes for proposal in proposals]

    def split_levels(self, maps: Maps) -> Tuple[Maps, Maps]:
        """Pass the neck and pick the levels of RPN and of the RoI head."""
        if self.detector.with_neck:
            maps = self.detector.neck(maps)
        return pick(maps, self.rpn_levels), pick(maps, self.roi_levels)

    def propose(self, maps: Maps, samples: SampleList, kind: str) -> list:
        """Proposals of frames that are not supervised, see :func:`propose`.

        Args:
            maps (tuple[Tensor]): RPN's levels of the frames.
            samples (list[TrackDataSample]): Their (videos') samples.
            kind (str): The key of the detector's train_cfg that says how
                many proposals and which NMS; without it, as in testing.
        """
        cfg = self.detector.test_cfg.rpn
        if self.training:
            cfg = self.detector.train_cfg.get(kind, cfg)
        return propose(self.detector.rpn_head, maps, samples, cfg)

    def encode(
        self, frames: Tensor, data_samples: SampleList
    ) -> List[EncodedFrame]:
        """Pass frames through all that depends on one frame alone.

        Args:
            frames (Tensor): Of one size, [B, C, H, W], preprocessed.
            data_samples (list[TrackDataSample]): Their samples, B.

        Returns:
            list[EncodedFrame]: For :class:`mmhvr.streaming.VideoEngine`.
        """
        rpn_maps, roi_maps = self.split_levels(self.detector.backbone(frames))
        proposals = self.propose(rpn_maps, data_samples, 'support_proposal')
        boxes = [proposal.bboxes for proposal in proposals]
        features = self.detector.roi_head.extract(roi_maps, boxes)
        return [
            EncodedFrame(*parts)
            for parts in zip(
                boxes,
                features.split([len(b) for b in boxes]),
                data_samples,
            )
        ]

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
        for window, sample in zip(stack_frames(inputs), data_samples):
            frames = self.encode(window, [sample] * len(window))
            sample.pred_det_instances = self.detector.roi_head.predict(
                frames, rescale
            )
        return data_samples
