# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Where in a window of frames a proposal looks, drawn on the frames.

Legend: T frames of a window, the target first; M_t proposals of frame t;
boxes xyxy in pixels of the image; an image is [H, W, 3] BGR uint8.
"""

from typing import Optional, Sequence, Tuple

import cv2
import numpy as np

from ..visualization.draw import draw_detections
from ..visualization.layout import caption, contact_sheet

# Shorter side of a frame in the picture, in pixels.
_SIDE = 220
# A box of less weight is not drawn.
_LEAST = 0.01
_HEAT = np.array([0.0, 140.0, 255.0])  # orange
_TARGET = (0, 255, 255)  # yellow


def attention_heat(
    boxes: np.ndarray, weights: np.ndarray, size: Tuple[int, int]
) -> np.ndarray:
    """Return the weight of all boxes that cover a pixel.

    Args:
        boxes: [M, 4].
        weights: [M], 0 or more.
        size: Height and width.

    Returns:
        float [H, W].

    Example:
        >>> boxes = np.array([[0, 0, 2, 1], [1, 0, 3, 1]])
        >>> attention_heat(boxes, np.array([.25, .5]), (1, 3))
        array([[0.25, 0.75, 0.5 ]])
    """
    heat = np.zeros(size)
    corners = np.clip(np.rint(boxes), 0, np.array([*size[::-1]] * 2))
    for (x1, y1, x2, y2), weight in zip(corners.astype(int), weights):
        heat[y1:y2, x1:x2] += weight
    return heat


def draw_attention(
    images: Sequence[np.ndarray],
    boxes: Sequence[np.ndarray],
    weights: Sequence[np.ndarray],
    places: Sequence[int],
    proposal: int,
    titles: Sequence[str],
    columns: Optional[int] = None,
) -> np.ndarray:
    """Draws what a proposal of the target frame attended to.

    The frames come in order of time, each with its share. Orange is the
    weight of the proposals that cover a place, on one scale for all frames;
    the box is the proposal of the frame that weighs most, if that is 1 % at
    least. The target proposal is drawn in yellow.

    Args:
        images: The frames, the target first, [T].
        boxes: Proposals of each frame, [M_t, 4].
        weights: What each gets of the target proposal's attention, [M_t].
        places: Index of each frame in the video, [T].
        proposal: Index of the target proposal in its frame.
        titles: Lines above all frames.
        columns: Frames in a row; by default rows and columns are alike.

    Returns:
        [H, W, 3] BGR uint8.
    """
    scale = _SIDE / max(1, min(images[0].shape[:2]))
    scaled = [np.asarray(part, float).reshape(-1, 4) * scale for part in boxes]
    frames = [
        cv2.resize(
            image,
            None,
            fx=scale,
            fy=scale,
            interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA,
        )
        for image in images
    ]
    heats = [
        attention_heat(part, weight, (frame.shape[0], frame.shape[1]))
        for part, weight, frame in zip(scaled, weights, frames)
    ]
    largest = max(1e-9, *(heat.max() for heat in heats))
    tiles = []
    for t in sorted(range(len(frames)), key=lambda t: places[t]):
        tile = _warm(frames[t], heats[t] / largest)
        if t == 0:
            x1, y1, x2, y2 = np.rint(scaled[0][proposal]).astype(int).tolist()
            cv2.rectangle(tile, (x1, y1), (x2, y2), _TARGET, 3)
        if len(weights[t]) and weights[t].max() >= _LEAST:
            best = int(weights[t].argmax())
            tile = _box(tile, scaled[t][best], f'{weights[t][best]:.0%}')
        text = f'frame {places[t]}: {weights[t].sum():.0%}'
        if t == 0:
            text = f'{text}  TARGET'
        tiles.append(caption(tile, text))
    if columns is None:
        columns = max(1, round(len(tiles) ** 0.5))
        columns += columns * columns < len(tiles)
    sheet = contact_sheet(tiles, columns)
    for title in reversed(titles):
        sheet = caption(sheet, title)
    return sheet


def _warm(image: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Lays orange over a greyed image, as strongly as heat (0 to 1) says."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[..., None].repeat(3, 2)
    strength = 0.5 * heat[..., None]
    return (grey * (1 - strength) + _HEAT * strength).astype(np.uint8)


def _box(image: np.ndarray, box: np.ndarray, text: str) -> np.ndarray:
    """Draw a box with a tag."""
    return draw_detections(
        image, box[None], np.zeros(1, int), class_names=[text]
    )
