# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""A loaded model names its classes as it was trained."""

import json
import warnings

import numpy as np
import pytest
import torch

from mmhvr.apis import HVRInferencer, init_model
from mmhvr.apis.model import config_class_names
from mmhvr.run.config import load_config
from mmhvr.run.model_index import find_model
from mmhvr.run.safe_load import load_file

DIGITS = tuple('zero one two three four five six seven eight nine'.split())
DATA = ('train_dataloader', 'val_dataloader', 'test_dataloader')


def named(names, num_classes=None):
    """The mini config, with other class names in its data."""
    config, weights = find_model('mini')
    cfg = load_config(config)
    for part in DATA:
        cfg[part].dataset.metainfo = dict(CLASSES=names)
    if num_classes:
        head = cfg.model.detector.roi_head.bbox_head
        head.num_classes = num_classes
    return cfg, weights


def test_the_names_of_the_checkpoint_count():
    cfg, weights = named(DIGITS[::-1])
    with pytest.warns(UserWarning, match="label 0 is 'zero' there and 'nine'"):
        model = init_model(cfg, weights)
    assert model.class_names == DIGITS
    # Data that are read with the model's config have the same labels.
    for part in DATA:
        assert model.cfg[part].dataset.metainfo == dict(CLASSES=DIGITS)
    # The config that was given is not changed.
    assert config_class_names(cfg) == list(DIGITS[::-1])


def test_no_word_if_all_agree():
    with warnings.catch_warnings():
        warnings.simplefilter('error', UserWarning)
        for cfg, weights in (named(DIGITS), named(())):
            assert init_model(cfg, weights).class_names == DIGITS


def test_detections_are_named_as_the_model_was_trained(tmp_path):
    cfg, weights = named(DIGITS[::-1])
    with pytest.warns(UserWarning, match='names of the checkpoint are taken'):
        inferencer = HVRInferencer(cfg, weights, device='cpu')
    expected = HVRInferencer('mini', device='cpu')
    rng = np.random.default_rng(0)
    frames = list(rng.integers(0, 255, (3, 96, 96, 3), dtype=np.uint8))
    found = []
    for number, one in enumerate((inferencer, expected)):
        path = tmp_path / f'{number}.json'
        one(frames, out_json=path, score_thr=0.0001)
        found.append(json.loads(path.read_text()))
    assert found[0]['frames'] == found[1]['frames']
    assert found[0]['classes'] == list(DIGITS)
    assert any(frame['detections'] for frame in found[0]['frames'])


def without_names(cfg):
    """A copy whose data do not name their classes."""
    cfg = cfg.copy()
    for part in DATA:
        del cfg[part].dataset['metainfo']
    return cfg


def test_names_and_heads_must_agree(tmp_path):
    cfg, _ = named(('cat', 'dog'))
    with pytest.raises(ValueError, match='is 10, but metainfo of the config'):
        init_model(cfg)
    # A checkpoint that was trained with one class too many.
    cfg, weights = named(DIGITS, num_classes=11)
    state = init_model(without_names(cfg)).state_dict()
    checkpoint = dict(load_file(weights), state_dict=state)
    path = str(tmp_path / 'eleven.pth')
    torch.save(checkpoint, path)
    with pytest.raises(ValueError, match='is 11, but the checkpoint has 10'):
        init_model(cfg, path)


def test_without_names_in_the_checkpoint_the_config_says(tmp_path):
    cfg, weights = named(DIGITS[::-1])
    path = str(tmp_path / 'bare.pth')
    torch.save(load_file(weights)['state_dict'], path)
    assert init_model(cfg, path).class_names == DIGITS[::-1]
    # Nor do random weights say anything.
    assert init_model(cfg).class_names == DIGITS[::-1]


def test_data_in_a_wrapper_get_the_names():
    cfg, weights = named(DIGITS[::-1])
    inner = cfg.train_dataloader.dataset
    cfg.train_dataloader.dataset = dict(
        type='ConcatDataset', datasets=[inner, inner]
    )
    with pytest.warns(UserWarning):
        model = init_model(cfg, weights)
    parts = model.cfg.train_dataloader.dataset.datasets
    assert [part.metainfo.CLASSES for part in parts] == [DIGITS] * 2


def test_two_lists_of_names_are_refused():
    cfg, weights = named(DIGITS)
    cfg.test_dataloader.dataset.metainfo = dict(CLASSES=('a',), classes=('b',))
    with pytest.raises(ValueError, match='labels can follow only one'):
        init_model(cfg, weights)
