# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Proposals of many frames -> RoI features -> boxes of the target frames.

Legend: V videos, B frames, C channels, D channels of a proposal feature;
boxes xyxy in pixels of the resized image.
"""

from typing import Dict, List, Optional, Sequence, Tuple

from mmdet.models.layers import multiclass_nms
from mmdet.models.roi_heads import StandardRoIHead
from mmdet.models.task_modules.samplers import SamplingResult
from mmdet.models.utils import unpack_gt_instances
from mmdet.structures import SampleList
from mmdet.structures.bbox import bbox2roi
from mmdet.utils import InstanceList
from mmengine.registry import MODELS
from mmengine.structures import BaseDataElement, InstanceData
from torch import Tensor

from ..encoded_frame import EncodedFrame
from ..triplets.video_structures import TargetProposals, VideoChoice


@MODELS.register_module()
class HVRRoIHead(StandardRoIHead):
    """mmdet's RoI head over the frames of videos.

    Args:
        feature_stage (dict, optional): Config of a module that turns the
            backbone's map into the one that RoI features come from: conv5
            as :class:`ResNetStage`. None takes the maps as they are.
        feature_neck (dict, optional): Config of an mmdet neck behind it,
            e.g. ChannelMapper to 256 channels.
        args, kwargs: Arguments of mmdet's StandardRoIHead.
    """

    def __init__(
        self,
        *args,
        feature_stage: Optional[dict] = None,
        feature_neck: Optional[dict] = None,
        **kwargs,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.feature_stage = (
            MODELS.build(feature_stage) if feature_stage else None
        )
        self.feature_neck = (
            MODELS.build(feature_neck) if feature_neck else None
        )

    def feature_maps(self, x: Tuple[Tensor, ...]) -> Tuple[Tensor, ...]:
        """Return the maps that RoI features come from: conv5 and its neck.

        Args:
            x (tuple[Tensor]): Maps of frames, each level [B, C, H, W].

        Returns:
            tuple[Tensor]: Each level [B, C', H', W'].
        """
        if self.feature_stage is not None:
            x = tuple(self.feature_stage(level) for level in x)
        if self.feature_neck is not None:
            x = self.feature_neck(x)
        return x

    def extract(
        self, x: Tuple[Tensor, ...], boxes: Sequence[Tensor]
    ) -> Tensor:
        """Return the initial features of the proposals of all frames.

        Args:
            x (tuple[Tensor]): Maps of the frames, each level [B, C, H, W].
            boxes (list[Tensor]): Proposals of each frame, [M_b, 4].

        Returns:
            Tensor: [sum of M_b, D], frame by frame; a frame may have none.
        """
        x = self.feature_maps(x)
        none = x[0].new_zeros(0, 4)
        rois = bbox2roi([*boxes, none])
        if len(rois) > 0:
            maps = self.bbox_roi_extractor(
                x[: self.bbox_roi_extractor.num_inputs], rois
            )
        else:
            size = self.bbox_roi_extractor.roi_layers[0].output_size
            # No rows, but a graph: every parameter still gets a gradient.
            maps = x[0][:0, :, :1, :1].expand(-1, -1, *size)
        return self.bbox_head.embed(maps)

    def loss(
        self,
        x: Tuple[Tensor, ...],
        support_features: List[Tensor],
        proposals: InstanceList,
        data_samples: SampleList,
        choice: VideoChoice,
    ) -> Tuple[Dict[str, Tensor], List[TargetProposals]]:
        """Losses of target frames.

        Args:
            x (tuple[Tensor]): Maps of the target frames, each level
                [V, C, H, W].
            support_features (list[Tensor]): For each video the initial
                features of its support frames' proposals, [M_v, D].
            proposals (list[InstanceData]): Of the target frames.
            data_samples (list): Their samples, with boxes.
            choice (VideoChoice): The video triplets.

        Returns:
            tuple: Losses, and each video's enhanced proposals; see
            :meth:`HVRBBoxHead.loss_on_videos`.
        """
        sampled = self.assign_and_sample(proposals, data_samples)
        boxes = [result.priors for result in sampled]
        features = self.extract(x, boxes)
        return self.bbox_head.loss_on_videos(
            features.split([len(b) for b in boxes]),
            support_features,
            sampled,
            self.train_cfg,
            choice,
        )

    def assign_and_sample(
        self, proposals: InstanceList, data_samples: SampleList
    ) -> List[SamplingResult]:
        """Assign proposals to each frame's own boxes and sample them.

        Args:
            proposals (list[InstanceData]): Of each frame, with bboxes.
            data_samples (list): Each frame's sample with gt_instances.

        Returns:
            list[SamplingResult]: One a frame.
        """
        gt_instances, gt_ignored, _ = unpack_gt_instances(data_samples)
        results = []
        for proposal, gt, ignored in zip(proposals, gt_instances, gt_ignored):
            priors = InstanceData(priors=proposal.bboxes)
            assigned = self.bbox_assigner.assign(priors, gt, ignored)
            results.append(self.bbox_sampler.sample(assigned, priors, gt))
        return results

    def predict(
        self,
        frames: Sequence[EncodedFrame],
        rescale: bool = False,
    ) -> InstanceData:
        """Return detections in one target frame from a window of frames.

        Args:
            frames (list[EncodedFrame]): The window, the target frame first.
            rescale (bool): Boxes in pixels of the original image.

        Returns:
            InstanceData: bboxes, scores and labels.
        """
        cls_score, bbox_pred = self.bbox_head.predict_on_window(
            [frame.features for frame in frames]
        )
        return self.decode(
            frames[0].boxes, cls_score, bbox_pred, frames[0].sample, rescale
        )

    def decode(
        self,
        boxes: Tensor,
        cls_score: Tensor,
        bbox_pred: Tensor,
        data_sample: BaseDataElement,
        rescale: bool = True,
    ) -> InstanceData:
        """Make detections of scores and box deltas of one frame's proposals.

        Args:
            boxes (Tensor): The proposals, [N, 4].
            cls_score (Tensor): Scores before the softmax, [N, K + 1].
            bbox_pred (Tensor): Box deltas, [N, 4].
            data_sample (BaseDataElement): The frame's sample.
            rescale (bool): Boxes in pixels of the original image.

        Returns:
            InstanceData: bboxes [n, 4] xyxy, scores [n] and labels [n].
        """
        return self.select(
            self.candidates(boxes, cls_score, bbox_pred, data_sample, rescale)
        )

    def candidates(
        self,
        boxes: Tensor,
        cls_score: Tensor,
        bbox_pred: Tensor,
        data_sample: BaseDataElement,
        rescale: bool = True,
    ) -> InstanceData:
        """Return what :meth:`decode` selects from: all boxes, before NMS.

        Args:
            boxes (Tensor): The proposals, [N, 4].
            cls_score (Tensor): Scores before the softmax, [N, K + 1].
            bbox_pred (Tensor): Box deltas, [N, 4].
            data_sample (BaseDataElement): The frame's sample.
            rescale (bool): Boxes in pixels of the original image.

        Returns:
            InstanceData: bboxes [N, 4] xyxy and scores [N, K + 1], the last
            column for background.
        """
        return self.bbox_head.predict_by_feat(
            rois=(bbox2roi([boxes]),),
            cls_scores=(cls_score,),
            bbox_preds=(bbox_pred,),
            batch_img_metas=[data_sample.metainfo],
            rcnn_test_cfg=None,
            rescale=rescale,
        )[0]

    def select(self, candidates: InstanceData) -> InstanceData:
        """Score threshold, NMS and the best of a frame, by ``test_cfg``.

        Args:
            candidates (InstanceData): As :meth:`candidates` returns them.

        Returns:
            InstanceData: bboxes [n, 4] xyxy, scores [n] and labels [n].
        """
        dets, labels = multiclass_nms(
            candidates.bboxes,
            candidates.scores,
            self.test_cfg.score_thr,
            self.test_cfg.nms,
            self.test_cfg.max_per_img,
        )
        return InstanceData(
            bboxes=dets[:, :-1], scores=dets[:, -1], labels=labels
        )
