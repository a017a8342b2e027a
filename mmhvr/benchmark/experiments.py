# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Training and testing many configs over seeds.

One folder a run, ``ROOT/CONFIG/seed_N``: ``train`` and ``test`` with their
logs, and ``result.json`` as soon as both are done. A run whose result is there
is not done again; an interrupted training goes on from its last checkpoint.
What came out: :mod:`mmhvr.benchmark.summary`.
"""

from __future__ import annotations

import json
import os
import os.path as osp
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from ..run.checkpoint import latest_readable_checkpoint
from ..run.model_index import package_root
from ..run.testing import read_metrics
from .time_left import last_step, seconds_left

METRIC = 'vid/mAP50'
# One core a run: see docs/en/record.md for what else was measured.
_ONE_THREAD = dict(OMP_NUM_THREADS='1', MKL_NUM_THREADS='1')
# No validation at the end of the training, since a test follows; little to
# lose when interrupted.
_TRAINING = (
    'train_cfg.val_begin=1000000000',
    'default_hooks.checkpoint.interval=250',
    'default_hooks.logger.interval=50',
)


@dataclass(frozen=True)
class Run:
    """One config with one seed.

    Attributes:
        config (str): The config file.
        seed (int): The seed of the training.
        root (str): The folder of all runs.
        cfg_options (tuple[str]): KEY=VALUE words for training and test.
    """

    config: str
    seed: int
    root: str
    cfg_options: Sequence[str] = ()

    @property
    def name(self) -> str:
        """The config's name."""
        return Path(self.config).stem

    @property
    def folder(self) -> Path:
        """The folder of this run."""
        return Path(self.root, self.name, f'seed_{self.seed}')

    @property
    def result(self) -> Optional[dict]:
        """What ``result.json`` says, None if the run is not done."""
        try:
            return json.loads((self.folder / 'result.json').read_text())
        except (OSError, ValueError):
            return None

    def steps(self) -> List[List[str]]:
        """Return the command lines that are still to run, at most two."""
        tools = str(package_root() / 'tools')
        train, test = str(self.folder / 'train'), str(self.folder / 'test')
        options = [
            word for o in self.cfg_options for word in ('--cfg-options', o)
        ]
        if not (self.folder / 'trained').exists():
            return [
                [
                    *(sys.executable, osp.join(tools, 'train.py')),
                    *(self.config, '--work-dir', train, '--resume', 'auto'),
                    *('--seed', str(self.seed)),
                    *('--cfg-options', *_TRAINING),
                    *options,
                ]
            ]
        checkpoint = latest_readable_checkpoint(train)
        if checkpoint is None:
            raise FileNotFoundError(
                f'{train} holds no checkpoint that can be read; remove '
                f'{self.folder} to train again'
            )
        return [
            [
                *(sys.executable, osp.join(tools, 'test.py')),
                *(self.config, checkpoint, '--work-dir', test),
                *options,
            ]
        ]


def run_all(
    runs: Sequence[Run],
    workers: int,
    say: Callable[[str], None] = print,
    every: float = 60.0,
) -> List[Run]:
    """Train and test what is not done yet, some runs at a time.

    Args:
        runs (list[Run]): What to run, in this order.
        workers (int): Runs at a time, each with one thread.
        say (Callable): Prints a line of progress.
        every (float): Seconds between two lines of progress.

    Returns:
        list[Run]: The runs that failed; their last output was printed.
    """
    waiting = [run for run in runs if run.result is None]
    say(f'{len(runs)} runs, {len(waiting)} to do, {workers} at a time')
    active: Dict[Run, subprocess.Popen] = {}
    failed: List[Run] = []
    total, shown = len(waiting), time.monotonic()
    try:
        while waiting or active:
            while waiting and len(active) < workers:
                run = waiting.pop(0)
                active[run] = _start(run)
            time.sleep(0.2)
            for run, process in list(active.items()):
                code = process.poll()
                if code is None:
                    continue
                del active[run]
                if code:
                    failed.append(run)
                    say(_report_failure(run, code))
                elif _finish_step(run):
                    score = (run.result or {}).get(METRIC, float('nan'))
                    say(f'{run.name} seed {run.seed}: {METRIC} {score:.4f}')
                else:
                    active[run] = _start(run)
            if active and time.monotonic() - shown >= every:
                shown = time.monotonic()
                say(_progress(runs, list(active), waiting, total, workers))
    finally:
        for process in active.values():
            process.terminate()
        for process in active.values():
            process.wait()
    return failed


def _start(run: Run) -> subprocess.Popen:
    """Start the next step of a run; its output goes to a log."""
    run.folder.mkdir(parents=True, exist_ok=True)
    log = run.folder / 'log.txt'
    with open(log, 'a') as file:
        return subprocess.Popen(
            run.steps()[0],
            env=dict(os.environ, **_ONE_THREAD),
            stdout=file,
            stderr=subprocess.STDOUT,
        )


def _finish_step(run: Run) -> bool:
    """Note that a step is done; True if it was the last one."""
    trained = run.folder / 'trained'
    if not trained.exists():
        trained.write_text('')
        return False
    metrics = read_metrics(str(run.folder / 'test'))
    per_update, updates = _training_times(run.folder / 'train')
    per_frame = metrics.get('time')
    test = last_step((run.folder / 'log.txt').read_text(errors='replace'))
    result = dict(
        config=run.config,
        seed=run.seed,
        cfg_options=list(run.cfg_options),
        train_seconds_per_update=per_update,
        train_seconds=per_update and per_update * (updates or 0),
        test_seconds_per_frame=per_frame,
        test_seconds=per_frame and test and per_frame * test.total,
        **metrics,
    )
    part = run.folder / 'result.json.part'
    part.write_text(json.dumps(result, indent=2) + '\n')
    part.replace(run.folder / 'result.json')
    return True


def _training_times(folder: Path) -> Tuple[Optional[float], Optional[int]]:
    """Mean seconds of the logged updates, resumed or not, and their number."""
    times, updates = [], []
    for path in folder.glob('*/vis_data/scalars.json'):
        for line in path.read_text().splitlines():
            entry = json.loads(line)
            if 'loss' in entry and 'time' in entry:
                times.append(entry['time'])
                updates.append(entry['step'])
    return (mean(times), max(updates)) if times else (None, None)


def _report_failure(run: Run, code: int) -> str:
    """Return the last lines of a run that failed."""
    log = run.folder / 'log.txt'
    lines = log.read_text(errors='replace').splitlines()[-8:]
    return '\n'.join(
        [f'{run.name} seed {run.seed} failed (exit code {code}), see {log}:']
        + [f'    | {line}' for line in lines]
    )


def _progress(
    runs: Sequence[Run],
    active: Sequence[Run],
    waiting: Sequence[Run],
    total: int,
    workers: int,
) -> str:
    """One line: how far, and how long it will take."""
    steps = [
        last_step((run.folder / 'log.txt').read_text(errors='replace'))
        for run in active
    ]
    done = total - len(waiting) - len(active)
    text = f'{done}/{total} done, running '
    text += ', '.join(
        f'{run.name} seed {run.seed}'
        + (f' ({step.phase} {step.done}/{step.total})' if step else '')
        for run, step in zip(active, steps)
    )
    finished: Dict[str, List[Tuple[float, float]]] = {}
    for run in runs:
        result = run.result or {}
        train, test = result.get('train_seconds'), result.get('test_seconds')
        if train is not None and test is not None:
            finished.setdefault(run.name, []).append((train, test))
    left = seconds_left(
        [(run.name, step) for run, step in zip(active, steps)],
        [run.name for run in waiting],
        finished,
        workers,
    )
    return text if left is None else f'{text}; about {left / 60:.0f} min to go'
