# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Batches for timing, who passes the backbone, and a clock by hand."""

import pytest
import torch

from mmhvr.benchmark.frames import FrameSupply
from mmhvr.benchmark.models import build_model, find_config, without_relations
from mmhvr.benchmark.training import (
    BareTraining,
    HvrTraining,
    SelsaTraining,
    TrainingMethod,
    make_batch,
    measure_training,
)


@pytest.fixture
def batch():
    """K = 3 categories, N = 2 videos, T = 3 frames."""
    return make_batch(FrameSupply((64, 48)), 3, 2, 3)


def hvr_config(supervise, frozen):
    cfg = find_config('hvr_faster-rcnn_r18_mini')
    cfg.model.update(supervise=supervise, support_gradient=True)
    cfg.model.frozen = ['detector.backbone'] if frozen else []
    return cfg


def passes(method, batch):
    """Frames, and whether gradients flow, of each pass of the backbone."""
    seen = []
    method.model.detector.backbone.register_forward_hook(
        lambda module, args, out: seen.append(
            (len(args[0]), out[0].requires_grad)
        )
    )
    method.step(batch)
    return seen


def test_batch(batch):
    assert batch.frames.shape == (6, 3, 3, 64, 64)  # padded
    assert [s.video_label for s in batch.targets] == [0, 0, 1, 1, 2, 2]
    for video in batch.samples:
        supports = video[0].ref_gt_instances
        for t, sample in enumerate(video):
            boxes = sample.gt_instances.bboxes
            assert boxes.shape == (2, 4)
            assert (boxes[:, 2:] > boxes[:, :2]).all() and (boxes >= 0).all()
            assert (boxes[:, 2:] <= torch.tensor([64, 48])).all()
            if t:
                own = supports[supports.map_instances_to_img_idx == t - 1]
                assert torch.equal(own.bboxes, boxes)
    again = make_batch(FrameSupply((64, 48)), 3, 2, 3)
    assert torch.equal(
        again.targets[5].gt_instances.bboxes,
        batch.targets[5].gt_instances.bboxes,
    )


@pytest.mark.parametrize(
    'supervise, frozen, expected',
    [
        # The rejected videos' frames never have a gradient.
        ('triplet', False, [(3, False)] * 6 + [(9, True)]),
        # A frozen backbone sees each frame once.
        ('triplet', True, [(3, False)] * 6),
        # Every video is a target: nothing to reject.
        ('batch', False, [(18, True)]),
    ],
)
def test_frames_that_hvr_net_passes(batch, supervise, frozen, expected):
    model = build_model(hvr_config(supervise, frozen), 'cpu')
    method = HvrTraining('HVR-Net', model)
    assert passes(method, batch) == expected
    assert method.supervised == dict(triplet=3, batch=6)[supervise]
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize(
    'frozen, expected',
    [
        (False, [(3, False)] * 6 + [(9, True)]),
        # The three videos' frames pass once, with those rejected before.
        (True, [(3, False)] * 3 + [(9, False)]),
    ],
)
def test_frames_that_bare_passes(batch, frozen, expected):
    cfg = without_relations(hvr_config('target', frozen))
    cfg.model.video_selector = None
    method = BareTraining('bare', build_model(cfg, 'cpu'))
    assert passes(method, batch) == expected
    assert method.supervised == 9
    losses = method.losses(batch)
    assert set(losses) == {
        *('loss_rpn_cls', 'loss_rpn_bbox', 'loss_cls', 'loss_bbox', 'acc')
    }


def test_selsa_takes_one_video(batch):
    model = build_model(find_config('selsa_faster-rcnn_r18_mini'), 'cpu')
    method = SelsaTraining('SELSA', model)
    assert passes(method, batch) == [(3, True)]
    assert method.supervised == 1


def test_by_turns_and_without_the_first_round(batch):
    time, log = [0.0], []

    class Fake(TrainingMethod):
        """Its turns take 1, 2, 4, ... seconds and 64 MiB."""

        def __init__(self, name):
            self.name, self.supervised, self.turn = name, 9, 0

        def step(self, batch):
            log.append(self.name)
            time[0] += 2**self.turn
            self.turn += 1
            torch.ones(2**24)

    rows = measure_training(
        [Fake('a'), Fake('b')], batch, lambda: time[0], rounds=2
    )
    assert log == [*'ababab']
    for row, name in zip(rows, 'ab'):
        assert row['name'] == name
        assert row['seconds'] == [2, 4]
        assert row['mean'] == 3
        assert row['spread'] == pytest.approx(2**0.5)
        assert row['supervised'] == 9
        if row['peak_bytes'] is not None:
            # The kernel counts pages of a thread now and then.
            assert 0.9 < row['peak_bytes'] / 2**26 < 1.5
