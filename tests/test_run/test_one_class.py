# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""HVR-Net trains on data of one class by the documented setting."""

import json
from pathlib import Path

import pytest
import torch

from mmhvr.run.model_index import find_model
from mmhvr.run.safe_load import load_file
from mmhvr.run.training import configure_training, run_training

# As docs/en/configs.md, "One class".
ONE_CLASS = (
    'model.video_selector=None',
    'train_dataloader.batch_sampler.num_categories=1',
    'train_dataloader.batch_sampler.videos_per_category=2',
    'train_dataloader.batch_size=2',
)


@pytest.fixture
def train(coco_vid, tmp_path, monkeypatch):
    """Trains the mini config on two videos of ants."""
    monkeypatch.chdir(tmp_path)
    for split in ('train', 'val'):
        coco_vid.write(
            [coco_vid.video(0, 4), coco_vid.video(0, 3)],
            f'imagenet_vid_{split}',
            classes=('ant',),
        )
    config = tmp_path / 'ants.py'
    config.write_text(
        f"""
_base_ = {find_model('mini')[0]!r}
data = dict(data_root={coco_vid.data_root!r}, metainfo=dict(CLASSES=('ant',)))
train_dataloader = dict(
    dataset=data, num_workers=0, persistent_workers=False)
val_dataloader = dict(dataset=data)
test_dataloader = val_dataloader
val_evaluator = dict(
    ann_file={coco_vid.data_root!r} + 'annotations/imagenet_vid_val.json')
test_evaluator = val_evaluator
train_cfg = dict(max_iters=3, val_interval=9)
default_hooks = dict(logger=dict(interval=1), checkpoint=dict(interval=3))
model = dict(detector=dict(roi_head=dict(bbox_head=dict(num_classes=1))))
"""
    )

    def train(*options):
        cfg = configure_training(
            str(config), work_dir='w', cfg_options=options
        )
        run_training(cfg)
        (log,) = Path('w').glob('*/vis_data/scalars.json')
        return [json.loads(line) for line in log.read_text().splitlines()]

    return train


def test_the_setting_works(train):
    *steps, validation = train(*ONE_CLASS)
    assert [step['iter'] for step in steps] == [1, 2, 3]
    assert 0 <= validation['vid/AP50_ant'] <= 1
    for step in steps:
        assert step['loss_relation'] == step['num_triplets'] == 0
        assert step['loss_cls'] > 0 and step['loss_rpn_cls'] > 0
        assert step['grad_norm'] > 0
    weights = load_file('w/iter_3.pth')
    head = weights['state_dict']['detector.roi_head.bbox_head.fc_cls.weight']
    assert len(head) == 2  # ant and background
    assert all(torch.isfinite(v).all() for v in weights['state_dict'].values())
    assert tuple(weights['meta']['dataset_meta']['CLASSES']) == ('ant',)
