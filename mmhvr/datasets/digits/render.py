# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Draw the frames of a scene and measure the boxes of its digits.

Legend: T frames, H x W pixels; a pixel belongs to a digit where the opacity
of its sharp, un-occluded drawing at the middle of the exposure is above 0.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, List, Optional, Tuple

import cv2
import numpy as np

from .motion import Track
from .scene import Bar, Scene

# A digit has a box if at least this share of its ink is inside the frame and
# not hidden; below that a person would not mark it.
MIN_VISIBLE = 0.35
# A digit counts as occluded if more than this share of its ink in the frame
# is behind a bar or another digit.
MIN_OCCLUDED = 0.15


@dataclass(frozen=True)
class Box:
    """A digit's box in one frame.

    Attributes:
        track_id (int): Place of the digit among the scene's tracks.
        label (int): Class, 0 to 9.
        bounds (tuple[int, int, int, int]): First and last column and row with
            ink, ``xmin, ymin, xmax, ymax``, ends included.
        occluded (bool): Whether the digit is partly hidden.
        visible (float): Share of the digit's ink that is in the frame and not
            hidden.
    """

    track_id: int
    label: int
    bounds: Tuple[int, int, int, int]
    occluded: bool
    visible: float


def ink_size(glyph: np.ndarray) -> int:
    """Longer side of the glyph's ink in glyph pixels."""
    rows, cols = np.nonzero(glyph > 0.5)
    return int(max(np.ptp(rows), np.ptp(cols))) + 1


def draw_digit(track: Track, frame: int, size: Tuple[int, int]) -> np.ndarray:
    """Draw one digit, sharp and un-occluded.

    Args:
        track (Track): The digit.
        frame (int): Frame number.
        size (tuple[int, int]): Width and height of the frame in pixels.

    Returns:
        np.ndarray: Opacity in [0, 1], float32, ``[H, W]``.
    """
    scale = track.sizes[frame] / ink_size(track.glyph)
    middle = (track.glyph.shape[0] - 1) / 2
    matrix = cv2.getRotationMatrix2D(
        (middle, middle), float(track.angles[frame]), float(scale)
    )
    matrix[:, 2] = matrix[:, 2] + track.centers[frame] - middle
    return cv2.warpAffine(track.glyph, matrix, size)


def streak(opacity: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Blur an opacity map along a straight motion.

    Args:
        opacity (np.ndarray): Opacity map, ``[H, W]``.
        shift (np.ndarray): Way x, y during the exposure in pixels.

    Returns:
        np.ndarray: Mean of the map over the way, centred on the middle.
    """
    length = float(np.hypot(*shift))
    if length < 0.5:
        return opacity
    radius = int(np.ceil(np.abs(shift).max() / 2)) + 1
    kernel = np.zeros((2 * radius + 1,) * 2, np.float32)
    samples = np.linspace(-0.5, 0.5, int(4 * length) + 3)
    points = samples[:, None] * shift + radius
    corners = np.floor(points).astype(int)
    parts = points - corners
    for dx, dy in ((0, 0), (0, 1), (1, 0), (1, 1)):
        weights = np.abs(1 - dx - parts[:, 0]) * np.abs(1 - dy - parts[:, 1])
        np.add.at(kernel, (corners[:, 1] + dy, corners[:, 0] + dx), weights)
    return cv2.filter2D(
        opacity, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE
    )


def draw_bar(bar: Bar, frame: int, size: Tuple[int, int]) -> np.ndarray:
    """Opacity of a bar with edges one pixel soft, float32, ``[H, W]``."""
    xs = np.arange(size[0], dtype=np.float32)
    ys = np.arange(size[1], dtype=np.float32)[:, None]
    along = xs * np.float32(np.cos(bar.angle)) + ys * np.float32(
        np.sin(bar.angle)
    )
    distance = np.abs(along - np.float32(bar.offsets[frame]))
    return np.clip(bar.thickness / 2 - distance + 0.5, 0, 1)


def measure_box(
    track_id: int,
    track: Track,
    frame: int,
    ink: np.ndarray,
    hidden: np.ndarray,
) -> Optional[Box]:
    """Measure a digit's box.

    Args:
        track_id (int): Place of the digit among the scene's tracks.
        track (Track): The digit.
        frame (int): Frame number.
        ink (np.ndarray): Pixels of the un-occluded digit, bool ``[H, W]``.
        hidden (np.ndarray): Pixels that something nearer covers, bool
            ``[H, W]``.

    Returns:
        Box or None: The tight box of ``ink``; None if too little of the digit
        is visible (see ``MIN_VISIBLE``).
    """
    inside = int(ink.sum())
    if inside == 0:
        return None
    scale = track.sizes[frame] / ink_size(track.glyph)
    whole = float((track.glyph > 0.5).sum()) * scale**2
    covered = int((ink & hidden).sum())
    visible = (inside - covered) / whole
    if visible < MIN_VISIBLE:
        return None
    cols = np.flatnonzero(ink.any(axis=0))
    rows = np.flatnonzero(ink.any(axis=1))
    bounds = (int(cols[0]), int(rows[0]), int(cols[-1]), int(rows[-1]))
    return Box(
        track_id, track.label, bounds, covered > MIN_OCCLUDED * inside, visible
    )


def measure_boxes(scene: Scene, frame: int) -> List[Box]:
    """Measure the boxes of all digits in one frame, the farthest first."""
    hidden = np.zeros((scene.size[1], scene.size[0]), dtype=bool)
    for bar in scene.bars:
        hidden |= draw_bar(bar, frame, scene.size) > 0.5
    boxes: List[Box] = []
    for track_id in reversed(range(len(scene.tracks))):
        track = scene.tracks[track_id]
        if not track.present[frame]:
            continue
        ink = draw_digit(track, frame, scene.size) > 0.5
        box = measure_box(track_id, track, frame, ink, hidden)
        if box is not None:
            boxes.insert(0, box)
        hidden = hidden | ink
    return boxes


def draw_frame(scene: Scene, frame: int) -> np.ndarray:
    """Draw one frame with motion blur, lens blur and sensor noise.

    Args:
        scene (Scene): The plan. Its generator is advanced: the frames are
            the same only if drawn in the same order.
        frame (int): Frame number.

    Returns:
        np.ndarray: Image in BGR, uint8, ``[H, W, 3]``.
    """
    width, height = scene.size
    left, top = scene.pan[frame]
    shift = np.array([[1, 0, -left], [0, 1, -top]], dtype=float)
    image = cv2.warpAffine(scene.background, shift, scene.size)
    for track, ink in zip(scene.tracks, scene.inks[:, frame]):
        if not track.present[frame]:
            continue
        opacity = draw_digit(track, frame, scene.size)
        way = track.velocities[frame] * scene.exposures[frame]
        opacity = streak(opacity, way)[..., None]
        # Ink flattens the texture under it, but does not erase it.
        flat = 0.5 * (cv2.blur(image, (31, 31)) - image)
        image = image + opacity * (flat + ink.astype(np.float32))
    for bar in scene.bars:
        opacity = draw_bar(bar, frame, scene.size)[..., None]
        image = image + opacity * (bar.texture - image)
    if scene.defocus[frame] > 0.2:
        image = cv2.GaussianBlur(image, (0, 0), float(scene.defocus[frame]))
    grain = scene.noise_rng.standard_normal((height, width, 3), np.float32)
    image = image + np.float32(scene.noise[frame]) * grain
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def draw_video(scene: Scene) -> Iterator[Tuple[np.ndarray, List[Box]]]:
    """Draw all frames in order.

    Args:
        scene (Scene): The plan.

    Yields:
        tuple[np.ndarray, list[Box]]: Image in BGR, uint8 ``[H, W, 3]``, and
        the boxes of its digits.
    """
    for frame in range(scene.num_frames):
        yield draw_frame(scene, frame), measure_boxes(scene, frame)
