# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""A diagnosis as text for a person, and as a dict for JSON."""

from typing import Any, Dict, List, Sequence

from ..utils.problem import Problem
from .diagnosis import Diagnosis

HEAD = ('', 'found', 'state', 'tried', '')


def as_text(diagnosis: Diagnosis) -> str:
    """Return the table, then each fault with the command that mends it."""
    lines = _aligned([HEAD, *diagnosis.rows])
    for title, problems in (
        ('fault', diagnosis.faults),
        ('warning', diagnosis.warnings),
    ):
        if problems:
            plural = 's' if len(problems) > 1 else ''
            lines += ['', f'{len(problems)} {title}{plural}:']
        for number, problem in enumerate(problems, 1):
            lines += _listed(number, problem)
    if diagnosis.note:
        lines += ['', f'Note: {diagnosis.note}']
    if not diagnosis.faults:
        lines += ['', 'Nothing is wrong.']
    return '\n'.join(lines)


def as_dict(diagnosis: Diagnosis) -> Dict[str, Any]:
    """Return the same, of types that JSON has."""
    return dict(
        ok=not diagnosis.faults,
        rows=[
            dict(row._asdict(), name=row.name.strip())
            for row in diagnosis.rows
        ],
        faults=[dict(p._asdict(), text=str(p)) for p in diagnosis.faults],
        warnings=[dict(p._asdict(), text=str(p)) for p in diagnosis.warnings],
        note=diagnosis.note,
    )


def _listed(number: int, problem: Problem) -> List[str]:
    """Put a problem on its own lines, so that the command can be copied."""
    found = f' {problem.found}' if problem.found else ''
    lines = [f'{number:3d}. {problem.name}{found} {problem.what}']
    if problem.reason:
        lines[0] += f': {problem.reason}'
    lines.append(f'     needed: {problem.needed}')
    lines.append(f'     run:    {problem.command}')
    return lines


def _aligned(rows: Sequence[Sequence[str]]) -> List[str]:
    """Columns under each other; a very long entry pushes its own line."""
    widths = [
        max(len(row[i]) for row in rows if len(row[i]) <= 40)
        for i in range(len(HEAD))
    ]
    return [
        '  '.join(
            entry.ljust(width) for entry, width in zip(row, widths)
        ).rstrip()
        for row in rows
    ]
