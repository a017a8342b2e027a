# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Figures of a data set. Each leaves pyplot's state alone."""

from typing import Any, Dict

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .dataset_summary import DatasetSummary
from .result_figures import BLUE, GREEN, GREY, ORANGE

_BINS = 30
# A bar a class is read up to so many classes; then the largest are shown.
_MOST_CLASSES = 40


def dataset_figures(summary: DatasetSummary) -> Dict[str, Figure]:
    """Return the figures of a data set by name, those that it has data for.

    Args:
        summary (DatasetSummary): Its numbers.
    """
    figures = {'classes': classes_figure(summary)}
    if len(summary.box_sizes):
        figures['box_sizes'] = histogram(
            summary.box_sizes,
            'square root of the area in pixels of the file',
            'boxes',
        )
    if summary.motion is not None:
        figures['motion'] = motion_figure(summary.motion)
    if len(summary.track_lengths):
        figures['track_lengths'] = histogram(
            summary.track_lengths, 'boxes of a track', 'tracks'
        )
    if len(summary.video_lengths):
        figures['video_lengths'] = histogram(
            summary.video_lengths, 'frames of a video', 'videos'
        )
    return figures


def classes_figure(summary: DatasetSummary) -> Figure:
    """Draw boxes and videos of each class, the most frequent first."""
    order = np.argsort(-summary.boxes, kind='stable')[:_MOST_CLASSES][::-1]
    height = 0.9 + 0.24 * len(order)
    figure = Figure((8, height), layout='constrained')
    panels: Any = figure.subplots(1, 2, sharey=True)
    names = [summary.names[n] for n in order]
    for axis, values, colour, label in (
        (panels[0], summary.boxes, BLUE, 'boxes'),
        (panels[1], summary.videos, GREEN, 'videos with such a box'),
    ):
        bars = axis.barh(range(len(order)), values[order], color=colour)
        texts = [f'{value:,}' for value in values[order]]
        axis.bar_label(bars, texts, padding=3, fontsize=8)
        axis.set_yticks(range(len(order)), names)
        axis.margins(x=0.2)
        axis.set_xlabel(label)
        _plain(axis)
    return figure


def motion_figure(motion: Dict[str, int]) -> Figure:
    """Draw how many boxes are slow, medium and fast."""
    figure = Figure((5, 2), layout='constrained')
    axis: Any = figure.subplots()
    total = max(1, sum(motion.values()))
    names = list(motion)[::-1]
    values = [motion[name] for name in names]
    colours = dict(slow=BLUE, medium=GREEN, fast=ORANGE)
    bars = axis.barh(names, values, color=[colours[name] for name in names])
    texts = [f'{value:,} ({value / total:.0%})' for value in values]
    axis.bar_label(bars, texts, padding=3, fontsize=8)
    axis.margins(x=0.35)
    axis.set_xlabel('boxes')
    _plain(axis)
    return figure


def histogram(values: np.ndarray, label: str, what: str) -> Figure:
    """Draw how often values come; whole numbers have bars of whole ones.

    The scale is logarithmic where the values spread over a factor of 20.
    """
    data = np.asarray(values, dtype=np.float64)
    low, high = data.min(), data.max()
    figure = Figure((5, 2.4), layout='constrained')
    axis: Any = figure.subplots()
    is_wide = low > 0 and high > 20 * low
    if is_wide:
        bins = np.geomspace(low, high, _BINS + 1)
        axis.set_xscale('log')
        axis.xaxis.set_major_formatter('{x:g}')
    elif high - low < _BINS and (data == np.rint(data)).all():
        bins = np.arange(low, high + 2) - 0.5
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    else:
        bins = np.linspace(low, high, _BINS + 1)
    axis.hist(data, bins=bins.tolist(), color=BLUE)
    middle = float(np.median(data))
    axis.axvline(middle, color=GREY, linestyle='--')
    shown = f'{middle:,.0f}' if middle >= 100 else f'{middle:.3g}'
    axis.set_title(f'{what}, middle {shown}', fontsize=10)
    axis.set_xlabel(label)
    _plain(axis)
    return figure


def _plain(axis: Any) -> None:
    """Take away the upper and the right line."""
    axis.spines[['top', 'right']].set_visible(False)
