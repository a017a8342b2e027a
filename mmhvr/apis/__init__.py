# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""HVR-Net from Python."""

from .frames import FrameResult
from .inferencer import HVRInferencer, VideoResult
from .model import init_model
from .stream import VideoStream

__all__ = [
    'FrameResult',
    'HVRInferencer',
    'VideoResult',
    'VideoStream',
    'init_model',
]
