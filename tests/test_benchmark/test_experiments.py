# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Runs over seeds, with tools that only pretend to train and test."""

import json
import sys

import pytest
import torch

from mmhvr.benchmark import experiments
from mmhvr.benchmark.experiments import Run, run_all
from mmhvr.benchmark.summary import markdown_table, summarise

TRAIN = """
import json, os, sys, torch
folder = sys.argv[sys.argv.index('--work-dir') + 1]
seed = int(sys.argv[sys.argv.index('--seed') + 1])
os.makedirs(f'{folder}/1/vis_data', exist_ok=True)
with open(f'{folder}/../calls', 'a') as file:
    file.write(f'train {os.environ["OMP_NUM_THREADS"]}\\n')
if 'broken' in sys.argv[1]:
    sys.exit('no such thing')
with open(f'{folder}/1/vis_data/scalars.json', 'w') as file:
    for step, t in ((50, 0.25), (120, 0.75)):
        file.write(json.dumps(dict(loss=1.0, time=t, step=step)) + '\\n')
torch.save(dict(state_dict=dict(a=torch.tensor(1.0 * seed))),
           f'{folder}/iter_1.pth')
"""
TEST = """
import json, os, sys, torch
seed = torch.load(sys.argv[2])['state_dict']['a'].item()
folder = sys.argv[sys.argv.index('--work-dir') + 1]
os.makedirs(f'{folder}/1', exist_ok=True)
with open(f'{folder}/../calls', 'a') as file:
    file.write('test\\n')
print('Iter(test) [20/80]    eta: 0:00:00  time: 0.5')
with open(f'{folder}/1/1.json', 'w') as file:
    metrics = {'vid/mAP50': 0.5 + seed / 10, 'vid/coco/AP': 0.25,
               'vid/seq_nms/mAP50': 0.75, 'time': 0.5}
    if seed:
        metrics['vid/fgfa/mAP50_fast'] = 0.4
    json.dump(metrics, file)
"""


@pytest.fixture(autouse=True)
def tools(tmp_path, monkeypatch):
    folder = tmp_path / 'tools'
    folder.mkdir()
    (folder / 'train.py').write_text(TRAIN)
    (folder / 'test.py').write_text(TEST)
    monkeypatch.setattr(experiments, 'package_root', lambda: tmp_path)


def calls(run):
    return (run.folder / 'calls').read_text().splitlines()


def test_runs_once_and_summarises(tmp_path):
    runs = [Run(f'{n}.py', s, str(tmp_path)) for s in (0, 1) for n in 'ab']
    lines = []
    assert run_all(runs, 2, lines.append) == []
    assert lines[0] == '4 runs, 4 to do, 2 at a time'
    assert 'b seed 1: vid/mAP50 0.6000' in lines
    for run in runs:
        assert calls(run) == ['train 1', 'test']
    # All is done.
    assert run_all(runs, 2, lines.append) == []
    assert lines[-1] == '4 runs, 0 to do, 2 at a time'
    assert calls(runs[0]) == ['train 1', 'test']
    table = summarise([*runs, Run('c.py', 0, str(tmp_path))])
    assert [row['config'] for row in table] == ['a', 'b', 'c']
    assert table[0]['scores'] == [0.5, 0.6]
    assert table[0]['mean'] == pytest.approx(0.55)
    # Sample deviation of 0.5 and 0.6: 0.1 / sqrt(2).
    assert table[0]['spread'] == pytest.approx(0.0707107)
    assert table[0]['train_seconds_per_update'] == 0.5
    assert runs[0].result['test_seconds'] == 40  # 80 frames of 0.5 s
    rows = markdown_table(table).splitlines()
    assert rows[0].startswith('| config | seeds | mAP (%) | spread | slow |')
    assert rows[1].count('|') == rows[0].count('|')
    # Fast objects: the mean over the one seed that has a number.
    assert rows[2] == (
        '| `a` | 0, 1 | 55.0 | 7.1 |  |  | 40.0 | 75.0 | 25.0 | 1.0 | 0.50 '
        '| 500 |'
    )
    assert rows[4] == '| `c` |' + '  |' * 11


def test_goes_on_where_it_was(tmp_path):
    run = Run('a.py', 3, str(tmp_path))
    # Trained, but the test was interrupted while it wrote its result.
    (run.folder / 'train').mkdir(parents=True)
    torch.save(
        dict(state_dict=dict(a=torch.tensor(3.0))),
        run.folder / 'train/iter_1.pth',
    )
    (run.folder / 'trained').write_text('')
    (run.folder / 'result.json').write_text('{"vid/')
    assert run.result is None
    run_all([run], 1, lambda line: None)
    assert calls(run) == ['test']
    assert json.loads((run.folder / 'result.json').read_text())[
        'vid/mAP50'
    ] == pytest.approx(0.8)


def test_a_training_that_was_interrupted_resumes(tmp_path):
    (command,) = Run('a.py', 3, str(tmp_path), ('x=1', 'y=2')).steps()
    assert command[0] == sys.executable
    assert command[command.index('--resume') + 1] == 'auto'
    assert command[-4:] == ['--cfg-options', 'x=1', '--cfg-options', 'y=2']


def test_failures_do_not_stop_the_others(tmp_path):
    runs = [Run(f'{n}.py', 0, str(tmp_path)) for n in ('broken', 'fine')]
    lines = []
    assert run_all(runs, 1, lines.append) == runs[:1]
    (report,) = (line for line in lines if 'failed' in line)
    assert 'exit code 1' in report and '| no such thing' in report
    assert runs[1].result is not None


def test_lost_checkpoint(tmp_path):
    run = Run('a.py', 0, str(tmp_path))
    run.folder.mkdir(parents=True)
    (run.folder / 'trained').write_text('')
    with pytest.raises(FileNotFoundError, match='holds no checkpoint'):
        run.steps()


def test_tools_are_found_in_the_checkout(monkeypatch):
    monkeypatch.undo()
    assert (experiments.package_root() / 'tools' / 'train.py').is_file()


def test_progress_says_how_far_and_how_long(tmp_path):
    # A training prints a line, and waits until the line about it is there.
    (tmp_path / 'tools' / 'train.py').write_text(
        TRAIN.replace(
            'torch.save',
            "print('Iter(train) [ 30/120]  time: 2.0', flush=True)\n"
            'import time\n'
            "while not os.path.exists(f'{folder}/../../../{seed}'):\n"
            '    time.sleep(0.05)\n'
            'torch.save',
        )
    )
    lines = []

    def say(line):
        lines.append(line)
        for seed in (0, 1):
            if f'running a seed {seed} (train 30/120)' in line:
                (tmp_path / str(seed)).write_text('')

    runs = [Run('a.py', seed, str(tmp_path)) for seed in (0, 1)]
    run_all(runs, 1, say, every=0.1)
    # The rest of seed 0: 90 updates of 2 s. All of seed 1: 120 of 2 s.
    assert (
        '0/2 done, running a seed 0 (train 30/120); about 7 min to go' in lines
    )
    # As long as seed 0's result says: 120 updates of 0.5 s and 40 s of test;
    # then by its own log, 90 updates of 2 s and the 40 s.
    assert '1/2 done, running a seed 1; about 2 min to go' in lines
    assert (
        '1/2 done, running a seed 1 (train 30/120); about 4 min to go' in lines
    )
