# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Which font has the letters of a text.

DejaVu Sans, which comes with Matplotlib, has Latin, Greek, Cyrillic, Hebrew,
Arabic, Armenian and Georgian letters. For others the fonts of the system are
looked through; ``MMHVR_FONT`` names a font file that goes before all.
"""

import functools
import os
import os.path as osp
import unicodedata
import warnings
from typing import FrozenSet, Iterator, List, Tuple


def split_by_font(text: str) -> List[Tuple[str, str]]:
    """Return the parts of a text and the font file of each, in order.

    A font that has all of the letters takes the whole text.

    Args:
        text: One line.

    Returns:
        Pairs (file, part); none for an empty text.

    Raises:
        FileNotFoundError: MMHVR_FONT names no file.

    Warns:
        UserWarning: No font has one of the letters; once for each.
    """
    first = os.environ.get('MMHVR_FONT', '')
    whole = _font_with(frozenset(filter(_has_shape, text)), first)
    if whole:
        return [(whole, text)] if text else []
    parts: List[Tuple[str, str]] = []
    for letter in text:
        if parts and _is_in(letter, parts[-1][0]):
            parts[-1] = (parts[-1][0], parts[-1][1] + letter)
        else:
            parts.append((_font_of(letter, first), letter))
    return parts


@functools.lru_cache(maxsize=1024)
def _font_with(letters: FrozenSet[str], first: str) -> str:
    """Return the first font that has all of some letters; '' if none has."""
    for path in _fonts(first):
        if all(_is_in(letter, path) for letter in letters):
            return path
    return ''


@functools.lru_cache(maxsize=None)
def _font_of(letter: str, first: str) -> str:
    """Return the first font that has a letter, the usual one if none has."""
    path = _font_with(frozenset(letter), first)
    if not path:
        path = _font_with(frozenset(), '')
        warnings.warn(
            f'no font of this machine has the letter {letter} of a class '
            'name: it is drawn as a box. Install a font that has it, such '
            'as those of Noto, or set MMHVR_FONT to the file of one',
            stacklevel=2,
        )
    return path


def _fonts(first: str) -> Iterator[str]:
    """Font files in the order in which they are asked."""
    import matplotlib
    from matplotlib import font_manager

    if first:
        if not osp.isfile(first):
            raise FileNotFoundError(
                f'MMHVR_FONT is {first}, which was not found; set it to a '
                '.ttf or .otf file, or unset it'
            )
        yield first
    own = osp.join(
        matplotlib.get_data_path(), 'fonts', 'ttf', 'DejaVuSans.ttf'
    )
    # Packages of some systems keep it elsewhere.
    yield own if osp.isfile(own) else font_manager.findfont('DejaVu Sans')
    yield from sorted(font_manager.findSystemFonts())


def _is_in(letter: str, path: str) -> bool:
    """Whether a font can draw a letter, at any size."""
    return ord(letter) in _letters_of(path) or not _has_shape(letter)


def _has_shape(letter: str) -> bool:
    """Whether a letter is drawn itself, not only changes its neighbours."""
    return unicodedata.category(letter) != 'Cf'


@functools.lru_cache(maxsize=None)
def _letters_of(path: str) -> FrozenSet[int]:
    """Return the code points that a font has shapes for."""
    from matplotlib.ft2font import FT2Font

    try:
        font = FT2Font(path)
    except Exception:  # whatever FreeType makes of a file of the system
        return frozenset()
    return frozenset(font.get_charmap()) if font.scalable else frozenset()
