# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Mends of boxes; see :mod:`.mending`."""

from typing import Any, Dict

import numpy as np

from ..boxes import leave_out, repeated
from .pictures import Pictures

Content = Dict[str, Any]


def turn_boxes(content: Content, pictures: Pictures) -> int:
    """Write inverted boxes from their upper left corner on."""
    changed = 0
    for annotation in content['annotations']:
        x, y, width, height = annotation['bbox']
        if width < 0 or height < 0:
            annotation['bbox'] = [
                min(x, x + width),
                min(y, y + height),
                abs(width),
                abs(height),
            ]
            changed += 1
    return changed


def drop_boxes(content: Content, pictures: Pictures) -> int:
    """Take out the boxes that neither training nor evaluation reads."""
    boxes, sizes, annotations = _box_columns(content)
    kept = leave_out(boxes, sizes) == 0
    content['annotations'] = [a for a, k in zip(annotations, kept) if k]
    return int((~kept).sum())


def cut_boxes(content: Content, pictures: Pictures) -> int:
    """Cut boxes at the border of their images, as training does."""
    boxes, sizes, annotations = _box_columns(content)
    with np.errstate(invalid='ignore'):
        start = np.maximum(boxes[:, :2], 0)
        end = np.minimum(boxes[:, :2] + boxes[:, 2:], sizes)
        cut = np.hstack([start, end - start])
        differs = (cut != boxes).any(1) & (cut[:, 2:] >= 1).all(1)
    for place in np.flatnonzero(differs).tolist():
        annotations[place]['bbox'] = cut[place].tolist()
    return int(differs.sum())


def drop_repeats(content: Content, pictures: Pictures) -> int:
    """Take out the later ones of equal boxes."""
    annotations = content['annotations']
    numbers: Dict[Any, int] = {}
    rows = [
        [
            numbers.setdefault(('image', a['image_id']), len(numbers)),
            numbers.setdefault(('category', a['category_id']), len(numbers)),
            *a['bbox'],
        ]
        for a in annotations
    ]
    gone = set(repeated(np.array(rows, dtype=np.float64)).tolist())
    content['annotations'] = [
        a for n, a in enumerate(annotations) if n not in gone
    ]
    return len(gone)


def _box_columns(content: Content) -> tuple:
    """Boxes [A, 4], the sizes of their images [A, 2], and their records."""
    annotations = content['annotations']
    size_of = {
        image['id']: (
            np.inf if image.get('width') is None else image['width'],
            np.inf if image.get('height') is None else image['height'],
        )
        for image in content['images']
    }
    boxes = np.array([a['bbox'] for a in annotations], dtype=np.float64)
    sizes = [size_of[a['image_id']] for a in annotations]
    return boxes.reshape(-1, 4), np.array(sizes).reshape(-1, 2), annotations
