# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import json
from pathlib import Path

import pytest
import torch


@pytest.fixture
def demo(load_tool, tmp_path, monkeypatch):
    """The demo with a training that only notes how it is called."""
    monkeypatch.chdir(tmp_path)
    Path('data/annotations').mkdir(parents=True)
    Path('data/annotations/imagenet_vid_train.json').write_text('{}')
    Path('config.py').write_text('a = 1\n')
    module = load_tool('dev/run_demo.py')
    module.calls = []
    module.fails = False

    def run_step(name, words, log, processes):
        folder = Path(words[words.index('--work-dir') + 1])
        module.calls.append(
            (name, words, sorted(p.name for p in folder.glob('*.pth')))
        )
        number = len(module.calls)
        torch.save(
            dict(state_dict=dict(a=torch.zeros(1))),
            folder / f'iter_{number}.pth',
        )
        if module.fails:
            raise SystemExit('error: step "training" failed')

    monkeypatch.setattr(module, 'run_step', run_step)
    return module


def train(demo, *words):
    args = demo.parse_args(
        ['--config=config.py', '--data=data', '--work-dir=w', *words]
    )
    return demo.train(args)


def test_a_finished_training_is_not_done_again(demo, capsys):
    assert train(demo) == 'w/train/iter_1.pth'
    assert train(demo) == 'w/train/iter_1.pth'
    assert len(demo.calls) == 1
    assert 'already trained' in capsys.readouterr().out


def test_fresh_does_it_again_and_keeps_the_old_one(demo):
    train(demo)
    assert train(demo, '--fresh') == 'w/train/iter_2.pth'
    # It began in an empty folder.
    assert demo.calls[1][2] == []
    assert Path('w/train.old/iter_1.pth').exists()


@pytest.mark.parametrize('change', ['config', 'data', 'options'])
def test_other_config_or_data(demo, change):
    train(demo)
    words = []
    if change == 'config':
        Path('config.py').write_text('a = 2\n')
    elif change == 'data':
        path = Path('data/annotations/imagenet_vid_train.json')
        path.write_text('{"images": []}')
    else:
        words = ['--cfg-options', 'a=2']
    train(demo, *words)
    assert len(demo.calls) == 2 and demo.calls[1][2] == []


def test_an_interrupted_training_goes_on(demo):
    demo.fails = True
    with pytest.raises(SystemExit):
        train(demo)
    demo.fails = False
    assert train(demo) == 'w/train/iter_2.pth'
    name, words, checkpoints = demo.calls[1]
    assert name == 'training' and checkpoints == ['iter_1.pth']
    assert words[words.index('--resume') + 1] == 'auto'
    # And now it is finished.
    train(demo)
    assert len(demo.calls) == 2


def test_lost_checkpoint_means_training(demo):
    train(demo)
    Path('w/train/iter_1.pth').write_bytes(b'')
    train(demo)
    assert len(demo.calls) == 2


def test_test_reads_the_metrics(demo, monkeypatch):
    def run_step(name, words, log, processes):
        folder = Path(words[words.index('--work-dir') + 1], '2026_01')
        folder.mkdir(parents=True)
        found = {'vid/mAP50': 0.25, 'time': 1.0}
        (folder / '2026_01.json').write_text(json.dumps(found))

    monkeypatch.setattr(demo, 'run_step', run_step)
    args = demo.parse_args(['--config=config.py', '--work-dir=w'])
    assert demo.test(args, 'c.pth')['vid/mAP50'] == 0.25
    # Those of an earlier test do not count.
    monkeypatch.setattr(demo, 'run_step', lambda *a, **k: None)
    with pytest.raises(SystemExit, match='wrote no vid/mAP50'):
        demo.test(args, 'c.pth')


def test_failed_step_names_the_log(load_tool, tmp_path):
    log = tmp_path / 'step.log'
    module = load_tool('dev/run_demo.py')
    with pytest.raises(SystemExit) as info:
        module.run_step('data', ['-c', 'print("why"); exit(7)'], str(log))
    assert str(info.value) == (
        f'error: step "data" failed (exit code 7); its whole output is in '
        f'{log}'
    )
    assert log.read_text() == 'why\n'


def test_a_step_of_two_processes(load_tool, tmp_path):
    """Both run, know of each other, and share the cores."""
    script = tmp_path / 'tool.py'
    script.write_text(
        'import os, sys\n'
        'from torch import distributed as dist\n'
        'dist.init_process_group("gloo")\n'
        'number = [None, None]\n'
        'dist.all_gather_object(number, os.environ["RANK"])\n'
        'if number[0] == os.environ["RANK"]:\n'
        '    print(number, sys.argv[1:], flush=True)\n'
        'dist.barrier()\n'
        # Threads of gloo abort a process whose peer has left before.
        'os._exit(0)\n'
    )
    log = tmp_path / 'step.log'
    module = load_tool('dev/run_demo.py')
    module.run_step('x', [str(script), 'word'], str(log), processes=2)
    assert "['0', '1'] ['word', '--launcher', 'pytorch']" in log.read_text()
