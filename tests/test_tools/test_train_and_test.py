# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import importlib
import os
import pickle
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mmhvr.run.safe_load import load_file

ROOT = Path(__file__).resolve().parents[2]
# tiny_model, a model and data of a few numbers.
TINY = ROOT / 'tests'


@pytest.mark.parametrize('spelling', ['--local_rank', '--local-rank'])
def test_both_spellings_of_torch_launchers(load_tool, spelling):
    words = [f'{spelling}=3', 'c.py', '--launcher', 'pytorch']
    args = load_tool('train.py').parse_args(words)
    assert (args.local_rank, args.config) == (3, 'c.py')
    words.insert(2, 'f.pth')
    args = load_tool('test.py').parse_args(words)
    assert (args.local_rank, args.checkpoint) == (3, 'f.pth')


@pytest.mark.parametrize(
    'words, resume',
    [
        ([], None),
        (['--resume'], 'auto'),
        (['--resume', 'auto'], 'auto'),
        (['--resume', 'a.pth', '--amp'], 'a.pth'),
        (['--resume', '--work-dir', 'x'], 'auto'),
    ],
)
def test_resume(load_tool, words, resume):
    args = load_tool('train.py').parse_args(['c.py', *words])
    assert args.resume == resume


def test_cfg_options_may_be_repeated(load_tool):
    words = ['c.py', '--cfg-options', 'a=1', 'b=2', '--cfg-options', 'c=3']
    args = load_tool('train.py').parse_args(words)
    assert args.cfg_options == ['a=1', 'b=2', 'c=3']


@pytest.mark.parametrize(
    'words, checkpoint',
    [
        (['c.py', 'f.pth'], 'f.pth'),
        (['c.py', '--checkpoint', 'f.pth'], 'f.pth'),
        (['c.py', 'f.pth', '--checkpoint', 'f.pth'], 'f.pth'),
        (['c.py'], None),
        (['c.py', 'f.pth', '--checkpoint', 'g.pth'], None),
    ],
)
def test_checkpoint_of_the_test(load_tool, words, checkpoint, capsys):
    parse_args = load_tool('test.py').parse_args
    if checkpoint:
        assert parse_args(words).checkpoint == checkpoint
        return
    with pytest.raises(SystemExit):
        parse_args(words)
    assert 'give one checkpoint' in capsys.readouterr().err


def test_several_gpus_need_a_launcher(load_tool, capsys):
    parse_args = load_tool('train.py').parse_args
    assert parse_args(['c.py', '--gpus', '1']).gpus == 1
    words = ['c.py', '--gpus', '2', '--launcher', 'pytorch']
    assert parse_args(words).gpus == 2
    with pytest.raises(SystemExit):
        parse_args(words[:3])
    assert 'add --launcher pytorch' in capsys.readouterr().err


def test_help_names_what_mim_looks_for(load_tool, capsys):
    with pytest.raises(SystemExit):
        load_tool('train.py').parse_args(['-h'])
    text = capsys.readouterr().out
    # mim then says --device cpu for its own --gpus 0.
    assert '--gpus' in text and '--device' in text


def test_user_errors_are_one_line(load_tool, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match='^error: config gone.py was not'):
        load_tool('train.py').main(['gone.py'])
    Path('empty.py').write_text('test_dataloader = dict()')
    with pytest.raises(SystemExit, match='^error: checkpoint gone.pth was'):
        load_tool('test.py').main(['empty.py', 'gone.pth'])


def run(command, folder, works=True):
    """Runs a script in ``folder``, where mmhvr is found and no GPU."""
    env = dict(
        os.environ,
        PYTHONPATH=os.pathsep.join([str(ROOT), str(TINY)]),
        CUDA_VISIBLE_DEVICES='-1',
        OMP_NUM_THREADS='1',
    )
    result = subprocess.run(
        [sys.executable, *command],
        cwd=str(folder),
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        timeout=240,
    )
    assert (result.returncode == 0) == works, result.stdout[-3000:]
    return result.stdout


def launch(script, *words):
    """As mim starts two processes."""
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        port = server.getsockname()[1]
    return [
        '-m',
        'torch.distributed.launch',
        '--nproc_per_node=2',
        # Its default looks every five seconds whether they are done.
        '--monitor_interval=0.1',
        f'--master_port={port}',
        str(ROOT / 'tools' / script),
        *words,
        '--launcher',
        'pytorch',
    ]


def test_two_processes_without_a_gpu(load_tool, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(TINY))
    config = importlib.import_module('tiny_model').CONFIG
    Path('tiny.py').write_text(config.format(image=''))
    options = ['--cfg-options', 'test_dataloader.dataset.length=7']
    run(launch('train.py', 'tiny.py', '--work-dir', 'two'), tmp_path)
    # Rank 0 sees samples 0 2 | 4 6 | ..., rank 1 the odd ones, two a step:
    # together one batch of four, in the order of one process with batches of
    # four.
    words = ['tiny.py', '--work-dir', 'one', *options]
    words.append('train_dataloader.batch_size=4')
    load_tool('train.py').main(words)
    two = load_file('two/iter_6.pth')['state_dict']
    one = load_file('one/iter_6.pth')['state_dict']
    assert len(one) == 4
    for key, value in one.items():
        torch.testing.assert_close(two[key], value)

    words = ['tiny.py', 'two/iter_6.pth', '--out', 'o.pkl', *options]
    text = run(launch('test.py', *words), tmp_path)
    assert 'vid/mAP50: 7.0000' in text
    frames = pickle.loads(Path('o.pkl').read_bytes())
    # Seven frames for two processes: one is seen twice and written once.
    assert [frame['img_id'] for frame in frames] == list(range(7))


def test_two_processes_stop_at_the_first_loss_that_is_nan(tmp_path):
    config = importlib.import_module('tiny_model').CONFIG
    (tmp_path / 'tiny.py').write_text(config.format(image=''))
    # Rank 1 sees samples 1 3 | 5 7 | 9 11 | ...: 9 comes after a checkpoint.
    options = ['train_dataloader.dataset.bad=9']
    options += ['train_dataloader.dataset.img_path=frame{}.jpg']
    options += ['default_hooks.checkpoint.interval=1']
    words = ['tiny.py', '--work-dir', 'two', '--cfg-options', *options]
    text = run(launch('train.py', *words), tmp_path, works=False)
    message = (
        'loss is nan in iteration 3 of process 1. Frames of the batch: '
        'frame9.jpg, frame11.jpg. Nothing of it was saved'
    )
    # Process 0 says it in the log, and both as their last words.
    assert message in text and 'error: ' + message in text
    saved = sorted(path.name for path in (tmp_path / 'two').glob('*.pth'))
    assert saved == ['iter_1.pth', 'iter_2.pth']
    for name in saved:
        state = load_file(str(tmp_path / 'two' / name))['state_dict']
        assert all(value.isfinite().all() for value in state.values())
