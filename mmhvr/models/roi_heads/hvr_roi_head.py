# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Proposals of many frames -> RoI features -> boxes of the target frames.

Legend: V videos, T frames a video, B = V T frames in the order [target frame
of each video, then the support frames video by video], C channels, D
channels of a proposal feature; boxes xyxy in pixels of the resized image.
"""

from typing import Dict, List, Optional, Sequence, Tuple

import torch
from mmdet.models.roi_heads import StandardRoIHead
from mmdet.models.task_modules.samplers import SamplingResult
from mmdet.models.utils import unpack_gt_instances
from mmdet.structures import SampleList
from mmdet.structures.bbox import bbox2roi
from mmdet.utils import InstanceList
from mmengine.registry import MODELS
from mmengine.structures import InstanceData
from torch import Tensor


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

    def extract(
        self, x: Tuple[Tensor, ...], boxes: Sequence[Tensor]
    ) -> List[Tensor]:
        """Initial features of the proposals of each frame.

        Args:
            x (tuple[Tensor]): Maps of the frames, each level [B, C, H, W].
            boxes (list[Tensor]): Proposals of each frame, [M_b, 4].

        Returns:
            list[Tensor]: For each frame [M_b, D]; a frame may have none.
        """
        if self.feature_stage is not None:
            x = tuple(self.feature_stage(level) for level in x)
        if self.feature_neck is not None:
            x = self.feature_neck(x)
        rois = bbox2roi(list(boxes))
        if len(rois) > 0:
            maps = self.bbox_roi_extractor(
                x[: self.bbox_roi_extractor.num_inputs], rois
            )
        else:
            size = self.bbox_roi_extractor.roi_layers[0].output_size
            # No rows, but a graph: every parameter still gets a gradient.
            maps = x[0][:0, :, :1, :1].expand(-1, -1, *size)
        features = self.bbox_head.embed(maps)
        return list(features.split([len(b) for b in boxes]))

    def loss(
        self,
        x: Tuple[Tensor, ...],
        target_proposals: InstanceList,
        support_proposals: InstanceList,
        data_samples: SampleList,
        num_videos: int,
        num_supervised: int,
    ) -> Dict[str, Tensor]:
        """Losses of the frames that are targets.

        Args:
            x (tuple[Tensor]): Maps of all frames, each level [B, C, H, W].
            target_proposals (list[InstanceData]): Of the target frames,
                which are the first ones.
            support_proposals (list[InstanceData]): Of the support frames,
                which are the last ones; a frame may be both.
            data_samples (list): The target frames' samples, with boxes.
            num_videos (int): V.
            num_supervised (int): The first so many targets bear losses.

        Returns:
            dict[str, Tensor]: See :meth:`HVRBBoxHead.loss_on_videos`.
        """
        sampled = self.assign_and_sample(target_proposals, data_samples)
        frames = len(x[0])
        none = x[0].new_zeros(0, 4)
        targets = [result.priors for result in sampled]
        targets += [none] * (frames - len(targets))
        supports = [proposals.bboxes for proposals in support_proposals]
        supports = [none] * (frames - len(supports)) + supports
        both = self.extract(x, [torch.cat(b) for b in zip(targets, supports)])
        target_features = [f[: len(t)] for f, t in zip(both, targets)]
        support_features = [f[len(t) :] for f, t in zip(both, targets)]
        video = _video_of_frames(num_videos, frames)
        supports_of = [
            torch.cat(
                [both[t][:0]]
                + [
                    support_features[f]
                    for f in range(frames)
                    if f != t and video[f] == video[t]
                ]
            )
            for t in range(len(sampled))
        ]
        return self.bbox_head.loss_on_videos(
            target_features[: len(sampled)],
            supports_of,
            sampled,
            self.train_cfg,
            num_supervised,
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
        x: Tuple[Tensor, ...],
        proposals: InstanceList,
        data_sample: SampleList,
        rescale: bool = False,
    ) -> InstanceList:
        """Boxes of one target frame from a window of frames.

        Args:
            x (tuple[Tensor]): Maps of the window's frames, each level
                [B, C, H, W]; the target frame comes first.
            proposals (list[InstanceData]): Of each frame.
            data_sample (list): The target frame's sample (a list of one).
            rescale (bool): Boxes in pixels of the original image.

        Returns:
            list[InstanceData]: One, with bboxes, scores and labels.
        """
        boxes = [proposal.bboxes for proposal in proposals]
        features = self.extract(x, boxes)
        cls_score, bbox_pred = self.bbox_head.predict_on_window(features)
        return self.bbox_head.predict_by_feat(
            rois=(bbox2roi([boxes[0]]),),
            cls_scores=(cls_score,),
            bbox_preds=(bbox_pred,),
            batch_img_metas=[sample.metainfo for sample in data_sample],
            rcnn_test_cfg=self.test_cfg,
            rescale=rescale,
        )


def _video_of_frames(num_videos: int, frames: int) -> List[int]:
    """The video of each frame: targets first, then supports by video."""
    per_video = max(frames // num_videos - 1, 1)
    rest = range(frames - num_videos)
    return list(range(num_videos)) + [f // per_video for f in rest]
