# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Test time: a video frame by frame, each encoded once."""

from .engine import VideoEngine

__all__ = ['VideoEngine']
