# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import pytest
from mmengine.config import ConfigDict

from mmhvr.run.new_schedule import choose_schedule

EPOCHS = ConfigDict(
    train_cfg=dict(max_epochs=7),
    auto_scale_lr=dict(base_batch_size=72),
    train_dataloader=dict(batch_size=9),
    optim_wrapper=dict(optimizer=dict(lr=0.01)),
    param_scheduler=[
        dict(type='LinearLR', by_epoch=False, begin=0, end=500),
        dict(
            type='MultiStepLR',
            by_epoch=True,
            begin=0,
            end=7,
            milestones=[2, 5],
        ),
    ],
)
ITERATIONS = ConfigDict(
    train_cfg=dict(max_iters=1500),
    train_dataloader=dict(batch_size=9),
    optim_wrapper=dict(optimizer=dict(lr=0.0005)),
    param_scheduler=[
        dict(type='LinearLR', by_epoch=False, begin=0, end=100),
        dict(type='CosineAnnealingLR', by_epoch=False, begin=100, end=1500),
    ],
)


@pytest.mark.parametrize(
    'targets, size, gpus, length, updates, num_batches, lr',
    [
        # ImageNet VID itself: 57834 / 72 = 803 batches.
        (57834, 9, 8, 7, 5621, 0, 0.01),
        # 900 / 9 = 100 batches: as many are 57 epochs; an eighth of lr.
        (900, 9, 1, 57, 5700, 0, 0.0013),
        # 10 batches: no more than 60 epochs.
        (90, 9, 1, 60, 600, 0, 0.0013),
        # 8,000 batches x 7 are more than 5621 x 8 = 44,968: 6,424 an epoch.
        (72000, 9, 1, 7, 44968, 6424, 0.0013),
        (4, 9, 1, 60, 60, 0, 0.0013),  # fewer than a batch
    ],
)
def test_epochs(targets, size, gpus, length, updates, num_batches, lr):
    found = choose_schedule(EPOCHS, targets, size, gpus)
    assert found.by_epoch
    assert (found.length, found.updates) == (length, updates)
    assert (found.num_batches, found.lr) == (num_batches, lr)
    warm, steps = found.schedulers
    assert warm['end'] == min(500, updates // 10)
    # After 2 / 7 and 5 / 7 of the whole.
    expected = [round(length * 2 / 7), round(length * 5 / 7)]
    assert steps['milestones'] == expected
    assert (steps['begin'], steps['end']) == (0, length)


@pytest.mark.parametrize(
    'targets, size, gpus, updates, lr',
    [
        (17365, 9, 1, 1500, 0.0005),
        (17365, 4, 2, 1687, 0.00044),  # 1500 x 9 / 8
        (90, 9, 1, 600, 0.0005),  # 60 times 10 batches
    ],
)
def test_iterations(targets, size, gpus, updates, lr):
    found = choose_schedule(ITERATIONS, targets, size, gpus)
    assert not found.by_epoch and not found.num_batches
    assert (found.length, found.updates, found.lr) == (updates, updates, lr)
    warm, cosine = found.schedulers
    assert warm['end'] == cosine['begin'] == min(100, updates // 10)
    assert cosine['end'] == updates
