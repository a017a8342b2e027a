# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""How many threads a process may start."""

import math
import os
from typing import Mapping, Optional


def cpu_threads(environ: Mapping[str, str], cores: int, processes: int) -> int:
    """Threads for each process: what is asked for, else an equal share.

    Asked for are OMP_NUM_THREADS, then slurm's SLURM_CPUS_PER_TASK.

    Args:
        environ: The environment variables of this process.
        cores: CPU cores that this process may use.
        processes: Processes of the job on this machine. More threads than
            cores wait for each other in spinning loops and make training
            several times slower.

    Returns:
        At least 1.
    """
    for name in ('OMP_NUM_THREADS', 'SLURM_CPUS_PER_TASK'):
        asked = environ.get(name, '')
        if asked.isdigit() and int(asked) > 0:
            return int(asked)
    return max(1, cores // max(1, processes))


def usable_cores() -> int:
    """CPU cores that this process may use, at least 1.

    A container may see all cores of its machine and be given the time of
    two: then two threads are the right number, and the quota of the control
    group (version 2, then version 1) says so.
    """
    cores = len(os.sched_getaffinity(0))
    quota = cpu_quota(
        _read('/sys/fs/cgroup/cpu.max')
        or ' '.join(
            _read(f'/sys/fs/cgroup/cpu/cpu.cfs_{name}_us')
            for name in ('quota', 'period')
        )
    )
    return min(cores, max(1, math.ceil(quota)) if quota else cores)


def cpu_quota(text: str) -> Optional[float]:
    """Cores in a control group's 'QUOTA PERIOD', both in microseconds.

    Example:
        >>> cpu_quota('150000 100000')
        1.5
    """
    words = text.split()
    if len(words) != 2 or not (words[0].isdigit() and words[1].isdigit()):
        # 'max 100000' and '-1 100000' set no limit.
        return None
    return int(words[0]) / int(words[1]) if int(words[1]) else None


def _read(path: str) -> str:
    """Return the text of a small file, '' if it cannot be read."""
    try:
        with open(path) as file:
            return file.read().strip()
    except OSError:
        return ''
