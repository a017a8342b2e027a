# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Logs read, and schedules worked out by hand."""

import pytest

from mmhvr.benchmark.time_left import Step, last_step, seconds_left


def test_the_last_line_of_progress():
    assert last_step('') is None
    assert last_step('Iter(test) [3200/3200]    vid/mAP50: 0.8') is None
    log = (
        'INFO - Iter(train) [ 150/1500]  lr: 4e-04  eta: 0:11:24  '
        'time: 0.5096  data_time: 0.0229  loss: 2.2\n'
        'INFO - Iter(train) [ 200/1500]  lr: 4e-04  eta: 0:11:02  '
        'time: 0.5152  data_time: 0.0238  loss: 2.1\n'
        'INFO - Saving checkpoint at 200 iterations\n'
    )
    step = last_step(log)
    assert step == Step('train', 200, 1500, 0.5152)
    assert step.left == pytest.approx(1300 * 0.5152)
    log += 'Epoch(train)   [2][ 40/100]  lr: 1  eta: 0:01:00  time: 1.5\n'
    assert last_step(log) == Step('train', 40, 100, 1.5)
    log += 'Iter(test) [3150/3200]    eta: 0:00:02  time: 0.0496  \n'
    log += 'Iter(test) [3200/3200]    vid/mAP50: 0.8387  time: 0.05\n'
    assert last_step(log).phase == 'test'


def test_nothing_known():
    assert seconds_left([('a', None)], ['b'], {}, 2) is None
    assert seconds_left([('a', Step('test', 1, 9, 1.0))], [], {}, 2) is None


def test_schedule_by_hand():
    finished = dict(a=[(90.0, 10.0), (110.0, 30.0)])  # 120 s in all, test 20
    step = Step('train', 50, 100, 2.0)  # b: 100 s left, 200 in all
    # b: 100 s and a test of 20 s; the other worker: a, 120 s.
    assert seconds_left([('b', step)], ['a'], finished, 2) == 120
    # Then another b on the first that is free, after 120 s: 220 s.
    assert seconds_left([('b', step)], ['a', 'b'], finished, 2) == 340
    # One that nothing is known of: (120 + 220) / 2, after b's 120.
    assert seconds_left([('b', step)], ['c'], finished, 1) == 290
    # In its test a run has no second one to come.
    testing = Step('test', 30, 40, 0.5)
    assert seconds_left([('b', testing)], [], finished, 2) == 5
    # Just begun: all of it.
    assert seconds_left([('a', None)], [], finished, 2) == 120
