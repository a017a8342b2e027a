# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The table that a person reads after an evaluation.

Legend: K classes.
"""

from typing import Dict, Sequence

import numpy as np
from terminaltables import AsciiTable

from .average_precision import mean_average_precision


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
        f'{100 * mean_average_precision(column):.1f}'
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
