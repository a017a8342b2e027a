# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Pictures and videos that a person looks at."""

from ..utils.image_files import save_picture
from .draw import class_colour, draw_detections, draw_ground_truth, upscale
from .hook import VIDVisualizationHook, predicted_instances
from .layout import caption, contact_sheet, side_by_side
from .video import VideoWriter

__all__ = [
    'VIDVisualizationHook',
    'VideoWriter',
    'caption',
    'class_colour',
    'contact_sheet',
    'draw_detections',
    'draw_ground_truth',
    'predicted_instances',
    'save_picture',
    'side_by_side',
    'upscale',
]
