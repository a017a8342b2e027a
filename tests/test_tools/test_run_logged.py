# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import sys

import pytest
from run_logged import progress_line, run_logged

HEAD = '11/22 22:01:33 - mmengine - INFO - '


@pytest.mark.parametrize(
    'line, expected',
    [
        (
            f'{HEAD}Iter(train) [  50/2000]  base_lr: 1.0e-03 lr: 1.0e-03  '
            'eta: 0:10:11  time: 0.25  data_time: 0.01  grad_norm: 3.1  '
            'loss: 2.3456  loss_rpn_cls: 0.6',
            'training 50/2000, loss 2.346, 0:10:11 to go',
        ),
        (
            f'{HEAD}Epoch(train)  [3][ 10/120]  lr: 1e-3  '
            'eta: 1 day, 2:00:00  loss: nan',
            'training 10/120 of epoch 3, loss nan, 1 day, 2:00:00 to go',
        ),
        (
            f'{HEAD}Iter(val) [ 50/960]    eta: 0:00:30  time: 0.03',
            'validation 50/960, 0:00:30 to go',
        ),
        (
            f'{HEAD}Epoch(test) [ 50/960]    eta: 0:00:30  time: 0.03',
            'test 50/960, 0:00:30 to go',
        ),
        (f'{HEAD}Saving checkpoint at 50 iterations', None),
        (f'{HEAD}Iter(val) [960/960]  vid/mAP50: 0.5', 'validation 960/960'),
        ('', None),
    ],
)
def test_progress_line(line, expected):
    assert progress_line(line) == expected


SCRIPT = """
import os, sys, time
print('noise', os.environ['OMP_NUM_THREADS'])
for i in range(1, 7):
    print(f'Iter(train) [{i}/6]  eta: 0:00:0{6 - i}  loss: {i}.0',
          file=sys.stderr)
    time.sleep(0.2)
print('last words')
sys.exit(int(sys.argv[1]))
"""


def test_progress_is_shown_now_and_then(tmp_path, capfd):
    log = tmp_path / 'log'
    command = [sys.executable, '-c', SCRIPT, '0']
    assert run_logged(command, str(log), every=100.0) == 0
    # The first line, and then none for 100 seconds.
    shown = capfd.readouterr().out.splitlines()
    assert shown == ['      training 1/6, loss 1.000, 0:00:05 to go']
    assert run_logged(command, str(log), every=0.0) == 0
    assert len(capfd.readouterr().out.splitlines()) == 6
    # The file has everything, once.
    lines = log.read_text().splitlines()
    assert len(lines) == 8 and lines[-1] == 'last words'
    assert int(lines[0].split()[1]) >= 1


def test_failure_shows_the_end(tmp_path, capfd):
    command = [sys.executable, '-c', SCRIPT, '3']
    log = str(tmp_path / 'log')
    assert run_logged(command, log, every=100.0, tail=2) == 3
    shown = capfd.readouterr().out.splitlines()
    assert shown[1:] == [
        '      | Iter(train) [6/6]  eta: 0:00:00  loss: 6.0',
        '      | last words',
    ]


@pytest.mark.parametrize('processes, threads', [(1, 6), (2, 3), (9, 1)])
def test_processes_share_the_cores(tmp_path, monkeypatch, processes, threads):
    monkeypatch.setattr('run_logged.usable_cores', lambda: 6)
    log = tmp_path / 'log'
    command = [sys.executable, '-c', SCRIPT, '0']
    assert run_logged(command, str(log), processes=processes) == 0
    assert log.read_text().startswith(f'noise {threads}\n')
