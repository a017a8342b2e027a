# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Areas of boxes and of what two of them share.

Legend: P pairs of boxes; boxes are xyxy in pixels. ``offset`` is added to
every width and height: 1 takes the coordinates as the first and the last
pixel of a box, 0 takes them as edges. An inverted box has no area.
"""

from typing import Tuple

import numpy as np


def paired_iou(
    boxes: np.ndarray, others: np.ndarray, offset: float = 1
) -> np.ndarray:
    """Intersection over union of the i-th box with the i-th other box.

    Args:
        boxes (np.ndarray): [P, 4].
        others (np.ndarray): [P, 4].
        offset (float): Added to widths and heights. Defaults to 1.

    Returns:
        np.ndarray: float64 [P]; 0 where both boxes are without area.

    Example:
        >>> paired_iou(np.array([[0, 0, 9, 9]]), np.array([[5, 0, 14, 9]]))
        array([0.33333333])
    """
    both = paired_intersection(boxes, others, offset)
    union = box_area(boxes, offset) + box_area(others, offset) - both
    return np.divide(both, union, out=np.zeros_like(union), where=union > 0)


def paired_intersection(
    boxes: np.ndarray, others: np.ndarray, offset: float
) -> np.ndarray:
    """Area that the i-th boxes share in square pixels, float64 [P]."""
    x1, y1, x2, y2 = boxes.T.astype(np.float64)
    u1, v1, u2, v2 = others.T.astype(np.float64)
    width = np.minimum(x2, u2) - np.maximum(x1, u1) + offset
    height = np.minimum(y2, v2) - np.maximum(y1, v1) + offset
    return np.maximum(width, 0) * np.maximum(height, 0)


def box_sizes(
    boxes: np.ndarray, offset: float = 1
) -> Tuple[np.ndarray, np.ndarray]:
    """Widths and heights in pixels, 0 for an inverted box, float64 [n]."""
    x1, y1, x2, y2 = boxes.T.astype(np.float64)
    return np.maximum(x2 - x1 + offset, 0), np.maximum(y2 - y1 + offset, 0)


def box_area(boxes: np.ndarray, offset: float) -> np.ndarray:
    """Area of boxes in square pixels, 0 for an inverted one, float64 [P]."""
    width, height = box_sizes(boxes, offset)
    return width * height
