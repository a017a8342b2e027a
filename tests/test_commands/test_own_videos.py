# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The page docs/en/own_data.md from end to end: clips in, a report out."""

import sys
from pathlib import Path

import pytest
import torch
from export_writers import (
    CLASSES,
    make_video,
    run_import,
    write_clip,
    write_cvat,
)

from mmhvr import cli
from mmhvr.run.testing import configure_testing, run_testing
from mmhvr.run.training import configure_training, run_training

SHORT = [
    'train_cfg.max_iters=2',
    'train_cfg.val_interval=2',
    'train_dataloader.num_workers=0',
    'val_dataloader.num_workers=0',
    'test_dataloader.num_workers=0',
]


def command(*words):
    with pytest.raises(SystemExit) as caught:
        cli.main([str(word) for word in words])
    return caught.value.code


def test_from_clips_and_a_cvat_export_to_a_report(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    # Four clips in which each of the two classes is the more frequent one.
    videos = [
        make_video(f'clip {n}', 5, classes=CLASSES[:: 1 if n < 4 else -1])
        for n in range(8)
    ]
    for number, video in enumerate(videos):
        write_clip(Path('clips', video.source), number // 2, 5)
    write_cvat(Path('annotations.xml'), videos)
    words = ('annotations.xml', '--frames', 'clips', '--out', 'data')
    assert run_import(*words, '--val-share', 0.25) == 0
    for part in ('train', 'val'):
        file = f'data/annotations/{part}.json'
        assert command('data', 'check', file, '--images', 'data') == 0
    assert command('data', 'show', file, '--out', 'page') == 0
    page = Path('page/index.html').read_text(encoding='utf-8')
    assert page.count('<img') >= 2 and 'http' not in page
    new = ('new', 'yard.py', '--data', 'data', '--base', 'mini')
    assert command(*new, '--gpus', 1) == 0
    before = torch.random.get_rng_state()
    run_training(configure_training('yard.py', cfg_options=SHORT))
    cfg = configure_testing(
        'yard.py', 'work_dirs/yard/iter_2.pth', cfg_options=SHORT
    )
    metrics = run_testing(cfg)
    torch.random.set_rng_state(before)
    # Two iterations teach nothing, but each class is there and counted.
    for name in CLASSES:
        assert 0 <= metrics[f'vid/AP50_{name}'] <= 1
    sys.stdout.flush()
    assert 'Fußgänger' in capsys.readouterr().out
