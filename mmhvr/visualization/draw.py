# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Boxes, class names and scores on a frame.

Legend: an image is [H, W, 3] BGR uint8; boxes are [n, 4] xyxy in pixels of
the image before upscaling; labels are [n] class indices.
"""

import colorsys
from typing import Optional, Sequence, Tuple

import cv2
import numpy as np

from .text import draw_text, text_width

Colour = Tuple[int, int, int]

# Multiples of the golden ratio's fraction spread hues evenly however many
# classes there are, and a class keeps its hue when classes are added.
_GOLDEN = 0.61803398875
_SHADES = ((0.85, 1.0), (0.85, 0.65), (0.45, 1.0), (0.85, 0.45))
_DASH = 6
_WHITE: Colour = (255, 255, 255)
_BLACK: Colour = (0, 0, 0)


def class_colour(label: int) -> Colour:
    """Return the colour of a class, the same in every picture.

    Args:
        label: The index of the class, 0 or greater.

    Returns:
        Blue, green and red, each 0 to 255.

    Example:
        >>> class_colour(0)
        (38, 38, 255)
    """
    hue = (label * _GOLDEN) % 1.0
    # Neighbours in hue come 8, 13 or 21 classes apart: let them differ in
    # saturation or brightness.
    saturation, value = _SHADES[label // 8 % len(_SHADES)]
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return (int(blue * 255), int(green * 255), int(red * 255))


def upscale(image: np.ndarray, factor: int = 1) -> np.ndarray:
    """Enlarges a small frame, so that lines and letters fit on it.

    Args:
        image: [H, W, 3] BGR uint8.
        factor: A whole number, 1 or greater.

    Returns:
        [H * factor, W * factor, 3], always a copy.

    Raises:
        ValueError: ``factor`` is not a whole number of at least 1.
        TypeError: ``image`` is not a colour image of bytes.
    """
    if not isinstance(factor, (int, np.integer)) or factor < 1:
        raise ValueError(
            f'factor is {factor!r}; give a whole number of at least 1'
        )
    if (
        not isinstance(image, np.ndarray)
        or image.ndim != 3
        or image.shape[2] != 3
        or image.dtype != np.uint8
    ):
        found = (
            f'{image.dtype} {image.shape}'
            if isinstance(image, np.ndarray)
            else type(image).__name__
        )
        raise TypeError(f'image is {found}; give [H, W, 3] BGR uint8')
    if factor == 1:
        return image.copy()
    height, width = image.shape[:2]
    return cv2.resize(
        image, (width * factor, height * factor), interpolation=cv2.INTER_CUBIC
    )


def draw_detections(
    image: np.ndarray,
    boxes: np.ndarray,
    labels: np.ndarray,
    scores: Optional[np.ndarray] = None,
    class_names: Optional[Sequence[str]] = None,
    score_thr: float = 0.0,
    factor: int = 1,
) -> np.ndarray:
    """Draws boxes as solid lines with a tag above, best boxes on top.

    Args:
        image: [H, W, 3] BGR uint8; not changed.
        boxes: [n, 4] xyxy in pixels of ``image``.
        labels: [n] class indices.
        scores: [n], 0 to 1; no numbers are written without.
        class_names: The name of each class; its index is written without.
        score_thr: Boxes of a lower score are left out.
        factor: Enlarge the image by this whole number first.

    Returns:
        [H * factor, W * factor, 3] BGR uint8.

    Raises:
        ValueError: The lengths do not agree, or ``factor`` is no whole
            number of at least 1.
    """
    canvas = upscale(image, factor)
    boxes, labels = _checked(boxes, labels)
    if scores is None:
        order = np.arange(len(boxes))
    else:
        scores = np.asarray(scores, dtype=np.float64).reshape(-1)
        if len(scores) != len(boxes):
            raise ValueError(
                f'{len(scores)} scores for {len(boxes)} boxes; '
                'give one score for each box'
            )
        order = np.argsort(scores, kind='stable')
        order = order[scores[order] >= score_thr]
    thickness = _line_width(canvas)
    corners = [_corners(box, factor, canvas) for box in boxes]
    for index in order:
        colour = class_colour(int(labels[index]))
        x1, y1, x2, y2 = corners[index]
        cv2.rectangle(canvas, (x1, y1), (x2, y2), colour, thickness)
    # Tags last: no line goes through a name.
    for index in order:
        text = _name(int(labels[index]), class_names)
        if scores is not None:
            text = f'{text} {scores[index]:.2f}'
        _tag(canvas, text, corners[index], class_colour(int(labels[index])))
    return canvas


def draw_ground_truth(
    image: np.ndarray,
    boxes: np.ndarray,
    labels: np.ndarray,
    class_names: Optional[Sequence[str]] = None,
    factor: int = 1,
) -> np.ndarray:
    """Draws true boxes as dashed black and white lines, the tag below.

    So they are told from detections, which are solid and coloured, also
    where both lie on each other and in print.

    Args:
        image: [H, W, 3] BGR uint8; not changed.
        boxes: [n, 4] xyxy in pixels of ``image``.
        labels: [n] class indices.
        class_names: The name of each class; its index is written without.
        factor: Enlarge the image by this whole number first.

    Returns:
        [H * factor, W * factor, 3] BGR uint8.

    Raises:
        ValueError: The lengths do not agree.
    """
    canvas = upscale(image, factor)
    boxes, labels = _checked(boxes, labels)
    thickness = _line_width(canvas)
    corners = [_corners(box, factor, canvas) for box in boxes]
    for place in corners:
        _dashed_rectangle(canvas, place, thickness)
    for place, label in zip(corners, labels):
        name = _name(int(label), class_names)
        _tag(canvas, name, place, _WHITE, below=True)
    return canvas


def _checked(
    boxes: np.ndarray, labels: np.ndarray
) -> Tuple[np.ndarray, np.ndarray]:
    """Boxes as [n, 4] floats and labels as [n] integers."""
    boxes = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    labels = np.asarray(labels, dtype=np.int64).reshape(-1)
    if len(boxes) != len(labels):
        raise ValueError(
            f'{len(labels)} labels for {len(boxes)} boxes; give '
            'one label for each box'
        )
    return boxes, labels


def _name(label: int, class_names: Optional[Sequence[str]]) -> str:
    """Return the name of a class, or its index if it has none."""
    if class_names is not None and 0 <= label < len(class_names):
        return class_names[label]
    return str(label)


def _line_width(canvas: np.ndarray) -> int:
    """One pixel of line for each 250 of the shorter side."""
    return max(1, round(min(canvas.shape[:2]) / 250))


def _corners(
    box: np.ndarray, factor: int, canvas: np.ndarray
) -> Tuple[int, int, int, int]:
    """Return a box in whole pixels of the canvas, within it."""
    limits = np.array(canvas.shape[1::-1] * 2) - 1
    x1, y1, x2, y2 = np.clip(np.rint(box * factor), 0, limits).astype(int)
    return int(x1), int(y1), int(x2), int(y2)


def _text_colour(background: Colour) -> Colour:
    """Black on a light colour, white on a dark one."""
    blue, green, red = background
    # Rec. 601 luma.
    return (
        _BLACK if 0.114 * blue + 0.587 * green + 0.299 * red > 140 else _WHITE
    )


def _tag(
    canvas: np.ndarray,
    text: str,
    corners: Tuple[int, int, int, int],
    colour: Colour,
    below: bool = False,
) -> None:
    """Write ``text`` on a filled strip beside a box, inside the canvas."""
    height, width = canvas.shape[:2]
    # Of a capital letter, in pixels.
    size = max(8.0, min(height, width) / 40)
    pad = max(2, round(size / 7))
    # Tails of letters reach down by a third of the capitals.
    strip_height = round(4 / 3 * size) + 2 * pad
    x1, y1, _, y2 = corners
    text_room = text_width(text, size) + 2 * pad
    left = max(0, min(x1, width - text_room))
    top = y2 + 1 if below else y1 - strip_height
    # Beyond the edge there is nothing to see: go inside the box.
    if top < 0:
        top = y1
    if top + strip_height > height:
        top = max(0, y2 - strip_height)
    right = min(width, left + text_room)
    canvas[top : top + strip_height, left:right] = colour
    draw_text(
        canvas,
        text,
        (left + pad, top + pad + round(size)),
        size,
        _text_colour(colour),
    )


def _dashed_rectangle(
    canvas: np.ndarray, corners: Tuple[int, int, int, int], thickness: int
) -> None:
    """Draw a rectangle whose dashes are white and black by turns."""
    x1, y1, x2, y2 = corners
    cv2.rectangle(canvas, (x1, y1), (x2, y2), _BLACK, thickness)
    for x in range(x1, x2 + 1, 2 * _DASH):
        end = min(x + _DASH - 1, x2)
        for y in (y1, y2):
            cv2.line(canvas, (x, y), (end, y), _WHITE, thickness)
    for y in range(y1, y2 + 1, 2 * _DASH):
        end = min(y + _DASH - 1, y2)
        for x in (x1, x2):
            cv2.line(canvas, (x, y), (x, end), _WHITE, thickness)
