# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""COCO and CocoVID annotation files: one reader, one set of rules.

Training, evaluation, converters and pictures all read through here, so that
none of them sees other boxes than the others (docs/en/data.md, "What is
read").
"""

from .boxes import LEFT_OUT, leave_out
from .class_names import match_class_names, names_in
from .images import check_image_name, check_size, same_file
from .reader import AnnotationError, AnnotationFile, read_annotations

__all__ = [
    'LEFT_OUT',
    'AnnotationError',
    'AnnotationFile',
    'check_image_name',
    'check_size',
    'leave_out',
    'match_class_names',
    'names_in',
    'read_annotations',
    'same_file',
]
