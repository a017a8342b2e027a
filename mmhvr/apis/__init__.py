# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""HVR-Net from Python."""

from .inspection import TripletView, WindowView, view_triplet, view_window
from .model import init_model
from .stream import FrameResult, VideoStream

__all__ = [
    'FrameResult',
    'TripletView',
    'VideoStream',
    'WindowView',
    'init_model',
    'view_triplet',
    'view_window',
]
