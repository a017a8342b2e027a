# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Run a long program so that a person sees how far it is."""

import os
import re
import subprocess
import time
from collections import deque
from typing import Optional, Sequence

from mmhvr.benchmark.time_left import PROGRESS
from mmhvr.run.cores import usable_cores

# A small network does not get faster with more threads than this.
_MAX_THREADS = 8
_TITLES = dict(train='training', val='validation', test='test')


def run_logged(
    command: Sequence[str],
    log: str,
    every: float = 10.0,
    tail: int = 15,
    processes: int = 1,
) -> int:
    """Run a program: its output to a file, its progress to the screen.

    Of MMEngine's log only the progress is shown, shortened and at most once
    in ``every`` seconds. If the program fails, its last lines follow.

    Args:
        command: The program and its arguments.
        log: A file; what it held is replaced.
        every: Seconds between two lines of progress.
        tail: How many last lines to show after a failure.
        processes: How many processes the program starts; they share the
            cores.

    Returns:
        The exit code of the program.
    """
    env = dict(os.environ, PYTHONUNBUFFERED='1')
    threads = min(_MAX_THREADS, max(1, usable_cores() // processes))
    env['OMP_NUM_THREADS'] = str(threads)
    last: deque = deque(maxlen=tail)
    shown = -every
    with (
        open(log, 'w') as file,
        subprocess.Popen(
            command,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
            errors='replace',
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            file.write(line)
            file.flush()
            last.append(line.rstrip())
            text = progress_line(line)
            if text is not None and time.monotonic() - shown >= every:
                shown = time.monotonic()
                print(f'      {text}', flush=True)
    if process.returncode:
        print(*(f'      | {line}' for line in last), sep='\n', flush=True)
    return process.returncode


def progress_line(line: str) -> Optional[str]:
    """Shortens a line of MMEngine's log to what tells the progress.

    Args:
        line: Any line of output.

    Returns:
        Such as 'training 50/600, loss 1.234, 0:01:40 to go'; None for a line
        that is not about progress.

    Example:
        >>> progress_line('Iter(test) [ 50/200]    eta: 0:00:30  time: 0.2')
        'test 50/200, 0:00:30 to go'
    """
    found = PROGRESS.search(line)
    if found is None:
        return None
    text = f'{_TITLES[found["phase"]]} {found["done"]}/{found["total"]}'
    if found['epoch']:
        text = f'{text} of epoch {found["epoch"]}'
    loss = re.search(r'\bloss: ([\d.naif]+)', line)
    eta = re.search(r'\beta: ((?:\d+ days?, )?[\d:]+)', line)
    if loss:
        text = f'{text}, loss {float(loss[1]):.3f}'
    if eta:
        text = f'{text}, {eta[1]} to go'
    return text
