# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Run a long command with its output in a file and its progress on screen."""

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, List, Optional, Tuple

STEP = re.compile(r'\[(\d+)/(\d+)\]')


class CommandError(RuntimeError):
    """A command ended with another exit code than 0."""


def say(text: str) -> None:
    """Print a line at once, also into a pipe."""
    print(text, flush=True)


def last_step(text: str) -> Tuple[int, int]:
    r"""Return how far ninja is, from what it printed so far.

    Returns:
        Files compiled and files in all; ``(0, 0)`` before the first one.

    Example:
        >>> last_step('[1/74] c++ a.cpp\n[2/74] c++ b.cpp')
        (2, 74)
    """
    steps = STEP.findall(text)
    return (int(steps[-1][0]), int(steps[-1][1])) if steps else (0, 0)


def minutes(seconds: float) -> str:
    """Write a span of time as a person reads it.

    Example:
        >>> minutes(75)
        '1 min 15 s'
    """
    return f'{int(seconds) // 60} min {int(seconds) % 60:02d} s'


def run_with_progress(
    command: List[str], env: Dict[str, str], log: Path, every: float = 15.0
) -> float:
    """Run a command that compiles with ninja.

    Args:
        command: The command and its arguments.
        env: Its environment variables.
        log: Takes all that the command prints.
        every: Seconds between two lines of progress.

    Returns:
        The time that it took, in seconds.

    Raises:
        CommandError: It failed; the text ends with the end of the log.
    """
    start = shown = time.monotonic()
    with open(log, 'wb') as stream:
        process = subprocess.Popen(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        try:
            while process.poll() is None:
                time.sleep(0.5)
                now = time.monotonic()
                if now - shown >= every:
                    shown = now
                    done, total = last_step(log.read_text(errors='replace'))
                    what = f'{done} of {total} files' if total else 'preparing'
                    say(f'    {what}, {minutes(now - start)}')
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if process.returncode:
        tail = log.read_text(errors='replace').splitlines()[-30:]
        raise CommandError(
            '\n'.join(tail)
            + f'\n\n`{" ".join(command)}` failed; all of its output: {log}'
        )
    return time.monotonic() - start


def run(
    command: List[str], env: Dict[str, str], cwd: Optional[Path] = None
) -> None:
    """Run a command whose output a person wants to see.

    Raises:
        CommandError: It failed.
    """
    sys.stdout.flush()
    code = subprocess.call(command, env=env, cwd=cwd)
    if code:
        raise CommandError(f'`{" ".join(command)}` ended with code {code}.')
