# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Average precision of detections in videos, and Seq-NMS."""

from .annotations import VIDAnnotations, load_annotations
from .average_precision import (
    area_under_envelope,
    average_precision,
    average_precisions,
    mean_average_precision,
    precision_recall,
)
from .coco_average_precision import coco_average_precisions
from .matching import match_detections, paired_iou
from .seq_nms import seq_nms
from .structures import Detections, GroundTruth
from .vid_metric import VIDMetric
from .video_seq_nms import SeqNMS, apply_seq_nms

__all__ = [
    'Detections',
    'GroundTruth',
    'SeqNMS',
    'VIDAnnotations',
    'VIDMetric',
    'apply_seq_nms',
    'area_under_envelope',
    'average_precision',
    'average_precisions',
    'coco_average_precisions',
    'load_annotations',
    'match_detections',
    'mean_average_precision',
    'paired_iou',
    'precision_recall',
    'seq_nms',
]
