# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Average precision of detections in videos, and Seq-NMS."""

from .annotations import load_annotations
from .average_precision import average_precisions, mean_average_precision
from .motion import motion_iou
from .prediction_files import Predictions, load_predictions, save_predictions
from .re_evaluation import evaluate_predictions
from .seq_nms import seq_nms
from .structures import Detections, GroundTruth
from .vid_metric import VIDMetric
from .video_seq_nms import SeqNMS, apply_seq_nms

__all__ = [
    'Detections',
    'GroundTruth',
    'average_precisions',
    'mean_average_precision',
    'Predictions',
    'SeqNMS',
    'VIDMetric',
    'apply_seq_nms',
    'evaluate_predictions',
    'load_annotations',
    'load_predictions',
    'motion_iou',
    'save_predictions',
    'seq_nms',
]
