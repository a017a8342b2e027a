# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The video detector."""

from .hvrnet import HVRNet

__all__ = ['HVRNet']
