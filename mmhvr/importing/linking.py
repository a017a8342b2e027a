# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Tracks for boxes of a format that knows none."""

from __future__ import annotations

from collections import defaultdict
from typing import Dict, List, Sequence, Tuple

from ..formats.structures import Box

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
    found = []
    for old in before:
        for new in here:
            if boxes[old].name == boxes[new].name:
                overlap = iou(boxes[old].xyxy, boxes[new].xyxy)
                if overlap >= min_iou:
                    found.append((-overlap, old, new))
    pairs: List[Tuple[int, int]] = []
    taken = set()
    for _, old, new in sorted(found):
        if ('old', old) not in taken and ('new', new) not in taken:
            taken |= {('old', old), ('new', new)}
            pairs.append((old, new))
    return pairs


def iou(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the IoU of two boxes, xyxy; 0 for one without area.

    Example:
        >>> iou((0, 0, 2, 2), (1, 0, 3, 2))
        0.3333333333333333
    """
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (one, other)]
    return width * height / (sum(areas) - width * height)
