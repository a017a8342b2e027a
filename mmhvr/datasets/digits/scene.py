# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The plan of a video: what is in it, how it moves and how it is filmed.

A single frame of such a video is often ambiguous (blur, a bar over the digit,
faint ink, noise); the difficulties come and go, so that other frames of the
same video show what a frame hides.

Legend: T frames, H x W pixels; positions in pixels, x to the right, y down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional, Tuple

import numpy as np

from .motion import SPEEDS, Track, plan_track, wave
from .samples import CLASSES, GlyphBook
from .textures import make_texture

# Width and height; videos differ in shape, as real ones do.
FRAME_SIZES = ((96, 96), (112, 96), (96, 112), (128, 96))
# Room around the background for a slow camera pan.
PAN_MARGIN = 12
# Shares of the videos; a video can have several of these.
P_SECOND_DIGIT = 0.35
P_LEAVES = 0.35  # of the fast digits that are alone
P_BARS = (0.45, 0.45, 0.1)  # none, one, two bars


@dataclass(frozen=True)
class Bar:
    """A textured bar that sweeps over the scene and hides what is behind.

    Attributes:
        angle (float): Direction of the bar's normal in radians.
        thickness (float): Thickness in pixels.
        offsets (np.ndarray): Position of its middle line along the normal in
            each frame, ``[T]``.
        texture (np.ndarray): Its surface, float32, ``[H, W, 3]``.
    """

    angle: float
    thickness: float
    offsets: np.ndarray
    texture: np.ndarray


@dataclass(frozen=True)
class Scene:
    """Everything that is needed to draw a video, see :func:`plan_scene`.

    Attributes:
        size (tuple[int, int]): Width and height of the frames.
        tracks (list[Track]): Digits, the farthest first.
        inks (np.ndarray): Signed contrast of each digit's ink in grey values
            for each frame and colour channel, ``[num_tracks, T, 3]``.
        background (np.ndarray): Texture with a margin, float32,
            ``[H + 2m, W + 2m, 3]``.
        pan (np.ndarray): Corner x, y of the frame in the background,
            ``[T, 2]``.
        bars (list[Bar]): Occluders.
        exposures (np.ndarray): Open time of the shutter as a share of the
            time between frames, ``[T]``.
        defocus (np.ndarray): Deviation of the lens blur in pixels, ``[T]``.
        noise (np.ndarray): Deviation of the sensor noise in grey values,
            ``[T]``.
        noise_rng (np.random.Generator): Source of the sensor noise.
    """

    size: Tuple[int, int]
    tracks: List[Track]
    inks: np.ndarray
    background: np.ndarray
    pan: np.ndarray
    bars: List[Bar]
    exposures: np.ndarray
    defocus: np.ndarray
    noise: np.ndarray
    noise_rng: np.random.Generator

    @property
    def num_frames(self) -> int:
        """Number of frames T."""
        return len(self.noise)


def _plan_tracks(
    rng: np.random.Generator,
    book: GlyphBook,
    label: int,
    frames: int,
    size: Tuple[int, int],
    speed: str,
) -> List[Track]:
    """Plan the digit that gives the video its class, and maybe a second."""
    two = rng.random() < P_SECOND_DIGIT
    leaves = (
        not two and speed == 'fast' and frames >= 8 and rng.random() < P_LEAVES
    )
    main = plan_track(
        rng, label, book.draw(label, rng), frames, size, speed, leaves
    )
    if not two:
        return [main]
    other = int(rng.integers(len(CLASSES)))
    second = plan_track(
        rng,
        other,
        book.draw(other, rng),
        frames,
        size,
        str(rng.choice(list(SPEEDS))),
    )
    # The second digit is there for at most 10 of 16 frames: the first one
    # stays the video's main category.
    length = max(1, int(frames * rng.uniform(0.3, 0.65)))
    start = int(rng.integers(0, frames - length + 1))
    second.present[:] = False
    second.present[start : start + length] = True
    return [main, second] if rng.random() < 0.5 else [second, main]


def _plan_bar(
    rng: np.random.Generator,
    target: Track,
    frames: int,
    size: Tuple[int, int],
    grey: float,
) -> Bar:
    """Plan a bar that crosses a digit at some frame."""
    angle = rng.uniform(0, np.pi)
    normal = np.array([np.cos(angle), np.sin(angle)])
    meet = int(rng.integers(frames))
    pace = rng.uniform(2.5, 7) * rng.choice([-1, 1])
    offsets = target.centers[meet] @ normal + pace * (np.arange(frames) - meet)
    thickness = target.sizes[meet] * rng.uniform(0.2, 0.45)
    texture = make_texture(
        rng, (size[1], size[0]), grey, rng.uniform(6, 18), 0
    )
    return Bar(angle, float(thickness), offsets, texture)


def _plan_inks(
    rng: np.random.Generator, tracks: List[Track], frames: int, grey: float
) -> np.ndarray:
    """Plan the ink's contrast: it fades to faint and back."""
    bright = rng.random() < np.clip((170 - grey) / 90, 0, 1)
    inks = []
    for _ in tracks:
        middle = rng.uniform(60, 110)
        fade = 1 + wave(rng, frames, (8, 18), rng.uniform(0.3, 0.75))
        tint = rng.uniform(0.65, 1.1, 3)
        strength = np.maximum(middle * fade, 14) * (1 if bright else -1)
        inks.append(strength[:, None] * tint)
    return np.stack(inks)


def plan_scene(
    rng: np.random.Generator,
    book: GlyphBook,
    label: int,
    frames: int,
    speed: Optional[str] = None,
) -> Scene:
    """Plan a video of one class.

    Args:
        rng (np.random.Generator): Source of all choices.
        book (GlyphBook): Handwriting to draw from.
        label (int): Class of the digit that is there all the time, 0 to 9.
        frames (int): Number of frames T.
        speed (str, optional): Speed of that digit; drawn if not given.

    Returns:
        Scene: The plan; it also owns ``rng`` as source of the sensor noise.
    """
    size = FRAME_SIZES[int(rng.integers(len(FRAME_SIZES)))]
    drawn = str(rng.choice(list(SPEEDS)))
    tracks = _plan_tracks(rng, book, label, frames, size, speed or drawn)
    grey = rng.uniform(65, 190)
    shape = (size[1] + 2 * PAN_MARGIN, size[0] + 2 * PAN_MARGIN)
    background = make_texture(
        rng, shape, grey, rng.uniform(5, 14), int(rng.integers(0, 5))
    )
    pan = np.stack(
        [
            PAN_MARGIN
            + wave(rng, frames, (20, 60), rng.uniform(0, PAN_MARGIN))
            for _ in range(2)
        ],
        axis=1,
    )
    main = next(track for track in tracks if track.present.all())
    bars = [
        _plan_bar(rng, main, frames, size, rng.uniform(50, 205))
        for _ in range(rng.choice(len(P_BARS), p=P_BARS))
    ]
    inks = _plan_inks(rng, tracks, frames, grey)
    exposures = np.clip(
        rng.uniform(0.3, 0.9) + wave(rng, frames, (5, 12), 0.4), 0.05, 1.2
    )
    defocus = np.maximum(
        rng.uniform(-0.6, 0.4)
        + wave(rng, frames, (6, 16), rng.uniform(0.3, 1.8)),
        0,
    )
    noise = np.maximum(
        rng.uniform(3, 9) + wave(rng, frames, (5, 12), rng.uniform(0, 7)), 2
    )
    return Scene(
        size,
        tracks,
        inks,
        background,
        pan,
        bars,
        exposures,
        defocus,
        noise,
        rng,
    )
