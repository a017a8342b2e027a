# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Real handwriting: the digit samples of scikit-learn as smooth glyphs."""

from __future__ import annotations

from typing import Dict, List

import cv2
import numpy as np

CLASSES = (
    'zero',
    'one',
    'two',
    'three',
    'four',
    'five',
    'six',
    'seven',
    'eight',
    'nine',
)

# A glyph is 8 x 8 scan pixels and a border of one, each 8 pixels wide.
GLYPH_SCALE = 8
GLYPH_SIZE = 10 * GLYPH_SCALE

# The stream of the split must differ from those of all videos, which begin
# with (seed, 0 | 1 | 2, video).
_SPLIT_STREAM = 1000


def split_samples(
    targets: np.ndarray, seed: int, val_ratio: float = 0.25
) -> Dict[str, List[np.ndarray]]:
    """Split digit samples into disjoint training and validation samples.

    Args:
        targets (np.ndarray): Digit of each sample, ``[n]``.
        seed (int): Seed of the split.
        val_ratio (float): Share of each class that validation gets.

    Returns:
        dict[str, list[np.ndarray]]: For ``'train'`` and ``'val'`` ten arrays
        of sample indices, one per digit.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, _SPLIT_STREAM]))
    split: Dict[str, List[np.ndarray]] = dict(train=[], val=[])
    for digit in range(len(CLASSES)):
        samples = rng.permutation(np.flatnonzero(targets == digit))
        num_val = max(1, int(round(val_ratio * len(samples))))
        split['val'].append(samples[:num_val])
        split['train'].append(samples[num_val:])
    return split


def make_glyph(scan: np.ndarray) -> np.ndarray:
    """Enlarge one 8x8 scan smoothly to an opacity map with crisp strokes.

    Args:
        scan (np.ndarray): Scan with values 0 (paper) to 16 (ink), ``[8, 8]``.

    Returns:
        np.ndarray: Opacity in [0, 1], float32, ``[80, 80]``; the ink's box is
        centred.
    """
    ink = np.pad(scan.astype(np.float32) / 16, 1)
    size = (GLYPH_SIZE, GLYPH_SIZE)
    ink = np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_CUBIC))
    # Smoothstep: strokes get an edge and do not run together.
    ink = np.clip((ink - 0.3) / 0.45, 0, 1)
    ink = (ink * ink * (3 - 2 * ink)).astype(np.float32)
    rows, cols = np.nonzero(ink > 0.5)
    # warpAffine maps pixel (x, y) to (x + dx, y + dy).
    dx = (GLYPH_SIZE - 1 - cols.min() - cols.max()) / 2
    dy = (GLYPH_SIZE - 1 - rows.min() - rows.max()) / 2
    shift = np.array([[1, 0, dx], [0, 1, dy]], dtype=float)
    return cv2.warpAffine(ink, shift, (GLYPH_SIZE, GLYPH_SIZE))


class GlyphBook:
    """The glyphs that one split may use.

    Args:
        split (str): ``'train'`` or ``'val'``.
        seed (int): Seed of the split into disjoint samples.
    """

    def __init__(self, split: str, seed: int) -> None:
        from sklearn.datasets import load_digits

        digits = load_digits()
        self.samples = split_samples(digits.target, seed)[split]
        self._scans = digits.images

    def draw(self, digit: int, rng: np.random.Generator) -> np.ndarray:
        """Draw one glyph of a digit.

        Args:
            digit (int): 0 to 9.
            rng (np.random.Generator): Source of the choice.

        Returns:
            np.ndarray: Opacity map, see :func:`make_glyph`.
        """
        return make_glyph(self._scans[rng.choice(self.samples[digit])])
