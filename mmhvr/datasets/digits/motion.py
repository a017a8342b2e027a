# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""How digits move: paths, sizes and angles over the frames of a video.

Legend: T frames; positions in pixels, x to the right, y down; pixel centres
have whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

import numpy as np

# Displacement a frame as a share of the digit's size. With boxes of size s
# that move by d, the IoU is (s - d) / (s + d) along an axis. Neighbours within
# 10 frames are 4 to 5 frames away on average in a 16-frame video, so these
# shares give motion IoUs of about 0.95, 0.8 and 0.4: the slow, medium and fast
# objects of ImageNet VID.
SPEEDS = dict(slow=(0.001, 0.006), medium=(0.012, 0.024), fast=(0.07, 0.19))
# Relative change of size over the video, and swing of the angle in degrees.
SCALE_CHANGE = dict(slow=0.03, medium=0.1, fast=0.25)
ANGLE_SWING = dict(slow=1.5, medium=5.0, fast=9.0)
SIZE_RANGE = (22.0, 48.0)


@dataclass(frozen=True)
class Track:
    """One digit through a video.

    Attributes:
        label (int): Class, 0 to 9.
        glyph (np.ndarray): Opacity map of the handwriting, ``[G, G]``.
        speed (str): ``'slow'``, ``'medium'`` or ``'fast'``.
        centers (np.ndarray): Position x, y in each frame, ``[T, 2]``.
        sizes (np.ndarray): Longer side of the upright ink in pixels, ``[T]``.
        angles (np.ndarray): Rotation in degrees, ``[T]``.
        present (np.ndarray): Whether the digit is in the scene, bool ``[T]``.
    """

    label: int
    glyph: np.ndarray
    speed: str
    centers: np.ndarray
    sizes: np.ndarray
    angles: np.ndarray
    present: np.ndarray

    @property
    def velocities(self) -> np.ndarray:
        """Displacement a frame in pixels, ``[T, 2]``."""
        if len(self.centers) == 1:
            return np.zeros_like(self.centers)
        return np.gradient(self.centers, axis=0)


def fold(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Reflect values at both ends of an interval, as a bouncing ball.

    Example:
        >>> fold(np.array([1., 11., -2.]), 0., 10.)
        array([1., 9., 2.])
    """
    span = max(high - low, 1e-6)
    turned = np.mod(values - low, 2 * span)
    return low + np.where(turned > span, 2 * span - turned, turned)


def wave(
    rng: np.random.Generator,
    frames: int,
    period: Tuple[float, float],
    amplitude: float,
) -> np.ndarray:
    """Return a sine with random period and phase, ``[frames]``."""
    phase = rng.uniform(0, 2 * np.pi)
    step = 2 * np.pi / rng.uniform(*period)
    return amplitude * np.sin(phase + step * np.arange(frames))


def plan_path(
    rng: np.random.Generator,
    frames: int,
    frame_size: Tuple[int, int],
    pace: float,
    speed: str,
    leaves: bool,
) -> np.ndarray:
    """Plan the positions of a digit's centre.

    Args:
        rng (np.random.Generator): Source of all choices.
        frames (int): Number of frames T.
        frame_size (tuple[int, int]): Width and height in pixels.
        pace (float): Mean displacement a frame in pixels.
        speed (str): A fast digit also changes its pace: its frames are
            blurred to different degrees.
        leaves (bool): Let the path enter or leave the frame instead of
            bouncing at its border.

    Returns:
        np.ndarray: Positions x, y, ``[T, 2]``.
    """
    size = np.array(frame_size, dtype=float)
    paces = np.full(frames, pace)
    if speed == 'fast':
        paces = paces * (1 + wave(rng, frames, (6, 14), 0.9))
    way = np.concatenate([[0.0], np.cumsum(paces[1:])])
    angle = rng.uniform(0, 2 * np.pi)
    bend = wave(rng, frames, (16, 40), 0.5)
    heading = np.stack([np.cos(angle + bend), np.sin(angle + bend)], axis=1)
    steps = np.diff(way, prepend=0.0)[:, None] * heading
    path = np.cumsum(steps, axis=0)
    anchor = rng.uniform(0.3, 0.7, 2) * size
    if leaves:
        # The centre crosses the border once, on its way out or in.
        out = np.array([np.cos(angle), np.sin(angle)])
        room = np.where(out > 0, size - anchor, anchor)
        border = (room / np.maximum(np.abs(out), 1e-9)).min()
        late = rng.random() < 0.5
        share = rng.uniform(0.55, 0.85) if late else rng.uniform(0.15, 0.45)
        passed = way - way[int(frames * share)]
        reach = border + (passed if late else -passed)
        return anchor + reach[:, None] * out
    low, high = 0.17 * size, 0.83 * size
    path = path + anchor - path[frames // 2]
    return np.stack(
        [fold(path[:, axis], low[axis], high[axis]) for axis in range(2)],
        axis=1,
    )


def plan_track(
    rng: np.random.Generator,
    label: int,
    glyph: np.ndarray,
    frames: int,
    frame_size: Tuple[int, int],
    speed: str,
    leaves: bool = False,
) -> Track:
    """Plan one digit's way through a video.

    Args:
        rng (np.random.Generator): Source of all choices.
        label (int): Class, 0 to 9.
        glyph (np.ndarray): Opacity map of the handwriting.
        frames (int): Number of frames T.
        frame_size (tuple[int, int]): Width and height in pixels.
        speed (str): ``'slow'``, ``'medium'`` or ``'fast'``.
        leaves (bool): Whether the digit enters late or leaves early.

    Returns:
        Track: The plan.
    """
    base = rng.uniform(24, 44)
    change = 1 + wave(rng, frames, (20, 40), SCALE_CHANGE[speed])
    sizes = np.clip(base * change, *SIZE_RANGE)
    tilt = rng.uniform(-10, 10)
    angles = tilt + wave(rng, frames, (14, 30), ANGLE_SWING[speed])
    pace = base * rng.uniform(*SPEEDS[speed])
    centers = plan_path(rng, frames, frame_size, pace, speed, leaves)
    return Track(
        label,
        glyph,
        speed,
        centers,
        sizes,
        angles,
        np.ones(frames, dtype=bool),
    )
