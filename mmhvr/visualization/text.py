# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Text on pictures and figures, in any script that a font here has."""

import functools
import unicodedata
import warnings
from typing import Any, List, Tuple

import numpy as np

from .fonts import split_by_font

# Height of a capital letter of DejaVu Sans over the size of the font.
_CAPITAL = 0.729


def text_width(text: str, height: float) -> int:
    """How many pixels wide a text will be.

    Args:
        text: One line.
        height: Of a capital letter, in pixels.
    """
    return int(
        np.ceil(
            sum(font.getlength(part) for font, part in _runs(text, height))
        )
    )


def draw_text(
    canvas: np.ndarray,
    text: str,
    place: Tuple[int, int],
    height: float,
    colour: Tuple[int, int, int],
) -> None:
    """Write a text.

    Args:
        canvas: [H, W, 3] BGR uint8, changed in place; what lies outside is
            not drawn.
        text: One line; line breaks become blanks.
        place: x of its left end and y of the line that it stands on.
        height: Of a capital letter, in pixels.
        colour: Blue, green, red.
    """
    x, y = place
    for font, part in _runs(text, height):
        _draw_run(canvas, part, (x, y), font, colour)
        x += round(font.getlength(part))


def save_figure(figure: Any, path: str, dpi: float) -> None:
    """Save a Matplotlib figure whose texts may be class names.

    Every letter that a font here has is drawn, and a ``$`` is a ``$``, not
    the beginning of a formula.

    Args:
        figure: The figure.
        path: The file to write, such as ``changes.png``.
        dpi: Pixels an inch.
    """
    from matplotlib.font_manager import FontProperties, fontManager
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        text.set_parse_math(False)
    with warnings.catch_warnings():
        # It says of each letter that the usual font has no shape for it.
        warnings.simplefilter('ignore')
        figure.draw_without_rendering()  # ticks get their names by it
    for text in figure.findobj(Text):
        if text.get_text().isascii():
            continue
        families = ['DejaVu Sans']
        for file, _ in split_by_font(_one_line(text.get_text())):
            fontManager.addfont(file)
            families.append(FontProperties(fname=file).get_name())
        text.set_fontfamily(families)
    figure.savefig(path, dpi=dpi)


def _draw_run(
    canvas: np.ndarray,
    text: str,
    place: Tuple[int, int],
    font: Any,
    colour: Tuple[int, int, int],
) -> None:
    """Write a text in one font."""
    from PIL import Image, ImageDraw

    x1, y1, x2, y2 = (int(v) for v in font.getbbox(text, anchor='ls'))
    layer = Image.new('L', (max(1, x2 - x1), max(1, y2 - y1)))
    ImageDraw.Draw(layer).text(
        (-x1, -y1), text, fill=255, font=font, anchor='ls'
    )
    left, top = place[0] + x1, place[1] + y1
    part = canvas[max(0, top) :, max(0, left) :]
    ink = np.asarray(layer, np.float32)[max(0, -top) :, max(0, -left) :]
    part = part[: ink.shape[0], : ink.shape[1]]
    alpha = ink[: part.shape[0], : part.shape[1], None] / 255
    part[:] = np.rint(part + alpha * (np.array(colour) - part))


def _runs(text: str, height: float) -> List[Tuple[Any, str]]:
    """Return the parts of a text, each with its font as Pillow has it."""
    size = max(1, round(height / _CAPITAL))
    parts = split_by_font(_one_line(text))
    return [(_sized_font(path, size), part) for path, part in parts]


@functools.lru_cache(maxsize=64)
def _sized_font(path: str, size: int) -> Any:
    """Return a font as Pillow has it."""
    from PIL import ImageFont

    return ImageFont.truetype(path, size)


def _one_line(text: str) -> str:
    """Put blanks in place of line breaks and control characters."""
    return ''.join(
        ' ' if unicodedata.category(c) in ('Cc', 'Zl', 'Zp') else c
        for c in text
    )
