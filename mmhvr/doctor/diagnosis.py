# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Put together what the metadata, the probes and the disks say."""

import os
import shutil
import sys
from typing import Dict, List, NamedTuple, Optional, Tuple

from ..utils.compatibility import find_problems, find_untried, installed
from ..utils.environment import (
    Environment,
    read_environment,
    site_packages,
    unwritable_note,
)
from ..utils.problem import Problem
from ..utils.versions import TABLE, Package
from ..version import __version__
from .faults import find_faults, find_warnings, key_of
from .probes import Step, run_probes

ALL_LAYERS = ('core', 'host', 'mim', 'other')
GIB = 2**30


class Row(NamedTuple):
    """A line of the table.

    Attributes:
        name: What it is about.
        found: Its version or value; empty if there is none.
        state: ``ok``, ``not tried``, ``wrong`` or ``missing``; empty if no
            verdict is due.
        tried: The versions that were tried; may be empty.
        note: What else there is to say.
    """

    name: str
    found: str
    state: str = ''
    tried: str = ''
    note: str = ''


class Diagnosis(NamedTuple):
    """All that ``mmhvr doctor`` has found out.

    Attributes:
        rows: The table.
        faults: What keeps mmhvr or mim from working.
        warnings: What may.
        note: What the mending commands need first, or None.
    """

    rows: List[Row]
    faults: List[Problem]
    warnings: List[Problem]
    note: Optional[str]


def diagnose() -> Diagnosis:
    """Look at everything; takes some seconds."""
    steps = run_probes()
    environment = read_environment()
    problems = find_problems(environment, ALL_LAYERS)
    faults = find_faults(problems, steps, environment)
    untried = find_untried(environment, ALL_LAYERS)
    rows = _rows_of_packages(environment, steps, faults, untried)
    rows += _rows_of_machine(steps)
    return Diagnosis(
        rows,
        faults,
        untried + find_warnings(steps, environment),
        unwritable_note() if faults else None,
    )


def _rows_of_packages(
    environment: Environment,
    steps: Dict[str, Step],
    faults: List[Problem],
    untried: List[Problem],
) -> List[Row]:
    """Return a line for each package of the table."""
    wrong = {key for fault in faults for key in key_of(fault)}
    newer = {key for problem in untried for key in key_of(problem)}
    rows = [_row_of_mmhvr(steps.get('mmhvr', {}), 'mmhvr' in wrong)]
    for package in TABLE:
        name, found = _found(package, environment)
        step = steps.get(package.module, {})
        if found is None and step.get('version'):
            found = str(step['version'])  # installed without metadata
        state = 'ok'
        if package.name in wrong:
            state = 'missing' if found is None else 'wrong'
        elif found is None:
            state = 'missing'
        elif package.name in newer:
            state = 'not tried'
        note = '' if name == package.name else name
        if package.name == 'python':
            note = sys.executable
        rows.append(Row(package.name, found or '', state, package.tried, note))
        if package.name == 'torch':
            rows += _rows_of_gpu(step)
        if package.name == 'mmcv':
            serving = steps.get('mmhvr', {}).get('serving', '')
            rows.append(Row('  operators', serving or 'unknown'))
    return rows


def _found(
    package: Package, environment: Environment
) -> Tuple[str, Optional[str]]:
    """Return what is installed in a package's place, rightly or not."""
    owners = environment.owners.get(package.name, ())
    if owners:
        versions = [environment.versions.get(name) or '?' for name in owners]
        return ' and '.join(owners), ' and '.join(versions)
    return installed(package, environment)


def _row_of_mmhvr(step: Step, wrong: bool) -> Row:
    """Whether mmhvr can be imported."""
    if step.get('state') == 'done':
        return Row('mmhvr', __version__, 'ok', note='can be imported')
    return Row('mmhvr', __version__, 'wrong', note='cannot be imported')


def _rows_of_gpu(step: Step) -> List[Row]:
    """Return the CUDA of torch and the GPUs that it sees."""
    if step.get('state') != 'done':
        return [Row('  CUDA', 'unknown'), Row('  GPU', 'unknown')]
    gpus = step['gpus']
    rows = [Row('  CUDA', step['cuda'] or 'none', note='that of torch')]
    for gpu in sorted(set(gpus)):
        count = gpus.count(gpu)
        rows.append(Row('  GPU', f'{count} x {gpu}' if count > 1 else gpu))
    return rows if gpus else [*rows, Row('  GPU', 'none')]


def _rows_of_machine(steps: Dict[str, Step]) -> List[Row]:
    """Return the configs that mim finds, and free disk space."""
    step = steps.get('mim', {})
    configs = str(step['configs']) if step.get('configs') else 'none'
    rows = [Row('mim configs', configs, note=step.get('folder', ''))]
    for name, folder in (
        ('free, packages', site_packages()),
        ('free, here', os.getcwd()),
    ):
        rows.append(Row(name, _free(folder), note=folder))
    return rows


def _free(folder: str) -> str:
    """Return the free space of a folder's disk."""
    try:
        return f'{shutil.disk_usage(folder).free / GIB:.1f} GiB'
    except OSError as error:
        return f'unknown ({error})'
