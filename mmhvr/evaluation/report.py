# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The table that a person reads after an evaluation.

Legend: G annotated boxes, K classes.
"""

from typing import Dict, Sequence, Tuple

import numpy as np
from terminaltables import AsciiTable

from .average_precision import mean_average_precision
from .errors import KINDS, ErrorCounts


def format_table(
    classes: Sequence[str],
    num_gt: np.ndarray,
    num_det: np.ndarray,
    columns: Dict[str, np.ndarray],
) -> str:
    """Write the AP of each class, and their mean, in percent.

    Args:
        classes (Sequence[str]): Class names, [K].
        num_gt (np.ndarray): Annotated boxes of each class, int [K].
        num_det (np.ndarray): Detections of each class, int [K].
        columns (dict[str, np.ndarray]): Heading of each column and the AP in
            [0, 1] of each class, NaN for one without annotated boxes, [K].

    Returns:
        str: The table; a class without annotated boxes has ``-``.
    """
    percent = [
        ['-' if np.isnan(ap) else f'{100 * ap:.1f}' for ap in column]
        for column in columns.values()
    ]
    means = [
        '-'
        if np.isnan(column).all()
        else f'{100 * mean_average_precision(column):.1f}'
        for column in columns.values()
    ]
    rows = [['class', 'boxes', 'detections', *columns]]
    rows += [list(row) for row in zip(classes, num_gt, num_det, *percent)]
    rows += [
        [
            f'mean of {np.count_nonzero(num_gt)}',
            num_gt.sum(),
            num_det.sum(),
            *means,
        ]
    ]
    table = AsciiTable(rows)
    table.inner_footing_row_border = True
    table.justify_columns = {i: 'right' for i in range(1, len(rows[0]))}
    return table.table


def format_errors(
    classes: Sequence[str], errors: ErrorCounts, top: int = 5
) -> str:
    """Write boxes found and missed, and false detections by kind.

    Args:
        classes (Sequence[str]): Class names, [K].
        errors (ErrorCounts): The numbers.
        top (int): How many confusions to name. Defaults to 5.

    Returns:
        str: The table, and the most frequent confusions below.
    """
    columns = [
        errors.boxes,
        errors.found,
        errors.missed,
        *(errors.false[kind] for kind in KINDS),
    ]
    recall = [
        '-' if np.isnan(value) else f'{100 * value:.1f}'
        for value in errors.recall
    ]
    rows = [['class', 'boxes', 'found', 'missed', *KINDS, 'recall']]
    rows += [list(row) for row in zip(classes, *columns, recall)]
    mean = mean_average_precision(errors.recall)
    rows += [
        ['all', *(column.sum() for column in columns), f'{100 * mean:.1f}']
    ]
    table = AsciiTable(rows)
    table.inner_footing_row_border = True
    table.justify_columns = {i: 'right' for i in range(1, len(rows[0]))}
    confusions = ', '.join(
        f'{classes[box]} taken for {classes[detection]} ({number})'
        for box, detection, number in errors.top_confusions(top)
    )
    return f'{table.table}\nmost frequent confusions: {confusions or "none"}'


def describe_ranges(
    values: np.ndarray, ranges: Dict[str, Tuple[float, float]]
) -> str:
    """Say how many boxes there are in each range.

    Args:
        values (np.ndarray): What the ranges are about, for each box, [G].
        ranges (dict[str, tuple]): Least and greatest value by name.

    Returns:
        str: A part of a line.

    Example:
        >>> describe_ranges(np.array([.9, .8]), dict(slow=(.9, 1)))
        'slow [0.9, 1] 1 boxes'
    """
    return ', '.join(
        f'{name} [{low:g}, {high:g}] '
        f'{np.count_nonzero((values >= low) & (values <= high))} boxes'
        for name, (low, high) in ranges.items()
    )
