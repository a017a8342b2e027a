# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Frames of any source, one at a time: files, folders, cameras, arrays."""

from .arrays import ArraySource
from .base import Frame, FrameSource
from .camera import Camera
from .images import ImageFiles
from .open_source import open_source
from .video_file import VideoFile

__all__ = [
    'ArraySource',
    'Camera',
    'Frame',
    'FrameSource',
    'ImageFiles',
    'VideoFile',
    'open_source',
]
