# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Procedural textures: what digits move over and behind."""

from __future__ import annotations

from typing import Tuple

import cv2
import numpy as np


def value_noise(
    rng: np.random.Generator, shape: Tuple[int, int], cell: float
) -> np.ndarray:
    """Smooth noise: random values on a grid, interpolated by cubics.

    Args:
        rng (np.random.Generator): Source of the values.
        shape (tuple[int, int]): Height and width in pixels.
        cell (float): Size of a grid cell in pixels.

    Returns:
        np.ndarray: Noise with mean 0 and deviation 1, float32, ``shape``.
    """
    height, width = shape
    grid = rng.standard_normal(
        (int(height / cell) + 3, int(width / cell) + 3)
    ).astype(np.float32)
    noise = cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    return (noise - noise.mean()) / (noise.std() + 1e-6)


def grating(
    rng: np.random.Generator, shape: Tuple[int, int], period: float
) -> np.ndarray:
    """Wavy stripes at a random angle, deviation about 1, ``shape``."""
    angle, phase = rng.uniform(0, np.pi), rng.uniform(0, 2 * np.pi)
    ys, xs = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    wave = xs * np.cos(angle) + ys * np.sin(angle)
    wave += 2.5 * value_noise(rng, shape, 40)
    return (1.4 * np.sin(2 * np.pi * wave / period + phase)).astype(np.float32)


def stroke_clutter(
    rng: np.random.Generator, shape: Tuple[int, int], count: int
) -> np.ndarray:
    """Soft arcs that look like pieces of handwriting but are no digits.

    Returns:
        np.ndarray: Signed strength of the arcs in [-1, 1], float32, ``shape``.
    """
    canvas = np.zeros(shape, np.float32)
    for _ in range(count):
        center = (int(rng.integers(shape[1])), int(rng.integers(shape[0])))
        axes = (int(rng.integers(6, 26)), int(rng.integers(6, 26)))
        start, span = rng.uniform(0, 360), rng.uniform(40, 150)
        cv2.ellipse(
            canvas,
            center,
            axes,
            rng.uniform(0, 180),
            start,
            start + span,
            (float(rng.choice([-1, 1])),),
            int(rng.integers(2, 5)),
        )
    return cv2.GaussianBlur(canvas, (0, 0), 0.8)


def make_texture(
    rng: np.random.Generator,
    shape: Tuple[int, int],
    mean: float,
    strength: float,
    clutter: int,
) -> np.ndarray:
    """Return a coloured texture of noise, stripes and arcs.

    Args:
        rng (np.random.Generator): Source of all choices.
        shape (tuple[int, int]): Height and width in pixels.
        mean (float): Mean grey value, 0 to 255.
        strength (float): Standard deviation of the pattern in grey values.
        clutter (int): Number of arcs.

    Returns:
        np.ndarray: Image in BGR, float32, ``[height, width, 3]``; not clipped.
    """
    layers = [value_noise(rng, shape, cell) for cell in (48, 18, 7)]
    weights = rng.dirichlet([2, 2, 1])
    grey = sum(w * layer for w, layer in zip(weights, layers))
    if rng.random() < 0.5:
        period = rng.uniform(8, 28)
        grey = grey + rng.uniform(0.2, 0.6) * grating(rng, shape, period)
    if clutter:
        grey = grey + 1.5 * stroke_clutter(rng, shape, clutter)
    tint = rng.uniform(0.7, 1.3, 3).astype(np.float32)
    cast = rng.uniform(-18, 18, 3).astype(np.float32)
    return mean + cast + strength * grey[..., None] * tint
