# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The tables that a person reads of a comparison."""

from typing import Dict, List, Optional

from terminaltables import AsciiTable

from .comparison import Comparison, Difference

HEADINGS = (
    'boxes',
    'videos',
    'A',
    'B',
    'B - A',
    '95 % interval',
    'B above A',
    'resamples',
)


def format_comparison(comparison: Comparison, name: str = 'AP50') -> str:
    """Write the differences: of the means by motion, and of each class.

    Args:
        comparison (Comparison): The numbers.
        name (str): What the values are called. Defaults to 'AP50'.

    Returns:
        str: Two tables, in percent and points; a class without annotated
        boxes has ``-``.
    """
    by_class = {
        cls: groups.get('all') for cls, groups in comparison.classes.items()
    }
    return '\n'.join(
        [
            f'{name} in percent, B - A in points with the interval over '
            f'{comparison.resamples} resamples of {comparison.videos} videos '
            f'(seed {comparison.seed})',
            _table(f'm{name}', dict(comparison.means)),
            _table(name, by_class),
        ]
    )


def _table(title: str, rows: Dict[str, Optional[Difference]]) -> str:
    """One table, a row a name."""
    lines = [[title, *HEADINGS]]
    lines += [[name, *_cells(value)] for name, value in rows.items()]
    table = AsciiTable(lines)
    table.justify_columns = {i: 'right' for i in range(1, len(lines[0]))}
    return table.table


def _cells(value: Optional[Difference]) -> List[str]:
    """Return the cells of one row."""
    if value is None:
        return ['0', '0'] + ['-'] * (len(HEADINGS) - 2)
    return [
        str(value.boxes),
        str(value.videos),
        f'{100 * value.a:.1f}',
        f'{100 * value.b:.1f}',
        f'{100 * value.difference:+.1f}',
        f'{100 * value.low:+.1f} to {100 * value.high:+.1f}',
        f'{100 * value.above_zero:.1f} %',
        str(value.resamples),
    ]
