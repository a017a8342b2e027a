# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""How long some runs will take, from what their logs say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from statistics import mean
from typing import Dict, List, Optional, Sequence, Tuple

#: A line of MMEngine's log that tells the progress, such as
#: Iter(train) [ 150/1500]  lr: 4.9e-04  eta: 0:11:24  time: 0.5096
PROGRESS = re.compile(
    r'(?:Iter|Epoch)\((?P<phase>train|val|test)\)\s*'
    r'(?:\[\s*(?P<epoch>\d+)\])?\[\s*(?P<done>\d+)/(?P<total>\d+)\s*\]'
    r'(?:.*?\btime: (?P<seconds>[\d.]+))?'
)


@dataclass(frozen=True)
class Step:
    """What the last line of progress in a log says.

    Attributes:
        phase (str): 'train' or 'test'.
        done (int): Updates or frames.
        total (int): Of so many.
        seconds (float): Of one of them.
    """

    phase: str
    done: int
    total: int
    seconds: float

    @property
    def left(self) -> float:
        """Seconds to the end of this step."""
        return (self.total - self.done) * self.seconds


def last_step(log: str) -> Optional[Step]:
    """Return the last progress of a training or test, if there is any.

    Args:
        log: What MMEngine has printed.

    Example:
        >>> last_step('Iter(train) [ 150/1500]  eta: 0:11:24  time: 0.5')
        Step(phase='train', done=150, total=1500, seconds=0.5)
    """
    last = None
    for line in PROGRESS.finditer(log):
        if line['seconds'] and line['phase'] != 'val':
            last = line
    if last is None:
        return None
    return Step(
        last['phase'],
        int(last['done']),
        int(last['total']),
        float(last['seconds']),
    )


def seconds_left(
    active: Sequence[Tuple[str, Optional[Step]]],
    waiting: Sequence[str],
    finished: Dict[str, List[Tuple[float, float]]],
    workers: int,
) -> Optional[float]:
    """When the last run will be done.

    A run that nothing is known of is taken to be as long as the others.

    Args:
        active: Name and last step of each run that is running.
        waiting: Names of those to come, in this order.
        finished: Of each name, seconds of training and of test.
        workers: Runs at a time.

    Returns:
        Seconds, None if nothing is known of any run.
    """
    every = [pair for pairs in finished.values() for pair in pairs]
    any_test = mean(test for _, test in every) if every else 0.0
    tests = {
        name: mean(test for _, test in pairs)
        for name, pairs in finished.items()
        if pairs
    }
    whole = {
        name: mean(train + test for train, test in pairs)
        for name, pairs in finished.items()
        if pairs
    }
    for name, step in active:
        if step is not None and step.phase == 'train':
            whole.setdefault(
                name,
                step.total * step.seconds + tests.get(name, any_test),
            )
    if not whole:
        return None
    typical = mean(whole.values())

    def remaining(name: str, step: Optional[Step]) -> float:
        if step is None:
            return whole.get(name, typical)
        test = tests.get(name, any_test) if step.phase == 'train' else 0.0
        return step.left + test

    free = sorted(remaining(*run) for run in active)
    free += [0.0] * (workers - len(free))
    for name in waiting:
        # The next run goes to the worker that is free first.
        free.sort()
        free[0] += whole.get(name, typical)
    return max(free)
