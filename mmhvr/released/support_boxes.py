# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Whose ground truth the proposals of support frames are sampled against.

Legend: V videos, T - 1 support frames a video; boxes xyxy in pixels of the
resized image.
"""

from typing import Callable, Dict

from mmengine.structures import BaseDataElement
from mmtrack.utils import SampleList


def own_ground_truth(samples: SampleList, frames: int) -> SampleList:
    """Return samples of the support frames, each with its own boxes.

    Args:
        samples (list[TrackDataSample]): V samples; ref_gt_instances holds the
            boxes of the support frames, map_instances_to_img_idx the frame
            of each.
        frames (int): T - 1.

    Returns:
        list[TrackDataSample]: V (T - 1) samples, video by video.

    Raises:
        ValueError: A sample has no boxes of its support frames.
    """
    supports = []
    for sample in samples:
        gt = sample.get('ref_gt_instances')
        if frames and (gt is None or 'map_instances_to_img_idx' not in gt):
            raise ValueError(
                "support_ground_truth='own' needs the boxes of the support "
                'frames, but a sample has no ref_gt_instances with '
                'map_instances_to_img_idx. Load the annotations of all frames '
                '(LoadTrackAnnotations in a TransformBroadcaster, then '
                'PackTrackInputs).'
            )
        supports += [
            _with_boxes(sample, gt[gt.map_instances_to_img_idx == t])
            for t in range(frames)
        ]
    return supports


def target_ground_truth(samples: SampleList, frames: int) -> SampleList:
    """Return samples of support frames, with the *target* frame's boxes.

    What the released code does. As proposals are added to what is sampled,
    each support frame shows what lies where the target's objects are.

    Args:
        samples (list[TrackDataSample]): V samples.
        frames (int): T - 1.

    Returns:
        list[TrackDataSample]: V (T - 1) samples, video by video.
    """
    return [
        _with_boxes(sample, sample.gt_instances)
        for sample in samples
        for _ in range(frames)
    ]


def _with_boxes(
    sample: BaseDataElement, boxes: BaseDataElement
) -> BaseDataElement:
    """Make a new sample of the same frame size with these boxes alone."""
    new = type(sample)(metainfo=sample.metainfo)
    new.gt_instances = boxes
    return new


GROUND_TRUTHS: Dict[str, Callable[[SampleList, int], SampleList]] = dict(
    own=own_ground_truth, target=target_ground_truth
)
