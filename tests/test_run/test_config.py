# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import warnings
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from torch.utils.data import DataLoader

from mmhvr.annotations.reader import AnnotationError
from mmhvr.run.config import (
    add_custom_hook,
    allow_no_workers,
    check_data_files,
    load_config,
    use_cpu_model_wrapper,
)
from mmhvr.run.config_files import read_config
from mmhvr.run.model_index import find_model
from mmhvr.run.training import configure_training

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'


def test_load_config(tmp_path):
    path = tmp_path / 'some.name.py'
    path.write_text('a = dict(b=1)\nrandomness = dict(seed=1, x=2)\n')
    cfg = load_config(str(path), ['a.b=5'], launcher='pytorch')
    assert cfg.a.b == 5 and cfg.launcher == 'pytorch'
    assert cfg.work_dir == 'work_dirs/some.name'
    assert cfg.randomness == dict(seed=1, x=2)
    cfg = load_config(str(path), work_dir='w', seed=7)
    assert cfg.work_dir == 'w' and cfg.randomness == dict(seed=7, x=2)
    path.write_text("work_dir = 'mine'\n")
    assert load_config(str(path)).work_dir == 'mine'
    assert load_config(str(path), work_dir='w').work_dir == 'w'
    with pytest.raises(FileNotFoundError, match='gone.py.*mim train mmhvr'):
        load_config('gone.py')


def test_no_config_sets_a_name_too_late():
    with warnings.catch_warnings():
        warnings.simplefilter('error', UserWarning)
        for path in CONFIGS.glob('**/*.py'):
            read_config(str(path))


def test_names_that_come_too_late_are_warned_of(tmp_path):
    base, child = tmp_path / 'base.py', tmp_path / 'child.py'
    base.write_text(
        "frames = 3\nweights = 'a.pth'\nmodel = dict(t=frames, init=weights)\n"
        'val_dataloader = dict()\ntest_dataloader = val_dataloader\n'
    )
    # weights is used here, too, and val_dataloader is a key of the run.
    child.write_text(
        "_base_ = './base.py'\nframes = 5\nweights = 'b.pth'\n"
        'model = dict(init=weights)\nval_dataloader = dict(batch_size=2)\n'
    )
    with pytest.warns(UserWarning) as found:
        cfg = load_config(str(child))
    assert cfg.model == dict(t=3, init='b.pth')
    assert [str(one.message).split(': ')[1] for one in found] == [
        '`frames` changes nothing'
    ]


@pytest.mark.parametrize(
    'content, expected',
    [
        (
            dict(),
            dict(
                type='mmengine.CPUDistributedDataParallel',
                broadcast_buffers=False,
                find_unused_parameters=False,
            ),
        ),
        (
            dict(find_unused_parameters=True),
            dict(
                type='mmengine.CPUDistributedDataParallel',
                broadcast_buffers=False,
                find_unused_parameters=True,
            ),
        ),
        (
            dict(
                model_wrapper_cfg=dict(
                    type='MMDistributedDataParallel', broadcast_buffers=True
                )
            ),
            dict(
                type='mmengine.CPUDistributedDataParallel',
                broadcast_buffers=True,
                find_unused_parameters=False,
            ),
        ),
        (dict(model_wrapper_cfg=dict(type='Mine')), dict(type='Mine')),
    ],
)
def test_model_wrapper(content, expected):
    cfg = Config(dict(content, launcher='pytorch'))
    use_cpu_model_wrapper(cfg)
    assert cfg.model_wrapper_cfg == expected


def test_model_wrapper_of_one_process_and_of_gpus(monkeypatch):
    cfg = Config(dict(launcher='none'))
    use_cpu_model_wrapper(cfg)
    assert 'model_wrapper_cfg' not in cfg
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    cfg = Config(dict(launcher='pytorch'))
    use_cpu_model_wrapper(cfg)
    assert 'model_wrapper_cfg' not in cfg


def test_add_custom_hook_replaces_its_own_type():
    cfg = Config(dict())
    add_custom_hook(cfg, dict(type='A', x=1))
    add_custom_hook(cfg, dict(type='B'))
    add_custom_hook(cfg, dict(type='A', x=2))
    assert cfg.custom_hooks == [dict(type='B'), dict(type='A', x=2)]


def loader(**dataset):
    return dict(dataset=dataset)


def test_check_data_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'data').mkdir()
    (tmp_path / 'data' / 'a.json').write_text('')
    fine = [
        loader(data_root='data', ann_file='a.json'),
        loader(ann_file='data/a.json'),
        loader(data_root='x', ann_file=str(tmp_path / 'data' / 'a.json')),
        loader(ann_file='s3://bucket/a.json'),
        loader(),
        dict(),
    ]
    for item in fine:
        check_data_files(Config(dict(train_dataloader=item)), ['train'])
    inner = dict(data_root='data/mini/', ann_file='b.json')
    nested = loader(datasets=[loader(ann_file='data/a.json'), inner])
    cfg = Config(dict(train_dataloader=nested))
    # Only the splits of the run are looked at.
    check_data_files(cfg, ['val', 'test'])
    with pytest.raises(FileNotFoundError) as info:
        check_data_files(cfg, ['val', 'train'])
    message = str(info.value)
    assert message.startswith(
        'train_dataloader.dataset.datasets.1: annotation file '
        'data/mini/b.json was not found'
    )
    assert str(tmp_path) in message and 'make_mini_dataset' in message


@pytest.mark.parametrize('workers', [{}, dict(num_workers=0)])
def test_no_workers(workers):
    only_for_workers = dict(
        persistent_workers=True,
        prefetch_factor=4,
        timeout=3,
        multiprocessing_context='spawn',
    )
    loader = dict(batch_size=3, pin_memory=True, **workers)
    cfg = Config(
        dict(
            train_dataloader={**loader, **only_for_workers},
            val_dataloader=dict(num_workers=2, **only_for_workers),
        )
    )
    allow_no_workers(cfg)
    assert cfg.train_dataloader == loader
    assert cfg.val_dataloader == dict(num_workers=2, **only_for_workers)
    # torch itself takes it.
    DataLoader([1, 2, 3], **cfg.train_dataloader)


def test_no_workers_from_the_command_line(tmp_path):
    path = tmp_path / 'c.py'
    path.write_text(
        'train_dataloader = dict(num_workers=2, persistent_workers=True)'
    )
    cfg = load_config(str(path), ['train_dataloader.num_workers=0'])
    assert cfg.train_dataloader == dict(num_workers=0)


@pytest.mark.parametrize('name', ['faster-rcnn_r18', 'selsa_faster-rcnn_r18'])
def test_data_sets_of_the_hosts_are_checked(coco_vid, name):
    """They would put all boxes of one id onto each of its images."""
    data = coco_vid.write([coco_vid.video(0, 3), coco_vid.video(1, 3)])
    coco_vid.write([coco_vid.video(0, 3)], 'imagenet_vid_val')
    config = find_model(f'{name}_mini')[0]

    def configure(*names):
        given = ','.join(names)
        return configure_training(
            config,
            cfg_options=[
                f'{split}_dataloader.dataset.{key}'
                for split in ('train', 'val')
                for key in (
                    f'data_root={coco_vid.data_root}',
                    f'metainfo.CLASSES=[{given}]',
                )
            ],
        )

    assert configure('ant', 'bee').train_dataloader
    with pytest.raises(AnnotationError, match="otherwise .* 'Ant' and 'ant'"):
        configure('Ant', 'bee')
    data['images'][4]['id'] = data['images'][1]['id']
    coco_vid.save(data)
    with pytest.raises(AnnotationError, match='2 images share their id'):
        configure('ant', 'bee')
