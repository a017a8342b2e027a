# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import pickle
from pathlib import Path

import cv2
import pytest
import torch

from mmhvr.run.safe_load import load_file
from mmhvr.run.testing import configure_testing, run_testing


@pytest.fixture
def checkpoint(tiny_config):
    """Weights with which the tiny model says 3 x + 1."""
    state = {
        'first.weight': torch.tensor([[1.0]]),
        'first.bias': torch.tensor([0.0]),
        'second.weight': torch.tensor([[3.0]]),
        'second.bias': torch.tensor([1.0]),
    }
    torch.save(dict(state_dict=state, meta=dict()), 'good.pth')
    return 'good.pth'


def test_metrics_predictions_and_pictures(tiny_config, checkpoint):
    cfg = configure_testing(
        tiny_config,
        checkpoint,
        work_dir='work',
        out='out/found.pkl',
        show_dir='show',
    )
    assert run_testing(cfg) == {'vid/mAP50': 8.0}
    frames = pickle.loads(Path('out/found.pkl').read_bytes())
    assert [frame['img_id'] for frame in frames] == list(range(8))
    # y = 1, 1.375, ... clamped to 1.
    assert frames[0]['pred_instances']['scores'].tolist() == [1.0]
    # The frame of 96 pixels is enlarged four times.
    picture = cv2.imread('show/video_1/000000.jpg')
    assert picture.shape == (384, 384, 3)
    assert (picture != 90).any()


def test_another_architecture(tiny_config, checkpoint):
    cfg = configure_testing(
        tiny_config,
        checkpoint,
        work_dir='work',
        cfg_options=['model.hidden=3'],
    )
    with pytest.raises(ValueError) as info:
        run_testing(cfg)
    message = str(info.value)
    assert 'checkpoint good.pth does not fit TinyModel' in message
    assert '3 of another shape' in message and '--non-strict' in message
    cfg = configure_testing(
        tiny_config,
        checkpoint,
        work_dir='work',
        strict=False,
        cfg_options=['model.hidden=3'],
    )
    assert run_testing(cfg) == {'vid/mAP50': 8.0}


def test_unexpected_and_missing_weights(tiny_config, checkpoint):
    state = load_file(checkpoint)['state_dict']
    del state['first.bias']
    state['third.bias'] = torch.zeros(1)
    torch.save(dict(state_dict=state), 'other.pth')
    with pytest.raises(ValueError) as info:
        run_testing(configure_testing(tiny_config, 'other.pth', work_dir='w'))
    assert '1 missing from the checkpoint: first.bias' in str(info.value)
    assert '1 not in the model: third.bias' in str(info.value)


@pytest.mark.parametrize(
    'options, error, message',
    [
        (dict(checkpoint='gone.pth'), FileNotFoundError, 'gone.pth'),
        (dict(out='found.json'), ValueError, 'found.json.*.pkl'),
        (dict(show=True), ValueError, 'needs a screen.*--show-dir'),
        (dict(show_dir='good.pth/a'), OSError, 'choose another path'),
        (
            dict(cfg_options=['test_dataloader.dataset.ann_file=x.json']),
            FileNotFoundError,
            'annotation file x.json',
        ),
    ],
)
def test_errors_come_before_the_model(
    tiny_config, checkpoint, options, error, message, monkeypatch
):
    monkeypatch.delenv('DISPLAY', raising=False)
    monkeypatch.delenv('WAYLAND_DISPLAY', raising=False)
    options = dict(dict(checkpoint=checkpoint), **options)
    with pytest.raises(error, match=message):
        configure_testing(tiny_config, **options)


def test_visualization_of_the_config_is_kept(tiny_config, checkpoint):
    hook = "[dict(type='VIDVisualizationHook',draw=False,interval=5)]"
    path = Path(tiny_config)
    path.write_text(f'{path.read_text()}\ncustom_hooks = {hook}\n')
    cfg = configure_testing(tiny_config, checkpoint, show_dir='show')
    hooks = [h for h in cfg.custom_hooks if 'VID' in h['type']]
    assert hooks == [
        dict(
            type='VIDVisualizationHook',
            draw=True,
            interval=5,
            show=False,
            show_dir='show',
            wait_time=0.0,
            score_thr=0.3,
        )
    ]
