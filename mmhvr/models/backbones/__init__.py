# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Parts of a backbone that run on their own."""

from .resnet_stage import ResNetStage

__all__ = ['ResNetStage']
