# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""A small video data set of real handwriting, made on the spot."""

from .maker import make_digits_vid
from .samples import CLASSES

__all__ = ['CLASSES', 'make_digits_vid']
