# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""HVR-Net from Python."""

from .frames import FrameResult
from .inferencer import HVRInferencer, VideoResult
from .inspection import TripletView, WindowView, view_triplet, view_window
from .model import init_model
from .stream import VideoStream

__all__ = [
    'FrameResult',
    'HVRInferencer',
    'TripletView',
    'VideoResult',
    'VideoStream',
    'WindowView',
    'init_model',
    'view_triplet',
    'view_window',
]
