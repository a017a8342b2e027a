# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The boxes of a track between those that a person drew."""

from __future__ import annotations

import math
from typing import Iterator, NamedTuple, Sequence

from .structures import XYXY


class Key(NamedTuple):
    """What a file says of a track in one frame.

    Attributes:
        frame (int): The number of the frame.
        xyxy (tuple): Corners of the box, before it is turned.
        angle (float): By how many degrees it is turned, clockwise.
        shown (bool): Whether the object is there in this frame.
        lasts (bool): Whether it is there in the frames up to the next key,
            or to the end if there is none.
        occluded (bool): Whether it is partly hidden, up to the next key.
        generated (bool): Whether a program wrote it.
    """

    frame: int
    xyxy: XYXY
    angle: float = 0.0
    shown: bool = True
    lasts: bool = True
    occluded: bool = False
    generated: bool = False


def fill(keys: Sequence[Key], last: int, step: int = 1) -> Iterator[Key]:
    """Give a track a box in each frame in which it is there.

    Corners and angle go in a straight line from key to key, as in CVAT and
    Label Studio, the angle the shorter way round; after the last key they
    stay.

    Args:
        keys (Sequence[Key]): By frame, each frame once.
        last (int): The last frame of the video.
        step (int): From an annotated frame to the next.

    Yields:
        Key: The boxes by frame; those between are ``generated``.

    Example:
        >>> keys = [Key(0, (0, 0, 4, 4)), Key(2, (2, 0, 6, 4), lasts=False)]
        >>> [key.xyxy for key in fill(keys, last=9)]
        [(0, 0, 4, 4), (1.0, 0.0, 5.0, 4.0), (2, 0, 6, 4)]
    """
    for place, key in enumerate(keys):
        if key.shown:
            yield key
        if not key.lasts:
            continue
        following = keys[place + 1] if place + 1 < len(keys) else None
        end = last + 1 if following is None else min(following.frame, last + 1)
        for frame in range(key.frame + step, end, step):
            moved = key
            if following is not None:
                share = (frame - key.frame) / (following.frame - key.frame)
                moved = _between(key, following, share)
            yield moved._replace(frame=frame, generated=True)


def upright(xyxy: XYXY, angle: float, corner: bool = False) -> XYXY:
    """Return the smallest upright box around one that is turned.

    Args:
        xyxy (tuple): Corners of the box, before it is turned.
        angle (float): By how many degrees, clockwise.
        corner (bool): Whether it is turned around its upper left corner, and
            not around its centre.
    """
    if angle % 360 == 0:
        return xyxy
    x1, y1, x2, y2 = xyxy
    cx, cy = (x1, y1) if corner else ((x1 + x2) / 2, (y1 + y2) / 2)
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    corners = [
        (
            cx + (x - cx) * cos - (y - cy) * sin,
            cy + (x - cx) * sin + (y - cy) * cos,
        )
        for x in (x1, x2)
        for y in (y1, y2)
    ]
    xs, ys = zip(*corners)
    return min(xs), min(ys), max(xs), max(ys)


def _between(key: Key, following: Key, share: float) -> Key:
    """Return the box at a share of the way to the next key."""
    turn = (following.angle - key.angle + 180) % 360 - 180
    x1, y1, x2, y2 = (
        a + share * (b - a) for a, b in zip(key.xyxy, following.xyxy)
    )
    return key._replace(xyxy=(x1, y1, x2, y2), angle=key.angle + share * turn)
