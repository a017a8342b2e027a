# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Every config builds, without fetching weights, and keeps its promises."""

from collections import Counter
from pathlib import Path

import pytest
from mmengine import Config
from mmengine.registry import DefaultScope
from mmtrack.registry import MODELS

import mmhvr  # noqa: F401

ROOT = Path(__file__).parents[1] / 'configs'
CONFIGS = sorted(
    path for path in ROOT.rglob('*.py') if '_base_' not in path.parts
)
MINI = ('hvr_faster-rcnn_r18', 'selsa_faster-rcnn_r18', 'faster-rcnn_r18')


def load(name):
    return Config.fromfile(ROOT / 'mini' / f'{name}_mini.py')


def detector(config):
    return config.model.get('detector', config.model)


@pytest.fixture(autouse=True)
def scope():
    with DefaultScope.overwrite_default_scope('mmtrack'):
        yield


@pytest.mark.parametrize('path', CONFIGS, ids=lambda p: p.stem)
def test_builds(path):
    config = Config.fromfile(path)
    model = MODELS.build(config.model)
    assert sum(p.numel() for p in model.parameters()) > 1e6
    assert config.custom_imports.imports == ['mmhvr']
    assert config.val_evaluator.type == 'VIDMetric'


def test_there_are_configs_and_mim_can_tell_them_apart():
    counts = Counter(path.name for path in CONFIGS)
    assert len(counts) > 10
    assert [name for name, n in counts.items() if n > 1] == []


@pytest.mark.parametrize('path', CONFIGS, ids=lambda p: p.stem)
def test_channels_fit(path):
    """The head's classes are those of the data."""
    config = Config.fromfile(path)
    head = detector(config).roi_head.bbox_head
    data = config.train_dataloader.dataset
    data = data.datasets[0] if 'datasets' in data else data
    assert head.num_classes == len(data.metainfo.CLASSES)


def test_mini_configs_compare_fairly():
    configs = [load(name) for name in MINI]
    for config in configs:
        rcnn = detector(config).test_cfg
        assert rcnn == detector(configs[0]).test_cfg
        backbone = detector(config).backbone
        same = ('type', 'depth', 'base_channels', 'norm_cfg')
        for key in same:
            assert backbone[key] == detector(configs[0]).backbone[key]
        anchors = detector(config).rpn_head.anchor_generator
        assert anchors == detector(configs[0]).rpn_head.anchor_generator
        assert config.test_evaluator == configs[0].test_evaluator
        assert config.img_scale == configs[0].img_scale
        assert config.optim_wrapper.optimizer == (
            configs[0].optim_wrapper.optimizer
        )


def test_mini_configs_supervise_as_many_frames():
    # HVR-Net: the three target frames of the video triplet; SELSA: one frame
    # a step; the single-frame detector: its whole batch.
    assert load(MINI[0]).model.supervise == 'triplet'
    supervised = []
    for name, a_step in zip(MINI, (3, 1, None)):
        config = load(name)
        a_step = a_step or config.train_dataloader.batch_size
        supervised.append(config.train_cfg.max_iters * a_step)
    assert len(set(supervised)) == 1


def test_test_windows_are_equal():
    hvr, selsa, _ = (load(name) for name in MINI)
    frames = hvr.test_dataloader.dataset.frame_sampler.num_frames
    sampler = selsa.test_dataloader.dataset.ref_img_sampler
    assert frames == sampler.num_ref_imgs + 1
