# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Run what may fail, crash or hang in processes of its own, at once."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Dict, Optional

from .probe_imports import MARK

FOLDER = Path(__file__).parent
PROBES = ('probe_imports.py', 'probe_mim.py')
TIMEOUT = 120.0  # seconds; a first import over a network takes a minute

# The probe sees the packages that this process sees, in the same order.
_LAUNCH = (
    'import json, runpy, sys; '
    'sys.path[:] = json.loads(sys.argv[1]); '
    'runpy.run_path(sys.argv[2], run_name="__main__")'
)

Step = Dict[str, Any]


def run_probes(timeout: float = TIMEOUT) -> Dict[str, Step]:
    """Run all probes.

    Args:
        timeout: Seconds after which a probe is stopped.

    Returns:
        Name of a step -> what its probe said last: ``state`` is ``done``,
        ``failed`` (with the traceback as ``text``), or ``begun`` (with
        ``ended``, which says how the process ended). A step that its probe
        did not reach is left out.
    """
    steps: Dict[str, Step] = {}
    with ThreadPoolExecutor(len(PROBES)) as pool:
        for found in pool.map(lambda name: _run(name, timeout), PROBES):
            steps.update(found)
    return steps


def _run(name: str, timeout: float) -> Dict[str, Step]:
    """Run one probe and read what it says."""
    path = [entry or os.getcwd() for entry in sys.path] + [str(FOLDER)]
    command = [sys.executable, '-c', _LAUNCH, json.dumps(path)]
    output: Optional[bytes]
    try:
        done = subprocess.run(
            [*command, str(FOLDER / name)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=timeout,
            env=dict(os.environ, OMP_NUM_THREADS='1'),
        )
        output, ended = done.stdout, f'exit status {done.returncode}'
        if done.returncode < 0:
            ended = f'signal {-done.returncode}'
    except subprocess.TimeoutExpired as error:
        output = error.stdout
        ended = f'stopped after {timeout:g} s'
    steps: Dict[str, Step] = {}
    for line in (output or b'').decode(errors='replace').splitlines():
        if line.startswith(MARK):
            step = json.loads(line[len(MARK) :])
            steps[step['step']] = step
    for step in steps.values():
        if step['state'] == 'begun':
            step['ended'] = ended
    return steps
