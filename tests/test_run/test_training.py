# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import os
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from mmhvr.run.safe_load import load_file
from mmhvr.run.training import configure_training, run_training, set_precision


def weights(path):
    return load_file(path)['state_dict']


def test_train_and_resume(tiny_config):
    run_training(configure_training(tiny_config, work_dir='whole'))
    assert sorted(p.name for p in Path('whole').glob('*.pth')) == [
        'iter_3.pth',
        'iter_6.pth',
    ]

    # Stopped after the first checkpoint, and while the second was written.
    run_training(configure_training(tiny_config, work_dir='part'))
    Path('part/iter_6.pth').write_bytes(b'PK\x03\x04half')
    os.utime('part/iter_3.pth', (1000, 1000))
    cfg = configure_training(tiny_config, work_dir='part', resume='auto')
    assert cfg.load_from == os.path.join('part', 'iter_3.pth')
    runner = run_training(cfg)
    assert runner.iter == 6
    # On the same data in the same order the interruption does not show.
    whole, part = weights('whole/iter_6.pth'), weights('part/iter_6.pth')
    for key, value in whole.items():
        torch.testing.assert_close(part[key], value)


def test_resume_auto_without_a_checkpoint(tiny_config):
    cfg = configure_training(tiny_config, work_dir='new', resume='auto')
    assert not cfg.resume and cfg.get('load_from') is None
    # The config's own load_from is a start then, not something to resume.
    run_training(configure_training(tiny_config, work_dir='other'))
    words = ['resume=True', 'load_from=other/iter_6.pth']
    cfg = configure_training(
        tiny_config, work_dir='new', resume='auto', cfg_options=words
    )
    assert not cfg.resume and cfg.load_from == 'other/iter_6.pth'


def test_resume_refuses_another_architecture(tiny_config):
    run_training(configure_training(tiny_config, work_dir='one'))
    cfg = configure_training(
        tiny_config,
        work_dir='two',
        resume='one/iter_3.pth',
        cfg_options=['model.hidden=2'],
    )
    with pytest.raises(ValueError) as info:
        run_training(cfg)
    message = str(info.value)
    assert 'one/iter_3.pth does not fit TinyModel: 1 weights fit' in message
    assert 'first.weight (1, 1) instead of (2, 1)' in message
    assert 'set load_from instead' in message
    # To start from what fits is allowed, when it is asked for.
    options = ['model.hidden=2', 'load_from=one/iter_3.pth']
    run_training(
        configure_training(tiny_config, work_dir='two', cfg_options=options)
    )
    assert weights('two/iter_6.pth')['first.weight'].shape == (2, 1)


@pytest.mark.parametrize(
    'options, error, message',
    [
        (dict(amp=True), ValueError, 'needs a GPU.*leave it out'),
        (dict(auto_scale_lr=True), ValueError, 'base_batch_size'),
        (dict(resume='gone.pth'), FileNotFoundError, 'gone.pth'),
        (
            dict(cfg_options=['load_from=gone.pth']),
            FileNotFoundError,
            'gone.pth',
        ),
        (dict(cfg_options=['train_cfg']), ValueError, 'KEY=VALUE'),
        (
            dict(cfg_options=['train_dataloader.dataset.ann_file=x.json']),
            FileNotFoundError,
            'annotation file x.json',
        ),
        (
            dict(cfg_options=["optim_wrapper.type='AmpOptimWrapper'"]),
            ValueError,
            'needs a GPU',
        ),
    ],
)
def test_errors_come_before_the_model(tiny_config, options, error, message):
    with pytest.raises(error, match=message):
        configure_training(tiny_config, **options)


def test_nothing_to_train(tmp_path):
    path = tmp_path / 'empty.py'
    path.write_text('model = dict()')
    with pytest.raises(ValueError, match='nothing to train'):
        configure_training(str(path))


def test_amp_with_a_gpu(monkeypatch):
    monkeypatch.setattr('mmhvr.run.training.is_cuda_available', lambda: True)
    cfg = Config(dict(optim_wrapper=dict(type='OptimWrapper', x=1)))
    set_precision(cfg, amp=True)
    assert cfg.optim_wrapper == dict(
        type='AmpOptimWrapper', x=1, loss_scale='dynamic'
    )
    set_precision(cfg, amp=True)
    assert cfg.optim_wrapper.type == 'AmpOptimWrapper'
    cfg = Config(dict(optim_wrapper=dict(type='Mine')))
    with pytest.raises(ValueError, match="found 'Mine'"):
        set_precision(cfg, amp=True)
    set_precision(cfg, amp=False)
    assert cfg.optim_wrapper.type == 'Mine'


def test_learning_rate_scaling(tiny_config):
    cfg = configure_training(
        tiny_config,
        auto_scale_lr=True,
        cfg_options=['auto_scale_lr.base_batch_size=4'],
    )
    assert cfg.auto_scale_lr == dict(base_batch_size=4, enable=True)
    # Two samples a batch instead of four: half of 0.1.
    runner = run_training(cfg)
    assert runner.optim_wrapper.get_lr()['lr'] == [pytest.approx(0.05)]
