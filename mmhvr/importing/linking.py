# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Tracks for boxes of a format that knows none."""

from __future__ import annotations

from collections import defaultdict
from typing import Dict, List, Sequence, Tuple

import numpy as np

from ..formats.structures import Box
from ..utils.box_pairs import paired_iou

#: The least IoU of two boxes of an object in frames that follow each other.
LINK_IOU = 0.3


def link_boxes(
    boxes: Sequence[Box], frames: Sequence[int], min_iou: float = LINK_IOU
) -> List[Box]:
    """Give a track to each box that has none.

    Boxes of a class in two frames that follow each other are joined by their
    IoU, the greatest first, each box once on either side; a box that is left
    over begins a new track.

    Args:
        boxes (Sequence[Box]): The boxes of a video.
        frames (Sequence[int]): The numbers of its frames, in order.
        min_iou (float): The least IoU of a link.

    Returns:
        list[Box]: The boxes in their order; new tracks count on from the
        largest number that is there, or from 0.

    Example:
        >>> boxes = [Box(0, (0, 0, 9, 9), 'car'), Box(1, (1, 0, 10, 9), 'car')]
        >>> [box.track for box in link_boxes(boxes, [0, 1])]
        [0, 0]
    """
    used = [box.track for box in boxes if isinstance(box.track, int)]
    following = max(used, default=-1) + 1
    in_frame: Dict[int, List[int]] = defaultdict(list)
    for place, box in enumerate(boxes):
        if box.track is None:
            in_frame[box.frame].append(place)
    track: Dict[int, int] = {}
    before: List[int] = []
    for number in frames:
        here = in_frame.get(number, [])
        for old, new in _pairs(boxes, before, here, min_iou):
            track[new] = track[old]
        for place in here:
            if place not in track:
                track[place] = following
                following += 1
        before = here
    return [
        box._replace(track=track[place]) if place in track else box
        for place, box in enumerate(boxes)
    ]


def _pairs(
    boxes: Sequence[Box], before: List[int], here: List[int], min_iou: float
) -> List[Tuple[int, int]]:
    """Return the links from a frame to the next, each box once."""
    alike = [
        (old, new)
        for old in before
        for new in here
        if boxes[old].name == boxes[new].name
    ]
    if not alike:
        return []
    old_boxes, new_boxes = (
        np.array([boxes[place].xyxy for place in side]) for side in zip(*alike)
    )
    overlaps = paired_iou(old_boxes, new_boxes, offset=0).tolist()
    found = [(-iou, *pair) for iou, pair in zip(overlaps, alike)]
    pairs: List[Tuple[int, int]] = []
    taken = set()
    for _, old, new in sorted(f for f in found if -f[0] >= min_iou):
        if ('old', old) not in taken and ('new', new) not in taken:
            taken |= {('old', old), ('new', new)}
            pairs.append((old, new))
    return pairs
