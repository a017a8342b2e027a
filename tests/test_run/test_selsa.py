# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""A checkpoint of MMTracking's SELSA, given to a config as it is."""

import functools
import hashlib
import http.server
import json
import threading
from pathlib import Path

import cv2
import mmtrack
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmtrack.registry import MODELS

from mmhvr import cli
from mmhvr.apis import init_model
from mmhvr.run.checkpoint import CheckpointCheckHook, CheckpointMismatchError
from mmhvr.run.config import load_config
from mmhvr.run.contents import checkpoint_weights, config_inside
from mmhvr.run.kinds import kind_of_weights
from mmhvr.run.model_index import find_model, package_root

OURS = 'hvr-selsa_faster-rcnn_r18_mini'
TWO_STAGE = 'hvr_faster-rcnn_r18_mini_two-stage'


class FakeRunner:
    def __init__(self, model):
        self.model = model


@pytest.fixture
def selsa(mmtrack_scope):
    """The model of the small SELSA of MMTracking."""
    torch.manual_seed(5)
    cfg = load_config(find_model('selsa_faster-rcnn_r18_mini')[0])
    return cfg.model


def save(cfg, path):
    state = MODELS.build(cfg).state_dict()
    torch.save(dict(state_dict=state, meta=dict()), path)
    return state


def test_init_model_takes_it(selsa, tmp_path):
    path = str(tmp_path / 'selsa.pth')
    state = save(selsa, path)
    head = init_model(OURS, path).detector.roi_head.bbox_head
    name = 'detector.roi_head.bbox_head.'
    for ours, theirs in (
        (head.embedding[0].weight, 'shared_fcs.0.weight'),
        (head.intra.fcs[0].bias, 'shared_fcs.1.bias'),
        (head.intra.relations[1].value.weight, 'aggregator.1.ref_fc.weight'),
        (head.intra.relations[0].out_proj.bias, 'aggregator.0.fc.bias'),
    ):
        assert torch.equal(ours, state[name + theirs])


def test_the_runner_takes_it(selsa, tmp_path):
    path = str(tmp_path / 'selsa.pth')
    save(selsa, path)
    model = init_model(load_config(find_model(OURS)[0]))
    checkpoint = torch.load(path, weights_only=True)
    CheckpointCheckHook().after_load_checkpoint(FakeRunner(model), checkpoint)
    model.load_state_dict(checkpoint['state_dict'])  # strictly


def test_a_training_goes_on_from_it(selsa, tmp_path):
    """HVR-Net's third module and inter-video relation change nothing yet."""
    path = str(tmp_path / 'selsa.pth')
    save(selsa, path)
    plain = init_model(OURS, path)
    cfg = load_config(find_model(TWO_STAGE)[0])
    model = MODELS.build(cfg.model)
    model.init_weights()
    checkpoint = torch.load(path, weights_only=True)
    hook = CheckpointCheckHook(strict=False, filename=path)
    hook.after_load_checkpoint(FakeRunner(model), checkpoint)
    model.load_state_dict(checkpoint['state_dict'])
    heads = [m.detector.roi_head.bbox_head for m in (plain, model.eval())]
    features = [torch.randn(n, 256) for n in (7, 5, 6)]
    for one, two in zip(*(h.predict_on_window(features) for h in heads)):
        assert torch.equal(one, two)
    # For a test it is not the same model.
    with pytest.raises(ValueError, match='there is an inter-video relation'):
        init_model(cfg, path)


def test_another_selsa_is_named(selsa, tmp_path):
    path = str(tmp_path / 'selsa.pth')
    selsa.detector.roi_head.bbox_head.num_classes = 4
    save(selsa, path)
    message = 'is of SELSA, .* not the one'
    with pytest.raises(ValueError, match=message) as error:
        init_model(OURS, path)
    assert 'fc_cls.weight is [5, 256] there and [11, 256] here' in str(
        error.value
    )


def config_text(num_heads=16, stds=(0.1, 0.1, 0.2, 0.2)):
    """The part of MMTracking's config that shapes do not tell."""
    return (
        'model = dict(type="SELSA", detector=dict(roi_head=dict('
        f'bbox_head=dict(bbox_coder=dict(target_stds={list(stds)}), '
        f'aggregator=dict(num_attention_blocks={num_heads})))))'
    )


@pytest.mark.parametrize('entry', ['cfg', 'config'])
def test_other_attention_blocks_have_the_same_shapes(selsa, tmp_path, entry):
    path = str(tmp_path / 'selsa.pth')
    state = MODELS.build(selsa).state_dict()
    torch.save(dict(state_dict=state, meta={entry: config_text(8)}), path)
    with pytest.raises(ValueError, match='has 16 heads, the source 8'):
        init_model(OURS, path)
    torch.save(dict(state_dict=state, meta={entry: config_text()}), path)
    init_model(OURS, path)


def test_boxes_of_other_stds_are_scaled(selsa, tmp_path):
    path = str(tmp_path / 'selsa.pth')
    state = MODELS.build(selsa).state_dict()
    meta = dict(cfg=config_text(stds=(0.2, 0.05, 0.2, 0.2)))
    torch.save(dict(state_dict=state, meta=meta), path)
    head = init_model(OURS, path).detector.roi_head.bbox_head
    assert head.bbox_coder.stds == [0.1, 0.1, 0.2, 0.2]
    theirs = state['detector.roi_head.bbox_head.fc_reg.weight']
    factors = torch.tensor([2, 0.5, 1, 1]).repeat(len(theirs) // 4)
    torch.testing.assert_close(head.fc_reg.weight, theirs * factors[:, None])


def test_half_precision_is_read(selsa, tmp_path):
    path = str(tmp_path / 'selsa.pth')
    state = MODELS.build(selsa).state_dict()
    half = {key: value.half() for key, value in state.items()}
    torch.save(dict(state_dict=half), path)
    weight = init_model(OURS, path).detector.roi_head.bbox_head.fc_cls.weight
    assert weight.dtype == torch.float32
    name = 'detector.roi_head.bbox_head.fc_cls.weight'
    assert torch.equal(weight, half[name].float())


def test_a_feature_pyramid_is_named(selsa, tmp_path):
    path = str(tmp_path / 'selsa.pth')
    state = dict(MODELS.build(selsa).state_dict())
    for key in [key for key in state if '.neck.' in key]:
        del state[key]
    state['detector.neck.fpn_convs.0.conv.weight'] = torch.zeros(8, 8, 3, 3)
    torch.save(dict(state_dict=state), path)
    message = "is of SELSA, MMTracking's, with a feature pyramid, but not the"
    with pytest.raises(ValueError, match=message):
        init_model(OURS, path)


@pytest.mark.parametrize(
    'kind, added',
    [
        ("FGFA, MMTracking's", ['motion.conv1.weight', 'aggregator.c.weight']),
        ("DFF, MMTracking's", ['motion.conv1.weight']),
        (
            "Temporal RoI Align, MMTracking's",
            ['detector.roi_head.bbox_roi_extractor.embed_network.0.weight'],
        ),
        ('Faster R-CNN in a video detector', []),
    ],
)
def test_other_video_detectors_are_named(selsa, tmp_path, kind, added):
    path = str(tmp_path / 'other.pth')
    state = {
        key: value
        for key, value in MODELS.build(selsa).state_dict().items()
        if '.aggregator.' not in key
    }
    state.update({name: torch.zeros(1) for name in added})
    torch.save(dict(state_dict=state), path)
    with pytest.raises(CheckpointMismatchError) as error:
        init_model(OURS, path)
    assert f'it is of {kind}, the config of HVR-Net; use' in str(error.value)


def test_a_real_fgfa_and_dff_are_told_apart(mmtrack_scope):
    folder = f'{mmtrack.__path__[0]}/.mim/configs/vid'
    for name in ('fgfa', 'dff'):
        (path,) = Path(folder, name).glob('*r50-dc5_8xb1*.py')
        cfg = load_config(str(path))
        cfg.model.detector.init_cfg = cfg.model.motion.init_cfg = None
        names = MODELS.build(cfg.model).state_dict()
        assert kind_of_weights(names) == f"{name.upper()}, MMTracking's"


def test_the_config_inside_is_not_executed(tmp_path):
    path, mark = str(tmp_path / 'evil.pth'), tmp_path / 'mark'
    state = init_model(OURS).state_dict()
    for text in (
        f'import pathlib; pathlib.Path({str(mark)!r}).touch()',
        f'model = __import__("pathlib").Path({str(mark)!r}).touch()',
        'model = dict(**{"type": "HVRNet"})',
        'model = [' * 10000,
    ):
        torch.save(dict(state_dict=state, meta=dict(cfg=text)), path)
        with pytest.raises(ValueError, match='evil.pth: .* is not executed'):
            init_model(checkpoint=path)
        assert not mark.exists()


def test_the_config_inside_is_what_mmengine_wrote():
    for name in (OURS, 'hvr_faster-rcnn_r50-dc5_8xb9-7e_imagenetvid'):
        cfg = load_config(find_model(name)[0])
        checkpoint = dict(meta=dict(cfg=cfg.pretty_text))
        found = config_inside(checkpoint)
        assert (
            found.to_dict()
            == Config.fromstring(cfg.pretty_text, '.py').to_dict()
        )


def test_what_is_no_selsa_is_compared_as_ever(tmp_path):
    path = str(tmp_path / 'other.pth')
    model = init_model(load_config(find_model(OURS)[0]))
    state = {k: v for k, v in model.state_dict().items() if 'fc_cls' not in k}
    torch.save(dict(state_dict=state), path)
    with pytest.raises(CheckpointMismatchError, match='2 missing from the'):
        init_model(OURS, path)
    assert len(checkpoint_weights(dict(state_dict=state))) == len(state)


@pytest.fixture
def published(selsa, tmp_path, monkeypatch):
    """A model of the index whose weights a server on this machine has."""
    folder = tmp_path / 'site'
    folder.mkdir()
    save(selsa, str(folder / 'x.pth'))
    data = (folder / 'x.pth').read_bytes()
    name = f'selsa_r18-{hashlib.sha256(data).hexdigest()[:8]}.pth'
    (folder / 'x.pth').rename(folder / name)
    handler = functools.partial(
        http.server.SimpleHTTPRequestHandler, directory=str(folder)
    )
    handler.log_message = lambda *details: None
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    root = tmp_path / 'root'
    root.mkdir()
    (root / 'configs').symlink_to(package_root() / 'configs')
    (root / 'model-index.yml').write_text('Import: [metafile.yml]')
    (root / 'metafile.yml').write_text(
        f"""Models:
  - Name: {OURS}
    Alias: selsa-r18
    Config: configs/mini/{OURS}.py
    Weights: http://127.0.0.1:{server.server_port}/{name}
"""
    )
    monkeypatch.setattr('mmhvr.run.model_index.package_root', lambda: root)
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'home'))
    monkeypatch.setenv('no_proxy', '127.0.0.1')
    yield tmp_path / 'home' / 'hub' / 'checkpoints' / name
    server.shutdown()
    server.server_close()


def test_published_weights_detect_at_once(published, tmp_path, monkeypatch):
    frames = tmp_path / 'frames'
    frames.mkdir()
    rng = np.random.default_rng(0)
    for number in range(3):
        image = rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)
        cv2.imwrite(str(frames / f'{number}.png'), image)
    words = ['detect', str(frames), '--model', 'selsa-r18', '--device', 'cpu']
    words += ['--quiet', '--score-thr', '0', '--out-json']
    cli.main([*words, str(tmp_path / 'a.json')])
    assert published.is_file()
    first = json.loads((tmp_path / 'a.json').read_text())
    assert len(first['frames']) == 3
    assert any(frame['detections'] for frame in first['frames'])
    # From then on without a network.
    monkeypatch.setattr('torch.hub.download_url_to_file', None)
    cli.main([*words, str(tmp_path / 'b.json')])
    assert json.loads((tmp_path / 'b.json').read_text()) == first


def test_without_a_network_it_says_what_to_fetch(published, monkeypatch):
    def download(*args, **kwargs):
        raise OSError('Network is unreachable')

    monkeypatch.setattr('torch.hub.download_url_to_file', download)
    with pytest.raises(OSError, match='Network is unreachable') as error:
        init_model('selsa-r18')
    assert f'put it at {published}' in str(error.value)


@pytest.mark.parametrize('alias', ['selsa-r50', 'selsa-r101', 'selsa-x101'])
def test_the_published_weights_are_those_of_mmtracking(alias):
    import yaml

    folder = mmtrack.__path__[0]
    with open(f'{folder}/.mim/configs/vid/selsa/metafile.yml') as file:
        published = {m['Weights'] for m in yaml.safe_load(file)['Models']}
    config, weights = find_model(alias)
    assert weights in published
    assert alias.split('-')[1] in weights and alias.split('-')[1] in config
