# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Features of proposals -> relations -> classes and boxes (section 3).

Legend: V videos (the triplet in training), N proposals of a video's target
frame, M proposals of all its support frames, D channels of a feature, K
classes; label K = background; the target video comes first.
"""

from typing import Dict, List, Optional, Sequence, Tuple

import torch
from mmdet.models.roi_heads.bbox_heads import BBoxHead
from mmdet.models.task_modules.samplers import SamplingResult
from mmdet.structures.bbox import bbox2roi
from mmengine.registry import MODELS
from torch import Tensor, nn

from ..relations.inter_video import TripletInterVideoRelation
from ..triplets.video_structures import TargetProposals, VideoChoice
from .auxiliary import AuxiliaryPredictor


@MODELS.register_module()
class HVRBBoxHead(BBoxHead):
    """mmdet's box head on features that two kinds of relation enhance.

    RoI maps -> FC -> intra-video relations (eq. 2) -> proposal triplets
    (eq. 3) -> inter-video relation (eq. 4) -> scores and boxes.

    Args:
        in_channels (int): Channels of a RoI map. Defaults to 256.
        roi_feat_size (int): Its height and width. Defaults to 7.
        fc_out_channels (int): D. Defaults to 1024.
        intra (dict): Config of the intra-video relations. Defaults to three
            modules with the skip connection.
        inter (dict, optional): Config of the inter-video relation; None for
            none. Defaults to one :class:`PooledInterVideoRelation`.
        proposal_selector (dict): Config of the choice of triplets.
        loss_relation (dict, optional): Config of the relation loss; None
            for none.
        auxiliary (dict, optional): Arguments ``after``, ``loss_weight`` and
            ``at_test`` of an :class:`AuxiliaryPredictor`; None (default) for
            none.
        kwargs: Arguments of mmdet's BBoxHead (num_classes, bbox_coder,
            losses, ...). Boxes are regressed class-agnostically by default.
    """

    def __init__(
        self,
        in_channels: int = 256,
        roi_feat_size: int = 7,
        fc_out_channels: int = 1024,
        intra: dict = dict(type='IntraVideoRelation'),
        inter: Optional[dict] = dict(type='PooledInterVideoRelation'),
        proposal_selector: dict = dict(type='ProposalTripletSelector'),
        loss_relation: Optional[dict] = dict(type='RelationTripletLoss'),
        auxiliary: Optional[dict] = None,
        reg_class_agnostic: bool = True,
        init_cfg: Optional[dict] = None,
        **kwargs,
    ) -> None:
        super().__init__(
            in_channels=fc_out_channels,
            roi_feat_size=1,
            reg_class_agnostic=reg_class_agnostic,
            init_cfg=init_cfg,
            **kwargs,
        )
        if init_cfg is None:
            self.init_cfg += [
                dict(
                    type='Kaiming',
                    mode='fan_in',
                    override=dict(name='embedding'),
                )
            ]
        self.embedding = nn.Sequential(
            nn.Linear(in_channels * roi_feat_size**2, fc_out_channels),
            nn.ReLU(),
        )
        self.intra = MODELS.build(dict(intra, channels=fc_out_channels))
        if self.intra.reads_before_relu:
            self.embedding[1] = nn.Identity()
        self.inter = (
            MODELS.build(dict(inter, channels=fc_out_channels))
            if inter is not None
            else None
        )
        self.proposal_selector = MODELS.build(proposal_selector)
        self.loss_relation = (
            MODELS.build(loss_relation) if loss_relation is not None else None
        )
        self.auxiliary = (
            AuxiliaryPredictor(
                fc_out_channels,
                self.fc_cls.out_features,
                self.fc_reg.out_features,
                **auxiliary,
            )
            if auxiliary is not None
            else None
        )
        if self.proposal_selector.many_per_anchor and isinstance(
            self.inter, TripletInterVideoRelation
        ):
            raise ValueError(
                f'{type(self.proposal_selector).__name__} gives an anchor '
                'many triplets, but TripletInterVideoRelation relates it to '
                'one. Use PooledInterVideoRelation.'
            )
        if self.auxiliary and self.auxiliary.after > len(self.intra.relations):
            raise ValueError(
                f'auxiliary reads the output of {self.auxiliary.after} '
                'intra-video modules, but there are '
                f'{len(self.intra.relations)}.'
            )

    def embed(self, roi_feats: Tensor) -> Tensor:
        """Turn RoI maps [N, C, h, w] into initial features x, [N, D]."""
        return self.embedding(roi_feats.flatten(1))

    def classify(self, features: Tensor) -> Tuple[Tensor, Tensor]:
        """Scores [N, K + 1] and box deltas [N, 4] of features [N, D]."""
        return self.fc_cls(features), self.fc_reg(features)

    def triplet_features(self, alpha: Tensor) -> Tuple[Tensor, Tensor]:
        """Return what eq. 3 compares: of anchors and of candidates."""
        return alpha, alpha

    def loss_features(self, alpha: Tensor) -> Tuple[Tensor, Tensor]:
        """Return what eq. 6 compares: of anchors and of the others."""
        return alpha, alpha

    def loss_on_videos(
        self,
        targets: Sequence[Tensor],
        supports: Sequence[Tensor],
        sampling_results: List[SamplingResult],
        rcnn_train_cfg: dict,
        choice: VideoChoice,
    ) -> Tuple[Dict[str, Tensor], List[TargetProposals]]:
        """Losses of triplets of videos.

        Args:
            targets (list[Tensor]): For each video the initial features of
                its target frame's sampled proposals, [N_v, D].
            supports (list[Tensor]): For each video the initial features of
                its support frames' proposals, [M_v, D].
            sampling_results (list[SamplingResult]): Of the target frames.
            rcnn_train_cfg (dict): ``train_cfg.rcnn``.
            choice (VideoChoice): The video triplets. The intra-video
                relations of a video are computed once.

        Returns:
            tuple[dict[str, Tensor], list[TargetProposals]]: loss_cls,
            loss_bbox, acc, and loss_relation with num_triplets where there
            is a relation loss; and each video's enhanced proposals, without
            gradient.
        """
        stages = [self.intra.stages(t, s) for t, s in zip(targets, supports)]
        alphas = [features[-1] for features in stages]
        labels = self.get_targets(
            sampling_results, rcnn_train_cfg, concat=False
        )[0]
        enhanced = [
            TargetProposals(alpha.detach(), of_rows)
            for alpha, of_rows in zip(alphas, labels)
        ]
        # With mixed precision the layers decide the type of a batch.
        past = choice.remembered
        alphas += [video.features.to(alphas[0].dtype) for video in past]
        labels = [*labels, *(video.labels for video in past)]
        betas, results, proposals = [], [], []
        for videos in choice.triplets:
            supervised = choice.supervised(videos)
            alpha = torch.cat([alphas[v] for v in videos])
            anchors = sum(len(alphas[v]) for v in supervised)
            of_rows = torch.cat([labels[v] for v in videos])
            triplets = self.select_triplets(alpha, of_rows, anchors)
            beta = alpha if self.inter is None else self.inter(alpha, triplets)
            betas.append(beta[:anchors])
            results += [sampling_results[v] for v in supervised]
            if self.loss_relation is not None:
                queries, keys = self.loss_features(alpha)
                # Background anchors have a triplet to relate to, at most.
                foreground = of_rows[triplets[0]] != self.num_classes
                anchor, positive, negative = (t[foreground] for t in triplets)
                proposals.append(
                    (queries[anchor], keys[positive], keys[negative])
                )
        losses = self.detection_loss(
            *self.classify(torch.cat(betas)), results, rcnn_train_cfg
        )
        if self.auxiliary is not None:
            features = [
                stages[v][self.auxiliary.after]
                for videos in choice.triplets
                for v in choice.supervised(videos)
            ]
            scores, deltas = self.auxiliary(torch.cat(features))
            losses.update(
                {
                    f'{name}_aux': self.auxiliary.loss_weight * loss
                    for name, loss in self.detection_loss(
                        scores, deltas, results, rcnn_train_cfg
                    ).items()
                    if name.startswith('loss')
                }
            )
        if self.loss_relation is not None:
            anchor, positive, negative = map(torch.cat, zip(*proposals))
            losses['loss_relation'] = self.loss_relation(
                anchor, positive, negative
            )
            losses['num_triplets'] = anchor.new_tensor(len(anchor))
        return losses, enhanced

    @torch.no_grad()
    def select_triplets(
        self, alpha: Tensor, labels: Tensor, num_anchors: int
    ) -> Tuple[Tensor, Tensor, Tensor]:
        """Proposal triplets among the target frames (eq. 3).

        Args:
            alpha (Tensor): Features of all target frames, [N, D].
            labels (Tensor): Their labels, int [N].
            num_anchors (int): The first so many rows seek a triplet.

        Returns:
            tuple[Tensor, Tensor, Tensor]: Indices into alpha, long [P].
        """
        queries, keys = self.triplet_features(alpha)
        return self.proposal_selector(
            queries[:num_anchors],
            labels[:num_anchors],
            keys,
            labels,
            self.num_classes,
            exclude=torch.arange(num_anchors, device=alpha.device),
        )

    def detection_loss(
        self,
        cls_score: Tensor,
        bbox_pred: Tensor,
        sampling_results: List[SamplingResult],
        rcnn_train_cfg: dict,
    ) -> Dict[str, Tensor]:
        """Loss of scores [N, K + 1] and box deltas [N, 4].

        Frames without a single proposal give zeros with a graph.
        """
        if len(cls_score) == 0:
            return dict(
                loss_cls=cls_score.sum(),
                loss_bbox=bbox_pred.sum(),
                acc=cls_score.new_zeros(1),
            )
        rois = bbox2roi([result.priors for result in sampling_results])
        return self.loss_and_target(
            cls_score, bbox_pred, rois, sampling_results, rcnn_train_cfg
        )['loss_bbox']

    @property
    def needs_window(self) -> bool:
        """Whether the inter-video relation reads other frames at test."""
        return self.inter is not None and self.inter.needs_window

    def predict_from(
        self, stages: Sequence[Tensor], offers: Sequence[tuple]
    ) -> Tuple[Tensor, Tensor]:
        """Scores and boxes from what the window's other frames offer.

        Args:
            stages (list[Tensor]): The target frame's features after 0, 1,
                ... intra-video modules, [N, D] each; alpha is the last.
            offers (list): ``inter.offer(alpha)`` of each other frame.

        Returns:
            tuple[Tensor, Tensor]: See :meth:`predict_on_window`.
        """
        beta = stages[-1]
        if self.inter is not None:
            beta = self.inter.predict_from(beta, offers)
        return self._classify_at_test(beta, stages)

    def _classify_at_test(
        self, beta: Tensor, stages: Sequence[Tensor]
    ) -> Tuple[Tensor, Tensor]:
        """:meth:`classify`, with the auxiliary predictor's part in it."""
        outputs = self.classify(beta)
        if self.auxiliary is None:
            return outputs
        return self.auxiliary.combine(*outputs, stages)

    def predict_on_window(
        self, features: Sequence[Tensor]
    ) -> Tuple[Tensor, Tensor]:
        """Scores and boxes of a target frame from a window of frames.

        Args:
            features (list[Tensor]): For each frame the initial features of
                its proposals, [M_t, D]; the target frame comes first.

        Returns:
            tuple[Tensor, Tensor]: Scores [N, K + 1] before the softmax, and
            box deltas [N, 4].
        """
        stages = self._stages_of(features, 0)
        beta = stages[-1]
        if self.inter is not None:
            window = beta[:0]
            if self.inter.needs_window:
                others = [
                    self._stages_of(features, t)[-1]
                    for t in range(1, len(features))
                ]
                window = torch.cat([window, *others])
            beta = self.inter.predict(beta, window)
        return self._classify_at_test(beta, stages)

    def _stages_of(
        self, features: Sequence[Tensor], frame: int
    ) -> List[Tensor]:
        """One frame's stages, all other frames of the window supporting."""
        supports = self.intra.supports_of(features, frame)
        support = torch.cat([features[frame][:0], *supports])
        return self.intra.stages(features[frame], support)
