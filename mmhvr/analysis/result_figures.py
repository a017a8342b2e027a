# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Figures of a result: curves, confusions, AP by range, change by class.

Each function returns a Matplotlib figure, and leaves pyplot's state alone.

Legend: K classes, R ranges, N results.
"""

from typing import Any, Dict, List, Sequence

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation

from .results import Analysis, RangeResult

# Colours that people with colour-blindness tell apart (Okabe and Ito).
BLUE, ORANGE, GREEN, GREY = '#0072B2', '#D55E00', '#009E73', '#666666'
# From white, so that empty cells are empty.
SHARES = LinearSegmentedColormap.from_list(
    'shares', ['white', '#6BAED6', '#08306B']
)
COLOURS = (BLUE, ORANGE, GREEN, '#CC79A7', '#56B4E9')
MARKERS = ('o', 's', '^', 'D', 'v')
# A curve has no more points than a person sees.
POINTS = 500
# Points from a panel down to its legend: ticks and the name of the axis.
LEGEND_DROP = 34
# Confusion matrices of more classes have no numbers in their cells.
MOST_NUMBERED = 31


def precision_recall_figure(results: Dict[str, Analysis]) -> Figure:
    """Return a panel a class: precision over recall, and its envelope.

    Args:
        results (dict[str, Analysis]): N results of the same classes by name.

    Returns:
        Figure: The envelope, whose area is AP, as a line; the precision
        itself as a pale one.
    """
    first = next(iter(results.values()))
    shown = [k for k, curve in enumerate(first.curves) if curve is not None]
    columns = min(5, len(shown))
    rows = -(-len(shown) // columns)
    figure = Figure((2.5 * columns, 2.3 * rows + 0.9), layout='constrained')
    axes: Any = figure.subplots(
        rows, columns, sharex=True, sharey=True, squeeze=False
    )
    for axis in axes.flat[len(shown) :]:
        axis.set_visible(False)
    for axis, k in zip(axes.flat, shown):
        for colour, result in zip(COLOURS, results.values()):
            curve = result.curves[k]
            if curve is None or not len(curve[0]):
                continue
            precision, recall = curve
            envelope = np.maximum.accumulate(precision[::-1])[::-1]
            part = _thin_out(recall)
            axis.plot(recall[part], precision[part], color=colour, alpha=0.3)
            # From recall 0 on, and down to 0 where recall ends.
            axis.step(
                [0, *recall[part], recall[-1]],
                [envelope[0], *envelope[part], 0],
                where='pre',
                color=colour,
            )
        values = ' / '.join(
            f'{100 * result.aps[k]:.1f}' for result in results.values()
        )
        axis.set_title(f'{first.classes[k]}  {values}', fontsize=10)
        axis.set_xlim(0, 1.02)
        axis.set_ylim(0, 1.05)
        axis.grid(alpha=0.3)
        _hide_frame(axis)
    figure.supxlabel('recall')
    figure.supylabel('precision')
    lines = [
        f'{name}: mAP {100 * np.nanmean(result.aps):.1f}'
        for name, result in results.items()
    ]
    handles = [
        axes.flat[0].plot([], [], color=colour, label=line)[0]
        for colour, line in zip(COLOURS, lines)
    ]
    figure.legend(handles=handles, loc='outside upper center', ncols=3)
    return figure


def confusion_figure(analysis: Analysis, score_thr: float) -> Figure:
    """Boxes (rows) by what was detected on them (columns).

    The colour of a cell is its share of the row, so that rare classes are
    seen; the number is the count.

    Args:
        analysis (Analysis): One result.
        score_thr (float): The least score that counted, for the title.

    Returns:
        Figure: [K + 1, K + 1] cells, see
        :meth:`~mmhvr.evaluation.errors.ErrorCounts.confusion_matrix`.
    """
    matrix = analysis.errors.confusion_matrix()
    number = len(matrix)
    total = matrix.sum(1, keepdims=True)
    share = np.divide(
        matrix, total, out=np.zeros(matrix.shape), where=total > 0
    )
    side = max(5.5, 0.42 * number + 2.5)
    figure = Figure((side + 0.8, side), layout='constrained')
    axis = figure.add_subplot()
    image = axis.imshow(share, cmap=SHARES, vmin=0, vmax=1)
    axis.set_xticks(
        range(number),
        [*analysis.classes, 'missed'],
        rotation=45,
        ha='right',
        rotation_mode='anchor',
    )
    axis.set_yticks(range(number), [*analysis.classes, 'no box'])
    axis.set_xlabel('detected as')
    axis.set_ylabel('annotated class')
    # What is no class stands apart.
    axis.axhline(number - 1.5, color=GREY, linewidth=1)
    axis.axvline(number - 1.5, color=GREY, linewidth=1)
    if number <= MOST_NUMBERED:
        for row, column in np.argwhere(matrix > 0):
            axis.text(
                column,
                row,
                _short(int(matrix[row, column])),
                ha='center',
                va='center',
                fontsize=7 if number > 15 else 8,
                color='white' if share[row, column] > 0.55 else 'black',
            )
    axis.set_title(
        f'Detections with a score of at least {score_thr:g}', fontsize=11
    )
    bar = figure.colorbar(image, ax=axis, shrink=0.7)
    bar.set_label('share of the row')
    for spine in axis.spines.values():
        spine.set_visible(False)
    return figure


def range_figure(analysis: Analysis, protocol: str) -> Figure:
    """AP by motion and by size: a row a class, a mark a range.

    Args:
        analysis (Analysis): One result.
        protocol (str): The rules of AP by motion, for the title.

    Returns:
        Figure: One panel, or two if the data set has motion. The last row is
        the mean over the classes that have such boxes.
    """
    panels = [('AP by size (square root of area, pixels)', analysis.size)]
    if analysis.motion is not None:
        panels.insert(0, (f'AP by motion IoU ({protocol})', analysis.motion))
    shown = [k for k in range(len(analysis.classes)) if analysis.aps[k] >= 0]
    figure = Figure(
        (5 * len(panels) + 1, 0.3 * len(shown) + 2.4), layout='constrained'
    )
    axes: Any = figure.subplots(1, len(panels), sharey=True)
    axes = np.atleast_1d(axes)
    for axis, (title, result) in zip(axes, panels):
        _draw_ranges(axis, result, shown)
        axis.set_title(title, fontsize=11)
    axes[0].set_yticks(
        range(len(shown) + 1),
        [*[analysis.classes[k] for k in shown], 'mean'],
    )
    axes[0].get_yticklabels()[-1].set_fontweight('bold')
    # The first class on top.
    axes[0].set_ylim(len(shown) + 0.6, -0.6)
    return figure


def change_figure(
    classes: Sequence[str],
    before: np.ndarray,
    after: np.ndarray,
    names: Sequence[str] = ('before', 'after'),
) -> Figure:
    """How the AP of each class changes from one result to another.

    Args:
        classes (Sequence[str]): Class names, [K].
        before (np.ndarray): AP in [0, 1], NaN without boxes, [K].
        after (np.ndarray): The same of the other result, [K].
        names (Sequence[str]): What to call the two.

    Returns:
        Figure: A bar a class, the largest gain on top; the mean is last.
    """
    change = 100 * (after - before)
    known = np.flatnonzero(~np.isnan(change))
    order = known[np.argsort(-change[known], kind='stable')]
    values = [*change[order], change[known].mean()]
    starts = [*(100 * before[order]), 100 * before[known].mean()]
    ends = [*(100 * after[order]), 100 * after[known].mean()]
    labels = [*[classes[k] for k in order], 'mean']
    figure = Figure((7, 0.32 * len(labels) + 1.6), layout='constrained')
    axis = figure.add_subplot()
    places = [*range(len(order)), len(order) + 0.4]
    axis.barh(
        places,
        values,
        color=[BLUE if value >= 0 else ORANGE for value in values],
        height=0.7,
    )
    axis.axvline(0, color='black', linewidth=0.8)
    reach = max(1.0, max(abs(value) for value in values))
    low = min(0.0, min(values))
    for place, value, start, end in zip(places, values, starts, ends):
        # Beyond the bar's end, or beyond 0 for a fall: the names of classes
        # stand at the left.
        axis.text(
            max(value, 0) + 0.02 * reach,
            place,
            f'{value:+.1f}  ({start:.1f} to {end:.1f})',
            va='center',
            fontsize=8,
        )
    axis.set_xlim(low - 0.05 * reach, max(0.0, max(values)) + 0.65 * reach)
    axis.set_yticks(places, labels)
    axis.get_yticklabels()[-1].set_fontweight('bold')
    axis.set_ylim(len(order) + 1, -0.6)
    axis.set_xlabel('change of AP in points')
    axis.set_title(f'From {names[0]} to {names[1]}', fontsize=11)
    axis.grid(axis='x', alpha=0.3)
    axis.set_axisbelow(True)
    _hide_frame(axis)
    return figure


def _draw_ranges(axis: Any, result: RangeResult, shown: List[int]) -> None:
    """Draw the marks of one panel, and say how many boxes they stand for."""
    places = np.arange(len(shown) + 1)
    for r, (name, (low, high)) in enumerate(result.ranges.items()):
        if not result.boxes[r].any():
            continue
        aps = 100 * result.aps[r, shown]
        mean = np.nan if np.isnan(aps).all() else np.nanmean(aps)
        label = f'{name} {low:g} to {high:g}: {result.boxes[r].sum()} boxes'
        axis.plot(
            [*aps, mean],
            # Side by side, so that equal values do not hide each other.
            places + 0.22 * (r - (len(result.ranges) - 1) / 2),
            MARKERS[r],
            color=COLOURS[r],
            markersize=5.5,
            label=label.replace(' to inf', ' and more'),
        )
    for place in places[:-1]:
        strong = place == places[-2]
        axis.axhline(
            place + 0.5,
            color=GREY,
            linewidth=0.8 if strong else 0.3,
            alpha=1 if strong else 0.5,
        )
    axis.set_xlim(-2, 102)
    axis.set_xlabel('AP in percent')
    axis.grid(axis='x', alpha=0.3)
    axis.set_axisbelow(True)
    axis.tick_params(axis='y', length=0)
    # Below the name of the axis, in points however high the panel is.
    below = ScaledTranslation(
        0, -LEGEND_DROP / 72, axis.figure.dpi_scale_trans
    )
    axis.legend(
        fontsize=8,
        frameon=False,
        loc='upper center',
        bbox_to_anchor=(0.5, 0),
        bbox_transform=axis.transAxes + below,
    )
    _hide_frame(axis)


def _thin_out(recall: np.ndarray) -> np.ndarray:
    """Return the indices of some hundred points that keep a curve's shape."""
    # Precision peaks where recall rises; between two such places it falls.
    rises = np.flatnonzero(np.diff(recall, prepend=0.0) > 0)
    if len(rises) > POINTS:
        rises = rises[np.linspace(0, len(rises) - 1, POINTS).astype(int)]
    return rises


def _hide_frame(axis: Any) -> None:
    """Leave the left and the lower line of a panel."""
    for side in ('top', 'right'):
        axis.spines[side].set_visible(False)


def _short(number: int) -> str:
    """Return a number in a cell's width: 12345 becomes 12k."""
    return str(number) if number < 10000 else f'{number // 1000}k'
