# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import os
import sys

import pytest
from env_run import (
    CommandError,
    last_step,
    minutes,
    run,
    run_with_progress,
)

COMPILES = """
import time
for step in range(1, 5):
    print('[%d/74] c++ file' % step, flush=True)
    time.sleep(0.4)
"""


def test_progress_is_shown_while_the_command_runs(tmp_path, capsys):
    command = [sys.executable, '-c', COMPILES]
    log = tmp_path / 'log'
    spent = run_with_progress(command, dict(os.environ), log, every=0.6)
    assert 1.6 <= spent < 30
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all(' of 74 files, 0 min ' in line for line in lines)
    assert log.read_text().count('c++ file') == 4


def test_a_failure_shows_the_end_of_the_log_and_its_place(tmp_path):
    script = 'print("first"); print("g++: out of memory"); exit(3)'
    log = tmp_path / 'log'
    with pytest.raises(CommandError, match='(?s)out of memory.*log$'):
        run_with_progress([sys.executable, '-c', script], {}, log)


def test_a_failing_command_is_named():
    with pytest.raises(CommandError, match='ended with code 5'):
        run([sys.executable, '-c', 'exit(5)'], dict(os.environ))


@pytest.mark.parametrize(
    ('text', 'step'),
    [
        ('', (0, 0)),
        ('running build_ext\n', (0, 0)),
        ('[1/74] c++ a\n  [12/74] c++ b\nwarning: [-Wx]\n', (12, 74)),
    ],
)
def test_the_last_step_of_ninja(text, step):
    assert last_step(text) == step


@pytest.mark.parametrize(
    ('seconds', 'text'),
    [(0, '0 min 00 s'), (59.9, '0 min 59 s'), (661, '11 min 01 s')],
)
def test_minutes(seconds, text):
    assert minutes(seconds) == text
