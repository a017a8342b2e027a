# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Pictures and videos that a person looks at."""

from ..utils.image_files import save_picture
from .attention import attention_heat, draw_attention
from .class_change import class_changes, draw_class_changes
from .coco_video import (
    AnnotatedFrame,
    AnnotatedVideo,
    load_tested_videos,
    load_videos,
    spread_over_categories,
)
from .compare import compare_videos, draw_differences, found_boxes
from .demo import compare_frame, demo_pictures
from .draw import class_colour, draw_detections, draw_ground_truth, upscale
from .embedding import (
    draw_embeddings,
    neighbour_agreement,
    points_in_a_plane,
)
from .hook import VIDVisualizationHook, predicted_instances
from .layout import caption, contact_sheet, side_by_side
from .triplet_crops import crop_around, distinct_anchors, draw_triplet
from .video import VideoWriter

__all__ = [
    'AnnotatedFrame',
    'AnnotatedVideo',
    'VIDVisualizationHook',
    'VideoWriter',
    'attention_heat',
    'caption',
    'class_changes',
    'class_colour',
    'compare_frame',
    'compare_videos',
    'contact_sheet',
    'crop_around',
    'demo_pictures',
    'distinct_anchors',
    'draw_attention',
    'draw_class_changes',
    'draw_detections',
    'draw_differences',
    'draw_embeddings',
    'draw_ground_truth',
    'draw_triplet',
    'found_boxes',
    'load_tested_videos',
    'load_videos',
    'neighbour_agreement',
    'points_in_a_plane',
    'predicted_instances',
    'save_picture',
    'side_by_side',
    'spread_over_categories',
    'upscale',
]
