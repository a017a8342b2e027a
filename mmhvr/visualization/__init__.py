# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Pictures and videos that a person looks at."""

from .coco_video import (
    AnnotatedFrame,
    AnnotatedVideo,
    add_predictions,
    load_videos,
    spread_over_categories,
)
from .demo import compare_frame, demo_pictures
from .draw import class_colour, draw_detections, draw_ground_truth, upscale
from .hook import VIDVisualizationHook, predicted_instances
from .layout import caption, contact_sheet, side_by_side
from .video import VideoWriter

__all__ = [
    'AnnotatedFrame',
    'AnnotatedVideo',
    'VIDVisualizationHook',
    'VideoWriter',
    'add_predictions',
    'caption',
    'class_colour',
    'compare_frame',
    'contact_sheet',
    'demo_pictures',
    'draw_detections',
    'draw_ground_truth',
    'load_videos',
    'predicted_instances',
    'side_by_side',
    'spread_over_categories',
    'upscale',
]
