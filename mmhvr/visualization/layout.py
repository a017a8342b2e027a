# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Several pictures in one. Images are [H, W, 3] BGR uint8."""

from typing import Sequence, Tuple

import numpy as np

from .text import draw_text, text_width

_BACKGROUND = (32, 32, 32)
_CAPTION_HEIGHT = 24


def caption(image: np.ndarray, text: str) -> np.ndarray:
    """Put a strip with a line of text above an image.

    Args:
        image: [H, W, 3] BGR uint8.
        text: One line; made smaller until it fits the width.

    Returns:
        [H + 24, W, 3]; the image itself is unchanged below the strip.
    """
    width = image.shape[1]
    strip = np.full((_CAPTION_HEIGHT, width, 3), _BACKGROUND, dtype=np.uint8)
    height = 11.0  # of a capital letter, in pixels
    height *= min(1.0, (width - 8) / max(1, text_width(text, height)))
    draw_text(strip, text, (4, 17), height, (255, 255, 255))
    return np.concatenate([strip, image])


def side_by_side(images: Sequence[np.ndarray], gap: int = 4) -> np.ndarray:
    """Put images in a row, with a dark gap between.

    Args:
        images: [H_i, W_i, 3] each; lower ones are filled up below.
        gap: Pixels between two.

    Returns:
        [max H_i, sum of W_i and gaps, 3].

    Raises:
        ValueError: There are no images.
    """
    return contact_sheet(images, columns=max(1, len(images)), gap=gap)


def contact_sheet(
    images: Sequence[np.ndarray], columns: int, gap: int = 4
) -> np.ndarray:
    """Put images into a grid, row by row.

    Args:
        images: [H_i, W_i, 3] each; a column is as wide as its widest image,
            a row as high as its highest.
        columns: Images in a row.
        gap: Pixels between two; none around the grid.

    Returns:
        The picture, [H, W, 3] BGR uint8.

    Raises:
        ValueError: There are no images, or ``columns`` is less than 1.
    """
    if not images:
        raise ValueError('images is empty; give at least one image')
    if columns < 1:
        raise ValueError(f'columns is {columns}; give at least 1')
    columns = min(columns, len(images))
    rows = [images[i : i + columns] for i in range(0, len(images), columns)]
    heights = [max(image.shape[0] for image in row) for row in rows]
    widths = [
        max(image.shape[1] for image in images[c::columns])
        for c in range(columns)
    ]
    tops, height = _starts(heights, gap)
    lefts, width = _starts(widths, gap)
    sheet = np.full((height, width, 3), _BACKGROUND, dtype=np.uint8)
    for row, top in zip(rows, tops):
        for image, left in zip(row, lefts):
            sheet[top : top + image.shape[0], left : left + image.shape[1]] = (
                image
            )
    return sheet


def _starts(sizes: Sequence[int], gap: int) -> Tuple[Sequence[int], int]:
    """Where each of several cells begins, and where the last one ends."""
    starts = [sum(sizes[:i]) + gap * i for i in range(len(sizes))]
    return starts, starts[-1] + sizes[-1]
