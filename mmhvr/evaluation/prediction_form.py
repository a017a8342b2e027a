# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Warnings of detections that are not of the form that is evaluated.

Boxes of another form or size meet no annotated one, and what is then reported
is a low mAP and nothing else.

Legend: D detections, I images.
"""

import logging
from typing import Iterator, Optional

import numpy as np
from mmengine.logging import print_log

from ..utils.box_pairs import box_sizes
from .annotations import VIDAnnotations
from .structures import Detections

# A box that reaches out of its image by so many pixels is only rounded.
_SLACK = 1.0
# More than this share of boxes that reach out is no matter of the model.
_FEW = 0.1


def warn_of_form(
    det: Detections, annotations: VIDAnnotations, offset: float
) -> None:
    """Log what detections of a model hardly are; all of them count.

    Args:
        det (Detections): The detections.
        annotations (VIDAnnotations): With the sizes of the images, or
            without.
        offset (float): Added to widths and heights of boxes.
    """
    for text in _oddities(det, annotations, offset):
        print_log(text, logger='current', level=logging.WARNING)


def _oddities(
    det: Detections, annotations: VIDAnnotations, offset: float
) -> Iterator[str]:
    """Yield what is odd about detections."""
    number = len(det.scores)
    if not number:
        yield 'there is no detection in any frame'
        return
    width, height = box_sizes(det.boxes, offset)
    inverted = np.count_nonzero((width == 0) | (height == 0))
    if inverted:
        yield (
            f'{inverted} of {number} detections have no area (inverted '
            'boxes, or x, y, width, height in place of x1, y1, x2, y2); they '
            'count as false detections'
        )
    low, high = det.scores.min(), det.scores.max()
    if low < 0 or high > 1:
        yield (
            f'scores lie between {low:g} and {high:g}, not between 0 and 1: '
            'they rank detections all the same, but thresholds and Seq-NMS '
            'take them for probabilities'
        )
    if det.boxes.max() <= 1:
        yield (
            f'none of {number} detections has a coordinate above 1, so they '
            'are shares of the image; write pixels'
        )
    sizes = _sizes(annotations)
    if sizes is None:
        return
    beyond = (det.boxes[:, 2:] > sizes[det.images] + _SLACK).any(1)
    if beyond.sum() > _FEW * number:
        first = int(np.argmax(beyond))
        box = ', '.join(f'{value:g}' for value in det.boxes[first])
        image = det.images[first]
        across, down = sizes[image].astype(int)
        yield (
            f'{beyond.sum()} of {number} detections end beyond their image, '
            f'such as [{box}] in {annotations.image_names[image]!r} '
            f'({across} x {down}): they may be in pixels of resized images; '
            'write x1, y1, x2, y2 in pixels of the file'
        )


def _sizes(annotations: VIDAnnotations) -> Optional[np.ndarray]:
    """Width and height of each image, [I, 2]; None if the file has none."""
    images = annotations.file.images
    if any(images[0].get(key) is None for key in ('width', 'height')):
        return None
    return np.array(
        [(image['width'], image['height']) for image in images],
        dtype=np.float64,
    )
