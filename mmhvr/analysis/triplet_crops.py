# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Mined proposal triplets as crops (section 3.3).

Legend: N proposals of a video triplet's target frames, P triplets; boxes
xyxy in pixels of the image; an image is [H, W, 3] BGR uint8.
"""

from typing import List, Sequence

import cv2
import numpy as np

from ..utils.box_pairs import paired_iou
from ..visualization.layout import caption, side_by_side

# Side of a crop in the picture, and pixels around the box, as a share of it.
_SIDE = 160
_MARGIN = 0.25


def crop_around(image: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Return a square around a box, with the box; black beyond the image.

    Args:
        image: [H, W, 3] BGR uint8; not changed.
        box: [4].

    Returns:
        [160, 160, 3] BGR uint8.
    """
    x1, y1, x2, y2 = (float(value) for value in box)
    side = max(x2 - x1, y2 - y1, 2.0) * (1 + 2 * _MARGIN)
    left, top = (x1 + x2 - side) / 2, (y1 + y2 - side) / 2
    scale = _SIDE / side
    matrix = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
    crop = cv2.warpAffine(
        image, matrix, (_SIDE, _SIDE), flags=cv2.INTER_LINEAR
    )
    corners = np.rint(
        np.array([x1 - left, y1 - top, x2 - left, y2 - top]) * scale
    )
    a, b, c, d = corners.astype(int).tolist()
    cv2.rectangle(crop, (a, b), (c, d), (0, 255, 255), 1)
    return crop


def distinct_anchors(
    anchors: np.ndarray,
    boxes: np.ndarray,
    videos: np.ndarray,
    max_iou: float = 0.1,
) -> List[int]:
    """Triplets whose anchors show different objects.

    Args:
        anchors: Index of the anchor of each triplet, [P].
        boxes: All proposals, [N, 4].
        videos: Which frame each is from, [N].
        max_iou: Anchors of a frame that overlap more show one object.

    Returns:
        Indices of triplets, the first one for each object.
    """
    chosen: List[int] = []
    for index, anchor in enumerate(anchors):
        seen = anchors[chosen]
        seen = seen[videos[seen] == videos[anchor]]
        same = np.broadcast_to(boxes[anchor], (len(seen), 4))
        if not (paired_iou(boxes[seen], same, 0) > max_iou).any():
            chosen.append(index)
    return chosen


def draw_triplet(
    images: Sequence[np.ndarray],
    boxes: np.ndarray,
    labels: Sequence[int],
    features: np.ndarray,
    class_names: Sequence[str],
) -> np.ndarray:
    """Draws anchor, positive and negative in a row.

    Args:
        images: The image of each, 3.
        boxes: The three proposals, [3, 4].
        labels: Their categories, [3]; K is the background.
        features: By which they were chosen, [3, D]; the similarities to the
            anchor are written above the crops.
        class_names: The name of each class, [K].

    Returns:
        [184, 484, 3] BGR uint8.
    """
    tiles = []
    for number, role in enumerate(('anchor', 'positive', 'negative')):
        text = f'{role}: {[*class_names, "background"][labels[number]]}'
        if number:
            text += f', {cosine(features[0], features[number]):.2f}'
        tiles.append(caption(crop_around(images[number], boxes[number]), text))
    return side_by_side(tiles, gap=2)


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    """Cosine similarity of two vectors."""
    return float(a @ b / max(1e-12, np.linalg.norm(a) * np.linalg.norm(b)))
