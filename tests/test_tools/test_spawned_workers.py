# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Loader workers that are spawned: nothing is imported in them before."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MINI = ROOT / 'configs' / 'mini'
DIGITS = 'zero one two three four five six seven eight nine'.split()
HVR = 'hvr_faster-rcnn_r18_mini'


@pytest.mark.parametrize(
    'words, done',
    [
        # A data set of MMDetection, which cannot be imported before mmhvr.
        (
            ['train.py', str(MINI / 'faster-rcnn_r18_mini.py')],
            'Iter(train) [1/1]',
        ),
        # The data set of this project, a subclass of MMTracking's.
        (
            [
                'test.py',
                str(MINI / f'{HVR}.py'),
                str(MINI / f'{HVR}.pth'),
            ],
            'vid/mAP50:',
        ),
    ],
)
def test_a_spawned_worker_can_unpickle_its_data_set(
    coco_vid, tmp_path, words, done
):
    coco_vid.root = tmp_path / 'data' / 'mini'  # where the configs look
    videos = [coco_vid.video(label=v, length=3) for v in range(2)]
    for name in ('imagenet_vid_train', 'imagenet_vid_val'):
        coco_vid.write(videos, name, classes=DIGITS, size=(64, 64))
    options = ['env_cfg.mp_cfg.mp_start_method=spawn']
    options += ['default_hooks.logger.interval=1']
    if words[0] == 'train.py':
        options += ['train_cfg.max_iters=1', 'train_cfg.val_begin=9']
        options += ['train_dataloader.num_workers=1']
    else:
        options += ['test_dataloader.num_workers=1']
    result = subprocess.run(
        [
            sys.executable,
            str(ROOT / 'tools' / words[0]),
            *words[1:],
            '--cfg-options',
            *options,
        ],
        cwd=str(tmp_path),
        env=dict(
            os.environ,
            PYTHONPATH=str(ROOT),
            CUDA_VISIBLE_DEVICES='-1',
            OMP_NUM_THREADS='1',
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        timeout=240,
    )
    assert result.returncode == 0, result.stdout[-3000:]
    assert done in result.stdout
    assert "mp_start_method': 'spawn'" in result.stdout
