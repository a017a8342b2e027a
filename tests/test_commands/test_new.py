# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""``mmhvr new``: the config that it writes is read, built and trained."""

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from clean_file import clean_content
from mmengine.registry import DefaultScope
from mmtrack.registry import DATASETS

from mmhvr import cli
from mmhvr.run.config_files import read_config
from mmhvr.run.starting_model import starting_model
from mmhvr.run.training import configure_training, run_training


@pytest.fixture
def make_data(tmp_path, monkeypatch):
    """Writes own data/ with annotations and frames, and goes beside it."""
    monkeypatch.chdir(tmp_path)

    def make(spoil=None, has_val=True):
        content = clean_content()
        if spoil:
            spoil(content)
        rng = np.random.default_rng(0)
        folder = Path('own data')
        (folder / 'annotations').mkdir(parents=True)
        parts = dict(train=content)
        if has_val:
            parts['val'] = clean_content(start=6)
        for name, part in parts.items():
            for image in part['images']:
                image['file_name'] = 'frames/' + image['file_name']
                path = folder / image['file_name']
                path.parent.mkdir(parents=True, exist_ok=True)
                pixels = rng.integers(0, 256, (48, 64, 3), dtype=np.uint8)
                cv2.imwrite(str(path), pixels)
            text = json.dumps(part)
            (folder / 'annotations' / f'{name}.json').write_text(text)
        return content

    return make


def new(*words):
    with pytest.raises(SystemExit) as caught:
        cli.main(['new', *words])
    return caught.value.code


def written(*words):
    assert new('c.py', '--data', 'own data', '--gpus', '1', *words) == 0
    return read_config('c.py'), Path('c.py').read_text()


def loaded(cfg, split='train'):
    with DefaultScope.overwrite_default_scope('mmtrack'):
        return DATASETS.build(cfg[f'{split}_dataloader'].dataset)


def test_the_config_of_the_default_base(make_data, capsys):
    make_data()
    cfg, text = written()
    assert 'mim train mmhvr c.py\n' in capsys.readouterr().out
    # 36 boxes of 20 x 18 pixels: sqrt(360) = 18.97. Frames of 64 x 48 are
    # enlarged twice, to 96 lines of 600: 1000 x 0.16 = 160 columns.
    assert cfg.img_scale == (160, 96)
    # Anchors around 2 x 18.97 = 37.9 in strides of 16: 2.37, and 1.25 apart.
    generator = cfg.model.detector.rpn_head.anchor_generator
    assert generator.scales == [1.5, 1.9, 2.4, 3.0]
    assert 'anchors of 24, 30, 38, 48 pixels, in strides of 16' in (
        text.replace('\n# ', ' ')
    )
    assert cfg.model.detector.roi_head.bbox_head.num_classes == 2
    sampler = cfg.train_dataloader.batch_sampler
    assert (sampler.num_categories, sampler.videos_per_category) == (2, 3)
    assert cfg.train_dataloader.batch_size == 6
    # 36 targets in batches of 6: 60 epochs are 360 updates.
    assert cfg.train_cfg.max_epochs == 60
    assert cfg.optim_wrapper.optimizer.lr == 0.00083  # 0.01 x 6 / 72
    data = loaded(cfg)
    assert data.metainfo['CLASSES'] == ('cat', 'dog')
    sample = data[0]
    assert {tuple(i.shape[-2:]) for i in sample['inputs'].values()} == {
        (96, 128)
    }
    data = loaded(cfg, 'val')
    assert len(data) == 36
    assert data[0]['inputs']['img'].shape[-2:] == (96, 128)
    flips = [s for s in data_steps(cfg) if s['type'] == 'RandomFlip']
    assert [flip['prob'] for flip in flips] == [0.5]
    assert starting_model(cfg).detector.rpn_head.num_base_priors == 12
    # What a person reads: each setting has its comment, no line is long.
    lines = text.split('\n')
    assert max(len(line) for line in lines if '_base_' not in line) < 80
    for name in ('_base_', 'data_root', 'classes', 'img_scale', 'scales'):
        place = next(n for n, t in enumerate(lines) if t.startswith(name))
        assert lines[place - 1].startswith('# ')


def data_steps(cfg, split='train'):
    """The steps of a pipeline, those inside of others, too."""
    steps = cfg[f'{split}_dataloader'].dataset.pipeline
    return [
        inner
        for step in steps
        for inner in [step, *step.get('transforms', [])]
    ]


def test_digits_are_not_flipped(make_data):
    def digits(content):
        content['categories'][0]['name'] = 'seven'

    make_data(digits, has_val=False)
    cfg, text = written()
    flips = [s for s in data_steps(cfg) if s['type'] == 'RandomFlip']
    assert [flip['prob'] for flip in flips] == [0.0]
    assert "'seven'" in text
    # Without val.json nothing is evaluated.
    assert cfg.val_cfg is None and cfg.test_dataloader is None


def test_small_classes_and_one_class(make_data):
    def one_dog(content):
        for annotation in content['annotations'][6:24]:
            annotation['category_id'] = 1  # 5 videos of cats, 1 of a dog

    make_data(one_dog, has_val=False)
    cfg, text = written()
    sampler = cfg.train_dataloader.batch_sampler
    assert (sampler.num_categories, sampler.videos_per_category) == (1, 5)
    assert sampler.small_categories == 'leave_out'
    assert cfg.model.video_selector is None
    assert "Too few to be drawn: 'dog'" in text.replace('\n# ', ' ')


def test_bases_of_other_kinds(make_data):
    make_data(has_val=False)
    # Any videos, and a memory: K and N are not settings of it.
    cfg, text = written('--base', 'hvr_faster-rcnn_r18_mini_memory')
    assert cfg.train_dataloader.batch_size == 9
    assert cfg.train_dataloader.batch_sampler == dict(
        type='RandomVideoBatchSampler'
    )
    assert 'num_categories' not in text
    os.remove('c.py')
    # A pyramid has anchors of all sizes.
    name = 'hvr_faster-rcnn_swin-t-fpn_8xb9-7e_imagenetvid'
    cfg, text = written('--base', name)
    generator = cfg.model.detector.rpn_head.anchor_generator
    assert (generator.scales, len(generator.strides)) == ([8], 5)
    assert 'a feature pyramid has them all' in text


def test_the_written_config_trains(make_data):
    make_data()
    before = torch.random.get_rng_state()
    written('--base', 'mini')
    cfg = configure_training(
        'c.py',
        cfg_options=[
            'train_cfg.max_iters=2',
            'train_cfg.val_interval=2',
            'train_dataloader.num_workers=0',
            'val_dataloader.num_workers=0',
        ],
    )
    assert cfg.load_from.endswith('hvr_faster-rcnn_r18_mini.pth')
    runner = run_training(cfg)
    torch.random.set_rng_state(before)
    assert runner.iter == 2
    losses = runner.message_hub.get_scalar('train/loss').data[0]
    assert len(losses) == 2 and np.isfinite(losses).all()
    assert Path('work_dirs/c/iter_2.pth').exists()


def bad_ids(content):
    content['images'][1]['id'] = 1


def gaps(content):
    content['images'][1]['frame_id'] = 9


@pytest.mark.parametrize(
    'spoil, words, message',
    [
        (bad_ids, [], 'train.json has 2 kinds of errors, such as: 2'),
        (gaps, [], 'does not run 0, 1, 2'),
        (None, ['--base', 'none'], 'config none was not found'),
        (
            None,
            ['--base', 'faster-rcnn_r18_mini'],
            'is no HVR-Net that trains on one data set',
        ),
        (
            None,
            ['--base', 'hvr_faster-rcnn_r50-dc5_8xb9-7e_imagenetviddet'],
            'is no HVR-Net that trains on one data set',
        ),
        (None, ['--gpus', '0'], '--gpus must be at least 1'),
        (None, ['--data', 'nowhere'], "train.json' does not exist"),
    ],
)
def test_mistakes_are_one_line(make_data, capsys, spoil, words, message):
    make_data(spoil, has_val=False)
    assert new('c.py', '--data', 'own data', *words) == 1
    text = capsys.readouterr().err
    assert text.startswith('error: ') and text.count('\n') == 1
    assert message in text
    assert os.listdir() == ['own data']


def test_images_elsewhere_and_configs_that_are_there(make_data, capsys):
    make_data(has_val=False)
    os.rename('own data/frames', 'frames')
    assert new('c.py', '--data', 'own data') == 1
    assert 'frames/v0/000.png does not exist' in capsys.readouterr().err
    os.rename('frames', 'own data/frames')
    Path('c.py').write_text('mine')
    assert new('c.py', '--data', 'own data') == 1
    assert 'is there already' in capsys.readouterr().err
    assert Path('c.py').read_text() == 'mine'
    assert new('c.txt', '--data', 'own data') == 1
