# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import logging
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmtrack.datasets import ImagenetVIDDataset
from mmtrack.registry import MODELS

from mmhvr.engine.class_check import (
    check_num_classes,
    difference_of_names,
    heads_of,
)
from mmhvr.run.checkpoint import CheckpointMismatchError
from mmhvr.run.config import load_config
from mmhvr.run.contents import class_names_inside
from mmhvr.run.model_index import find_model
from mmhvr.run.testing import configure_testing, run_testing
from mmhvr.run.training import configure_training, run_training

OTHER = 'test_dataloader.dataset.metainfo.classes'


@pytest.mark.parametrize(
    'first, second, expected',
    [
        ('ab', 'ab', None),
        ('abc', 'acb', "label 1 is 'b' there and 'c' here (2 of 3 labels dif"),
        ('abc', 'abd', "label 2 is 'c' there and 'd' here (1 of 3 labels dif"),
        ('abc', 'ab', 'there are 3 there and 2 here'),
    ],
)
def test_difference_of_names(first, second, expected):
    found = difference_of_names(list(first), tuple(second))
    assert found == expected or found.startswith(expected)


def test_names_in_a_checkpoint():
    names = ImagenetVIDDataset.METAINFO['CLASSES']
    for meta, expected in (
        (dict(dataset_meta=dict(classes=('a', 'b'))), ['a', 'b']),
        (dict(dataset_meta=dict(CLASSES=['a', 'b'], n=1)), ['a', 'b']),
        (dict(dataset_meta=dict(CLASSES=('a',), classes=('a',))), ['a']),
        (dict(CLASSES=names), list(names)),  # MMTracking 0.x
        (dict(CLASSES=None, dataset_meta={}), None),
        (dict(epoch=3), None),
        (None, None),
    ):
        assert class_names_inside(dict(meta=meta)) == expected
    assert class_names_inside({}) is None
    with pytest.raises(ValueError, match='checkpoint has CLASSES=.*follow'):
        class_names_inside(
            dict(meta=dict(dataset_meta=dict(CLASSES=['a'], classes=['b'])))
        )


@pytest.mark.parametrize(
    'name, head',
    [
        ('hvr_faster-rcnn_r18_mini', 'detector.roi_head.bbox_head'),
        ('hvr_faster-rcnn_r18_mini_memory', 'detector.roi_head.bbox_head'),
        ('selsa_faster-rcnn_r18_mini', 'detector.roi_head.bbox_head'),
        ('faster-rcnn_r18_mini', 'roi_head.bbox_head'),
    ],
)
def test_heads_of_the_models(name, head):
    cfg = load_config(find_model(name)[0])
    with DefaultScope.overwrite_default_scope('mmtrack'):
        model = MODELS.build(cfg.model)
    assert list(heads_of(model)) == [(head, 10)]
    check_num_classes(model, cfg.classes, 'metainfo')
    with pytest.raises(ValueError) as error:
        check_num_classes(model, ['cat', 'dog'], 'metainfo')
    assert str(error.value) == (
        f'model.{head}.num_classes is 10, but metainfo has 2 class names, '
        "['cat', 'dog']; make them equal"
    )


# --- runs -------------------------------------------------------------------


@pytest.mark.parametrize('number', [1, 3])
def test_training_does_not_begin_with_another_number(tiny_config, number):
    options = [f'model.num_classes={number}']
    cfg = configure_training(tiny_config, work_dir='w', cfg_options=options)
    with pytest.raises(ValueError) as error:
        run_training(cfg)
    assert (
        f'model.bbox_head.num_classes is {number}, but metainfo of '
        "train_dataloader.dataset has 2 class names, ['a', 'b']"
    ) in str(error.value)
    assert not list(Path('w').glob('*.pth'))


def test_testing_does_not_begin_with_another_number(tiny_config):
    run_training(configure_training(tiny_config, work_dir='w'))
    options = [f'{OTHER}=a,b,c']
    cfg = configure_testing(
        tiny_config, 'w/iter_6.pth', 't', cfg_options=options
    )
    with pytest.raises(
        ValueError, match='is 2, but .*test_data.* has 3 class'
    ):
        run_testing(cfg)


def validating(tiny_config, names):
    """The tiny config with validation data of some names."""
    cfg = Config.fromfile(tiny_config)
    cfg.val_dataloader = cfg.test_dataloader.copy()
    cfg.val_dataloader.dataset.metainfo = dict(classes=names)
    cfg.val_evaluator, cfg.val_cfg = cfg.test_evaluator, {}
    cfg.dump('val.py')
    return 'val.py'


def test_training_and_validation_have_the_same_names(tiny_config):
    config = validating(tiny_config, ('b', 'a'))
    cfg = configure_training(config, work_dir='w')
    with pytest.raises(ValueError, match="label 0 is 'a' there and 'b' here"):
        run_training(cfg)
    assert not list(Path('w').glob('*.pth'))
    config = validating(tiny_config, ('a', 'b'))
    assert run_training(configure_training(config, work_dir='w')).iter == 6


@pytest.fixture
def trained(tiny_config):
    """The tiny config and a checkpoint of the classes a and b."""
    run_training(configure_training(tiny_config, work_dir='w'))
    return tiny_config, 'w/iter_6.pth'


def test_a_test_refuses_another_order(trained, caplog):
    options = [f'{OTHER}=b,a']
    cfg = configure_testing(*trained, work_dir='t', cfg_options=options)
    with pytest.raises(CheckpointMismatchError) as error:
        run_testing(cfg)
    text = str(error.value)
    assert (
        'iter_6.pth (there) was trained with other classes than meta' in text
    )
    assert "label 0 is 'a' there and 'b' here (2 of 2 labels differ)" in text
    assert "dict(CLASSES=('a', 'b'))" in text
    # The same names, and asked for.
    options = [f'{OTHER}=a,b']
    cfg = configure_testing(*trained, work_dir='t', cfg_options=options)
    assert run_testing(cfg) == {'vid/mAP50': 8.0}
    options = [f'{OTHER}=b,a']
    cfg = configure_testing(
        *trained, work_dir='t', cfg_options=options, strict=False
    )
    assert run_testing(cfg) == {'vid/mAP50': 8.0}


@pytest.mark.parametrize('names', [('airplane', 'antelope'), ('x', 'y')])
def test_names_of_mmtracking_0(trained, names):
    # Its checkpoints have the names beside the config.
    config, path = trained
    checkpoint = torch.load(path, weights_only=False)
    checkpoint['meta'] = dict(CLASSES=names)
    torch.save(checkpoint, 'old.pth')
    options = [f'{OTHER}=airplane,antelope']
    cfg = configure_testing(config, 'old.pth', 't', cfg_options=options)
    if names[0] == 'airplane':
        assert run_testing(cfg) == {'vid/mAP50': 8.0}
    else:
        with pytest.raises(CheckpointMismatchError, match="label 0 is 'x'"):
            run_testing(cfg)


@pytest.fixture
def log(monkeypatch):
    """What is logged of a checkpoint, as (level, text)."""
    lines = []
    monkeypatch.setattr(
        'mmhvr.run.checkpoint.print_log',
        lambda text, logger, level=logging.INFO: lines.append((level, text)),
    )
    return lines


def test_a_checkpoint_without_names_is_taken_at_its_word(trained, log):
    config, path = trained
    checkpoint = torch.load(path, weights_only=False)
    del checkpoint['meta']
    torch.save(checkpoint, 'bare.pth')
    options = [f'{OTHER}=b,a']
    cfg = configure_testing(config, 'bare.pth', 't', cfg_options=options)
    assert run_testing(cfg) == {'vid/mAP50': 8.0}
    ((level, text),) = log
    assert level == logging.WARNING
    assert (
        "bare.pth does not name its classes; they are taken to be ['b',"
        in (text)
    )


def test_resume_refuses_another_order_and_load_from_warns(trained, log):
    config, path = trained
    options = ['train_dataloader.dataset.metainfo.classes=b,a']
    cfg = configure_training(
        config, work_dir='r', resume=path, cfg_options=options
    )
    with pytest.raises(CheckpointMismatchError, match='train_dataloader.data'):
        run_training(cfg)
    cfg = configure_training(
        config, work_dir='l', cfg_options=[*options, f'load_from={path}']
    )
    assert run_training(cfg).iter == 6
    ((level, text),) = log
    assert level == logging.WARNING
    assert "label 0 is 'a' there and 'b' here" in text
    assert 'its classifier starts from those of the checkpoint' in text
