# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Trainings that were interrupted end like those that were not."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from tiny_model import TinyDataset

from mmhvr.run.safe_load import load_file
from mmhvr.run.training import configure_training, run_training

# Batches of two of ten samples: five an epoch.
COMMON = [
    'model.noise=0.5',
    'train_dataloader.dataset.length=10',
    'train_dataloader.sampler.shuffle=True',
    'default_hooks.checkpoint.interval=1',
]
BY_ITERATION = ['train_cfg.max_iters=8', 'train_cfg.val_interval=100']
ENDLESS = [*BY_ITERATION, 'train_dataloader.sampler.type=InfiniteSampler']


def train(config, work_dir, options, resume=None):
    """The weights at the end, and the samples that were read."""
    TinyDataset.reads.clear()
    runner = run_training(
        configure_training(
            config,
            work_dir=work_dir,
            cfg_options=[*COMMON, *(options or [])],
            resume=resume,
        )
    )
    return runner.model.state_dict(), list(TinyDataset.reads)


def count_epochs(config):
    """Let the config have a loop that counts epochs."""
    cfg = Config.fromfile(config)
    cfg.train_cfg = dict(
        type='EpochBasedTrainLoop', max_epochs=2, val_interval=100
    )
    cfg.dump(config)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    """MMEngine waits for two seconds between rounds through the data."""
    monkeypatch.setattr('mmengine.runner.loops.time.sleep', lambda _: None)


@pytest.mark.parametrize('stop', [3, 5, 6])
@pytest.mark.parametrize(
    'options, total',
    [(BY_ITERATION, 8), (None, 10), (ENDLESS, 8)],
    ids=['iterations', 'epochs', 'endless'],
)
def test_the_end_is_that_without_an_interruption(
    tiny_config, options, total, stop
):
    if options is None:
        count_epochs(tiny_config)
    whole, reads = train(tiny_config, 'whole', options)
    rest, seen = train(
        tiny_config, 'rest', options, resume=f'whole/iter_{stop}.pth'
    )
    for name, value in whole.items():
        assert torch.equal(rest[name], value), name
    # What was trained on is not read again.
    assert seen == reads[2 * stop :]
    assert len(reads) == 2 * total
    saved = load_file(f'rest/iter_{total}.pth')['state_dict']
    assert torch.equal(saved['first.weight'], whole['first.weight'])


@pytest.mark.parametrize('persistent', [False, True])
def test_worker_processes(tiny_config, persistent):
    options = [
        *BY_ITERATION,
        'train_dataloader.num_workers=1',
        f'train_dataloader.persistent_workers={persistent}',
    ]
    whole, _ = train(tiny_config, 'whole', options)
    for stop in (3, 6):
        rest, _ = train(
            tiny_config, 'rest', options, resume=f'whole/iter_{stop}.pth'
        )
        assert all(torch.equal(rest[name], whole[name]) for name in whole)


def test_luck_is_of_seed_and_iteration(tiny_config):
    one, _ = train(tiny_config, 'one', BY_ITERATION)
    same, _ = train(tiny_config, 'same', BY_ITERATION)
    other, _ = train(tiny_config, 'other', [*BY_ITERATION, 'model.noise=0.4'])
    assert torch.equal(one['first.weight'], same['first.weight'])
    assert not torch.equal(one['first.weight'], other['first.weight'])


def test_other_batches_in_an_epoch_are_said(tiny_config, capfd):
    count_epochs(tiny_config)
    train(tiny_config, 'five', None)
    train(
        tiny_config,
        'ten',
        ['train_dataloader.batch_size=1', 'train_cfg.max_epochs=3'],
        resume='five/iter_7.pth',
    )
    assert 'another number of batches in an epoch than 10' in ''.join(
        capfd.readouterr()
    )


def test_epochs_and_iterations_are_saved_side_by_side(tiny_config):
    """As the ImageNet configs do; an interruption in epoch 2."""
    count_epochs(tiny_config)
    cfg = Config.fromfile(tiny_config)
    cfg.default_hooks.checkpoint = dict(type='CheckpointHook', interval=1)
    often = dict(type='CheckpointHook', by_epoch=False, interval=2)
    cfg.custom_hooks = [dict(often, max_keep_ckpts=2, save_last=False)]
    cfg.dump(tiny_config)
    options = ['model.noise=0.5', 'train_dataloader.dataset.length=10']
    whole = run_training(
        configure_training(tiny_config, 'whole', cfg_options=options)
    ).model.state_dict()
    names = {path.name for path in Path('whole').glob('*.pth')}
    assert names == {'epoch_1.pth', 'epoch_2.pth', 'iter_8.pth', 'iter_10.pth'}
    Path('whole/epoch_2.pth').unlink()
    Path('whole/iter_10.pth').unlink()
    cfg = configure_training(tiny_config, 'whole', 'auto', cfg_options=options)
    assert cfg.load_from == 'whole/iter_8.pth'
    TinyDataset.reads.clear()
    rest = run_training(cfg).model.state_dict()
    assert TinyDataset.reads == [6, 7, 8, 9]  # the last two batches
    assert all(torch.equal(rest[name], whole[name]) for name in whole)
