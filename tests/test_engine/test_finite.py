# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Trainings that diverge, and what they leave behind."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from mmengine.model import BaseModel
from mmengine.registry import MODELS
from torch import nn

from mmhvr.apis import init_model
from mmhvr.engine.finite import FiniteCheckHook, NonFiniteError, non_finite
from mmhvr.models.triplets.video_triplet import select_video_triplet
from mmhvr.run.checkpoint import read_checkpoint
from mmhvr.run.safe_load import load_file
from mmhvr.run.testing import configure_testing
from mmhvr.run.training import configure_training, run_training

NAN, INF = float('nan'), float('inf')


@MODELS.register_module(force=True)
class SteepModel(BaseModel):
    """Its losses are finite, and the gradient of one is not."""

    def __init__(self):
        super().__init__()
        self.flat = nn.Parameter(torch.ones(2))
        self.steep = nn.Parameter(torch.zeros(2))

    def forward(self, inputs, data_samples, mode='tensor'):
        # The slope of a root at 0 is infinite, and infinite times 0 is NaN.
        return dict(
            loss_flat=self.flat.square().sum(),
            loss_steep=(self.steep.square().sum()).sqrt(),
        )


@MODELS.register_module(force=True)
class DivergingModel(SteepModel):
    """Its features are infinite in the third iteration, before any loss."""

    calls = 0

    def forward(self, inputs, data_samples, mode='tensor'):
        self.calls += 1
        scale = float('inf') if self.calls == 3 else 1.0
        features = scale * torch.tensor([[1.0], [1.0], [2.0]])
        select_video_triplet(features, torch.tensor([0, 0, 1]))
        return dict(loss_flat=self.flat.square().sum())


def train(config, *options, work_dir='work'):
    words = ['default_hooks.checkpoint.interval=1', *options]
    cfg = configure_training(config, work_dir=work_dir, cfg_options=words)
    run_training(cfg)


def saved(work_dir='work'):
    return sorted(path.name for path in Path(work_dir).glob('*.pth'))


def test_the_first_loss_that_is_nan(tiny_config):
    with pytest.raises(NonFiniteError) as caught:
        # Two samples an iteration: 7 is in the fourth.
        train(
            tiny_config,
            'train_dataloader.dataset.bad=7',
            'train_dataloader.dataset.img_path=v/{}.jpg',
        )
    message = str(caught.value)
    assert message.startswith(
        'loss is nan in iteration 4. Frames of the batch: v/6.jpg, v/7.jpg.'
    )
    for remedy in ('optimizer.lr', 'clip_grad', '--amp', '--resume'):
        assert remedy in message
    assert saved() == ['iter_1.pth', 'iter_2.pth', 'iter_3.pth']
    # Those are good: the training can go on from there.
    configure_training(tiny_config, work_dir='work', resume='auto')


def test_features_that_are_infinite_before_there_is_a_loss(tiny_config):
    with pytest.raises(NonFiniteError) as caught:
        train(
            tiny_config,
            'model.type=DivergingModel',
            'train_dataloader.dataset.img_path=v/{}.jpg',
        )
    assert str(caught.value).startswith(
        'the features of 3 of 3 videos are NaN or infinite in iteration 3. '
        'Frames of the batch: v/4.jpg, v/5.jpg. Nothing of it was saved.'
    )
    assert saved() == ['iter_1.pth', 'iter_2.pth']


def test_a_gradient_that_is_nan(tiny_config):
    with pytest.raises(
        NonFiniteError,
        match='^the weights steep are NaN or infinite after iteration 1, '
        'whose losses are finite: its gradient was not. Frames',
    ):
        train(tiny_config, 'model.type=SteepModel')
    assert saved() == []


def test_weights_that_overflow(tiny_config):
    with pytest.raises(NonFiniteError, match='iteration [12]'):
        train(tiny_config, 'optim_wrapper.optimizer.lr=1e38')
    for name in saved():
        assert non_finite(load_file(f'work/{name}')['state_dict']) == []


def runner(**weights):
    model = SimpleNamespace(state_dict=lambda: weights)
    return SimpleNamespace(model=model, iter=9)


@pytest.mark.parametrize(
    'losses, message',
    [
        (dict(loss=NAN, loss_a=1.0, loss_b=NAN), 'loss_b is nan'),
        (dict(loss=INF, loss_a=-INF), 'loss_a is -inf'),
        (dict(loss=NAN), 'loss is nan'),
        # Not a loss: an accuracy of no box.
        (dict(loss=1.0, acc=NAN), None),
    ],
)
def test_the_part_of_the_loss_is_named(losses, message):
    outputs = {name: torch.tensor(value) for name, value in losses.items()}
    samples = [SimpleNamespace(img_path=f'{i}.jpg') for i in range(11)]
    call = (runner(a=torch.zeros(2)), 0, dict(data_samples=samples), outputs)
    if message is None:
        return FiniteCheckHook().after_train_iter(*call)
    with pytest.raises(NonFiniteError) as caught:
        FiniteCheckHook().after_train_iter(*call)
    assert f'{message} in iteration 10. Frames of' in str(caught.value)
    assert '7.jpg, 8.jpg and 2 more' in str(caught.value)


def test_large_weights_and_masks_are_no_fault():
    weights = dict(
        large=torch.full((4,), 3e38),  # their sum is infinite
        mask=torch.tensor([0.0, -INF]),
        count=torch.tensor(3),
    )
    hook = FiniteCheckHook()
    hook.before_train(runner(**weights))
    hook.after_train_iter(
        runner(**weights), 0, None, dict(loss=weights['count'])
    )
    weights['a.bias'] = weights['mask']
    with pytest.raises(NonFiniteError, match='start with .*: a.bias; look'):
        hook.before_train(runner(**weights))
    with pytest.raises(NonFiniteError, match='weights a.bias are'):
        hook.after_train_iter(runner(**weights), 0, None, {})


@pytest.fixture
def broken(tiny_config):
    """A checkpoint with a weight that is NaN, beside good ones."""
    train(tiny_config)
    checkpoint = load_file('work/iter_6.pth')
    checkpoint['state_dict']['second.weight'][0] = NAN
    os.makedirs('bad')
    torch.save(checkpoint, 'bad/iter_6.pth')
    torch.save(load_file('work/iter_3.pth'), 'bad/iter_3.pth')
    os.utime('bad/iter_3.pth', (1000, 1000))
    return 'bad/iter_6.pth'


def test_weights_with_nan_are_refused(tiny_config, broken):
    message = (
        r'iter_6.pth holds weights that are NaN or infinite \(1 of 4: '
        r'second.weight\).*had diverged. Take an earlier one'
    )
    with pytest.raises(NonFiniteError, match=message):
        configure_testing(tiny_config, broken, strict=False)
    with pytest.raises(NonFiniteError, match=message):
        configure_training(tiny_config, resume=broken)
    with pytest.raises(NonFiniteError, match=message):
        configure_training(tiny_config, cfg_options=[f'load_from={broken}'])
    # Before a model is built, so that any config will do.
    with pytest.raises(NonFiniteError, match=message):
        init_model(None, broken)
    # What resumes by itself takes the one before.
    cfg = configure_training(tiny_config, work_dir='bad', resume='auto')
    assert cfg.load_from == os.path.join('bad', 'iter_3.pth')


def test_averaged_weights_with_nan_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    good = dict(a=torch.ones(2))
    torch.save(dict(state_dict=good, ema_state_dict=good), 'good.pth')
    read_checkpoint('good.pth')
    bad = {'module.a': torch.tensor([NAN, 1]), 'steps': torch.tensor(3)}
    torch.save(dict(state_dict=good, ema_state_dict=bad), 'bad.pth')
    with pytest.raises(NonFiniteError, match=r'1 of 1: a\)'):
        read_checkpoint('bad.pth')
