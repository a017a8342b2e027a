# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""HVR-Net from Python."""

from .model import init_model
from .stream import FrameResult, VideoStream

__all__ = ['FrameResult', 'VideoStream', 'init_model']
