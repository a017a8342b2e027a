# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import itertools
import sys

import pytest

from mmhvr import operators

compiled = operators.serving() == 'mmcv, compiled'


@pytest.fixture
def tool(load_tool):
    return load_tool('analysis_tools/benchmark_operators.py')


def test_both_are_measured_by_turns(tool, monkeypatch):
    # The clock goes on by a second a call, and by ten during the slow one.
    clock = itertools.count()
    used = []

    def work():
        module = sys.modules['mmcv.ops.nms'].ext_module
        assert sys.modules['mmcv.ops.roi_align'].ext_module is module
        used.append('torchvision' if module is operators else 'other')
        if module is operators:
            for _ in range(10):
                next(clock)

    for name in tool.USERS:  # put back what serves when the test is over
        monkeypatch.setattr(sys.modules[name], 'ext_module', None)
    other = object()
    first, second = tool.measure(work, other, lambda: next(clock), rounds=3)
    assert (first, second) == ([1] * 3, [11] * 3)
    # One round goes before, and the order changes with every round.
    assert used == ['torchvision', 'other', 'other', 'torchvision'] * 2
    assert sys.modules['mmcv.ops.nms'].ext_module is other


@pytest.mark.skipif(compiled, reason='mmcv has compiled operators')
def test_without_compiled_operators_it_says_so(tool):
    with pytest.raises(SystemExit, match='no compiled operators .* SET=comp'):
        tool.main([])


@pytest.mark.skipif(not compiled, reason='mmcv has no compiled operators')
def test_it_prints_a_table(tool, capsys):
    tool.main(['--rounds', '1', '--proposals', '20', '--num-frames', '3'])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(' | ')[0] for line in lines[2:]] == [
        '| an iteration of training',
        '| a frame of testing',
        '| NMS of 500 boxes',
    ]
    assert all(float(line.split(' | ')[3][:-2]) > 0 for line in lines[2:])
