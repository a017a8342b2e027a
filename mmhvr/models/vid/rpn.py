# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Proposals of frames that are supervised and of frames that are not.

Legend: B frames, C channels, H x W size of a map; boxes xyxy in pixels of the
resized image.
"""

from typing import Any, Dict, Tuple

import torch
from mmdet.structures import SampleList
from torch import Tensor

from .frames import Maps, is_frozen, rows


def rpn_loss(
    head: Any,
    maps: Maps,
    samples: SampleList,
    num_supervised: int,
    cfg: Any,
) -> Tuple[Dict[str, Tensor], list]:
    """RPN's losses on, and proposals of, target frames.

    A frozen RPN proposes and has no loss.

    Args:
        head (RPNHead): RPN.
        maps (tuple[Tensor]): Its levels of the target frames.
        samples (list[TrackDataSample]): Their samples.
        num_supervised (int): The first so many frames contribute to the loss.
        cfg (dict): How many proposals and which NMS.

    Returns:
        tuple[dict, list[InstanceData]]: Losses, and the proposals of each
        target frame.
    """
    if is_frozen(head):
        return {}, propose(head, maps, samples, cfg)
    rpn_samples = []
    for sample in samples[:num_supervised]:
        gt = sample.gt_instances[:]
        gt.labels = torch.zeros_like(gt.labels)  # one class: object
        rpn_sample = sample.new()
        rpn_sample.gt_instances = gt
        rpn_samples.append(rpn_sample)
    losses, proposals = head.loss_and_predict(
        rows(maps, slice(num_supervised)), rpn_samples, proposal_cfg=cfg
    )
    return losses, proposals + propose(
        head,
        rows(maps, slice(num_supervised, None)),
        samples[num_supervised:],
        cfg,
    )


@torch.no_grad()
def propose(head: Any, maps: Maps, samples: SampleList, cfg: Any) -> list:
    """Proposals of frames that are not supervised.

    Args:
        head (RPNHead): RPN.
        maps (tuple[Tensor]): Its levels of the frames, [B, C, H, W].
        samples (list[TrackDataSample]): Their (videos') samples, B.
        cfg (dict): How many proposals and which NMS.

    Returns:
        list[InstanceData]: bboxes [M, 4] and scores [M] of each frame.
    """
    if not samples:
        return []
    return head.predict_by_feat(
        *head(maps),
        batch_img_metas=[sample.metainfo for sample in samples],
        cfg=cfg,
    )
