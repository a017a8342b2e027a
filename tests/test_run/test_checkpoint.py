# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from mmhvr.run.checkpoint import (
    CheckpointCheckHook,
    compare_states,
    latest_readable_checkpoint,
    read_checkpoint,
)
from mmhvr.run.safe_unpickler import UnsafeCheckpointError


def zeros(**shapes):
    return {key: torch.zeros(shape) for key, shape in shapes.items()}


def test_whole_numbers_are_no_weights():
    model = dict(a=torch.zeros(3, 2), n=torch.tensor(0), i=torch.arange(4))
    found = dict(model, a=torch.zeros(3, 2).half(), n=torch.tensor(0.0))
    assert not compare_states(model, found)
    found['a'] = torch.zeros(3, 2, dtype=torch.int8)
    (wrong,) = compare_states(model, found).mismatched
    assert wrong == ('a', (3, 2, 'torch.int8'), (3, 2))


def test_compare_states():
    model = zeros(a=(2,), b=(3, 4), c=(1,), d=(5,))
    found = zeros(a=(2,), b=(3, 5), d=(5,), e=(1,), f=(1,))
    difference = compare_states(model, found)
    assert difference.missing == ['c']
    assert difference.unexpected == ['e', 'f']
    assert difference.mismatched == [('b', (3, 5), (3, 4))]
    assert difference.matched == 2
    assert bool(difference)
    assert str(difference) == (
        '2 weights fit; 1 missing from the checkpoint: c; 2 not in the '
        'model: e, f; 1 of another shape: b (3, 5) instead of (3, 4)'
    )


def test_counters_of_old_checkpoints_may_be_missing():
    model = nn.BatchNorm1d(3).state_dict()
    old = {k: v for k, v in model.items() if k != 'num_batches_tracked'}
    assert not compare_states(model, old)
    # The other way round is a difference.
    assert compare_states(old, model).unexpected == ['num_batches_tracked']


def test_message_shows_the_first_few():
    model = zeros(**{f'k{i}': (1,) for i in range(9)})
    text = str(compare_states(model, {}))
    assert '9 missing from the checkpoint: k0, k1, k2, k3, ...' in text
    assert 'k4' not in text


def runner_of(model):
    return SimpleNamespace(model=model)


def test_hook_refuses_another_architecture():
    hook = CheckpointCheckHook(filename='other.pth', remedy='do this')
    checkpoint = dict(state_dict=nn.Linear(2, 4).state_dict())
    with pytest.raises(ValueError) as info:
        hook.after_load_checkpoint(runner_of(nn.Linear(2, 3)), checkpoint)
    assert str(info.value) == (
        'checkpoint other.pth does not fit Linear: 0 weights fit; 0 missing '
        'from the checkpoint; 0 not in the model; 2 of another shape: '
        'weight (4, 2) instead of (3, 2), bias (4,) instead of (3,); do this'
    )


def test_hook_accepts_the_same_architecture():
    model = nn.Linear(2, 3)
    hook = CheckpointCheckHook()
    state = model.state_dict()
    hook.after_load_checkpoint(runner_of(model), dict(state_dict=state))
    # Bare weights, and those of a wrapped model.
    hook.after_load_checkpoint(runner_of(model), state)
    wrapped = {f'module.{key}': value for key, value in state.items()}
    hook.after_load_checkpoint(runner_of(model), dict(state_dict=wrapped))


def test_hook_not_strict():
    model = nn.ModuleDict(dict(a=nn.Linear(2, 2), b=nn.Linear(2, 2)))
    hook = CheckpointCheckHook(strict=False, filename='some.pth')
    part = {k: v for k, v in model.state_dict().items() if k[0] == 'a'}
    hook.after_load_checkpoint(runner_of(model), dict(state_dict=part))
    with pytest.raises(ValueError, match='some.pth does not fit.*0 weights'):
        hook.after_load_checkpoint(
            runner_of(model), dict(state_dict=zeros(x=(1,)))
        )


def test_read_checkpoint(tmp_path):
    path = tmp_path / 'good.pth'
    torch.save(dict(state_dict=zeros(a=(2,)), meta=dict(iter=3)), path)
    assert read_checkpoint(str(path))['meta'] == dict(iter=3)
    with pytest.raises(FileNotFoundError, match='gone.pth was not found'):
        read_checkpoint(str(tmp_path / 'gone.pth'))


@pytest.mark.parametrize('kept', [0, 10, 0.5])
def test_cut_off_checkpoint(tmp_path, kept):
    path = tmp_path / 'cut.pth'
    torch.save(dict(state_dict=zeros(a=(500,))), path)
    data = path.read_bytes()
    size = kept if kept != 0.5 else len(data) // 2
    path.write_bytes(data[:size])
    with pytest.raises(ValueError, match='cut.pth cannot be read'):
        read_checkpoint(str(path))


@pytest.mark.parametrize(
    'content', [[1, 2], dict(state_dict={}), dict(meta=1), dict(state_dict=3)]
)
def test_no_weights(tmp_path, content):
    path = tmp_path / 'odd.pth'
    torch.save(content, path)
    with pytest.raises(ValueError, match='odd.pth holds no weights'):
        read_checkpoint(str(path))


def test_latest_readable_checkpoint(tmp_path):
    folder = str(tmp_path)
    assert latest_readable_checkpoint(folder) is None
    assert latest_readable_checkpoint(str(tmp_path / 'gone')) is None
    for age, name in enumerate(['iter_9.pth', 'iter_10.pth', 'best_7.pth']):
        torch.save(dict(state_dict=zeros(a=(1,))), tmp_path / name)
        os.utime(tmp_path / name, (1000 + age, 1000 + age))
    assert latest_readable_checkpoint(folder).endswith('iter_10.pth')
    # Whole, but with an object that is not loaded: not to be passed over.
    evil = tmp_path / 'iter_12.pth'
    torch.save(dict(state_dict=zeros(a=(1,)), meta=Path('x')), evil)
    with pytest.raises(UnsafeCheckpointError, match='iter_12.pth holds'):
        latest_readable_checkpoint(folder)
    evil.unlink()
    # Stopped while writing: the one before.
    (tmp_path / 'iter_11.pth').write_bytes(b'PK\x03\x04half')
    assert latest_readable_checkpoint(folder).endswith('iter_10.pth')
