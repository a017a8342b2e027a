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
from .by_video import apply_by_video
from .coco_average_precision import coco_average_precisions
from .errors import ErrorCounts, count_errors
from .matching import match_detections, paired_iou
from .motion import MOTION_RANGES, motion_iou
from .motion_files import load_motion_iou, save_motion_iou
from .prediction_files import (
    Predictions,
    label_names,
    load_predictions,
    save_predictions,
)
from .range_average_precision import PROTOCOLS, range_average_precisions
from .re_evaluation import evaluate_predictions
from .seq_nms import seq_nms
from .structures import Detections, GroundTruth
from .vid_metric import VIDMetric
from .video_seq_nms import SeqNMS, apply_seq_nms

__all__ = [
    'Detections',
    'ErrorCounts',
    'GroundTruth',
    'MOTION_RANGES',
    'PROTOCOLS',
    'Predictions',
    'SeqNMS',
    'VIDAnnotations',
    'VIDMetric',
    'apply_by_video',
    'apply_seq_nms',
    'area_under_envelope',
    'average_precision',
    'average_precisions',
    'coco_average_precisions',
    'count_errors',
    'evaluate_predictions',
    'label_names',
    'load_annotations',
    'load_motion_iou',
    'load_predictions',
    'match_detections',
    'mean_average_precision',
    'motion_iou',
    'paired_iou',
    'precision_recall',
    'range_average_precisions',
    'save_motion_iou',
    'save_predictions',
    'seq_nms',
]
