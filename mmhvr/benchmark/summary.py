# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What runs over seeds gave: mean and spread of each config, as a table."""

from __future__ import annotations

from statistics import mean, stdev
from typing import List, Optional, Sequence, Tuple

from .experiments import METRIC, Run

# Name in the summary and name in result.json of what is averaged over seeds.
AVERAGED = (
    ('slow', 'vid/fgfa/mAP50_slow'),
    ('medium', 'vid/fgfa/mAP50_medium'),
    ('fast', 'vid/fgfa/mAP50_fast'),
    ('seq_nms', 'vid/seq_nms/mAP50'),
    ('coco_AP', 'vid/coco/AP'),
    ('train_seconds', 'train_seconds'),
    ('train_seconds_per_update', 'train_seconds_per_update'),
    ('test_seconds_per_frame', 'test_seconds_per_frame'),
)
# Header of the Markdown table, name in the summary, factor and digits.
COLUMNS: Tuple[Tuple[str, str, float, int], ...] = (
    ('mAP (%)', 'mean', 100, 1),
    ('spread', 'spread', 100, 1),
    ('slow', 'slow', 100, 1),
    ('medium', 'medium', 100, 1),
    ('fast', 'fast', 100, 1),
    ('+ Seq-NMS', 'seq_nms', 100, 1),
    ('COCO AP (%)', 'coco_AP', 100, 1),
    ('training, min', 'train_seconds', 1 / 60, 1),
    ('s an update', 'train_seconds_per_update', 1, 2),
    ('ms a test frame', 'test_seconds_per_frame', 1000, 0),
)


def summarise(runs: Sequence[Run]) -> List[dict]:
    """Mean and spread of each config over the seeds that are done.

    Args:
        runs (list[Run]): Any runs, done or not.

    Returns:
        list[dict]: For each config, in order: config, seeds (list of int),
        scores (of :data:`METRIC`, list of float), mean, spread (the sample
        standard deviation, None for one seed), and the means of
        :data:`AVERAGED` (None where no run has it).
    """
    table = []
    for name in dict.fromkeys(run.name for run in runs):
        done = [r for r in runs if r.name == name and r.result is not None]
        results = [run.result or {} for run in done]
        scores = [result[METRIC] for result in results]
        table.append(
            dict(
                config=name,
                seeds=[run.seed for run in done],
                scores=scores,
                mean=mean(scores) if scores else None,
                spread=stdev(scores) if len(scores) > 1 else None,
                **{key: _mean_of(results, metric) for key, metric in AVERAGED},
            )
        )
    return table


def _mean_of(results: Sequence[dict], key: str) -> Optional[float]:
    """Mean of a number over the results that have it."""
    values = [r[key] for r in results if r.get(key) is not None]
    return mean(values) if values else None


def markdown_table(table: Sequence[dict]) -> str:
    """Return the summary as Markdown, scores in percent.

    Args:
        table (list[dict]): As :func:`summarise` returns it.

    Returns:
        str: A header and one row a config.
    """
    headers = ['config', 'seeds', *(header for header, *_ in COLUMNS)]
    lines = [_line(headers), '|' + '---|' * len(headers)]
    for row in table:
        cells = [f'`{row["config"]}`', ', '.join(map(str, row['seeds']))]
        for _, key, factor, digits in COLUMNS:
            value = row[key]
            cells.append(
                '' if value is None else f'{value * factor:.{digits}f}'
            )
        lines.append(_line(cells))
    return '\n'.join(lines) + '\n'


def _line(cells: Sequence[str]) -> str:
    """Return a row of a Markdown table."""
    return f'| {" | ".join(cells)} |'
