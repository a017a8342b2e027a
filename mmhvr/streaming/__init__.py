# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Test time: a video frame by frame, each encoded once."""

from .engine import VideoEngine
from .state import FrameMemory, VideoState
from .window import LiveWindow, RecordedWindow, SymmetricWindow

__all__ = [
    'FrameMemory',
    'LiveWindow',
    'RecordedWindow',
    'SymmetricWindow',
    'VideoEngine',
    'VideoState',
]
