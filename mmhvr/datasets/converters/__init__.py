# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Conversion of data sets to the annotation files that mmhvr reads."""

from .classes import IMAGENET_VID_CLASSES, read_classes
from .imagenet_det import convert_det
from .imagenet_vid import convert_vid

__all__ = [
    'IMAGENET_VID_CLASSES',
    'convert_det',
    'convert_vid',
    'read_classes',
]
