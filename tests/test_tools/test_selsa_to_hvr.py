# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The command, on checkpoints as MMEngine and MMTracking write them."""

from pathlib import Path

import pytest
import torch
from mmengine import Config
from mmengine.registry import DefaultScope
from mmtrack.datasets import ImagenetVIDDataset
from mmtrack.registry import MODELS

import mmhvr  # noqa: F401
from mmhvr.apis import init_model
from mmhvr.run.config import load_config
from mmhvr.run.contents import class_names_inside
from mmhvr.run.conversion import convert_state
from mmhvr.run.model_index import find_model
from mmhvr.run.safe_load import load_file
from mmhvr.run.selsa import differences_from_selsa
from mmhvr.run.starting_model import without_downloads

CONFIGS = Path(__file__).parents[2] / 'configs'
HVR = str(CONFIGS / 'mini/hvr_faster-rcnn_r18_mini.py')
TWO_STAGE = 'hvr/hvr_faster-rcnn_r50-dc5_8xb9-7e_imagenetvid_two-stage.py'


@pytest.fixture(autouse=True)
def scope():
    with DefaultScope.overwrite_default_scope('mmtrack'):
        yield


@pytest.fixture
def convert(load_tool):
    return load_tool('model_converters/selsa_to_hvr.py').main


def test_the_result_fits_its_config(convert, tmp_path, capsys):
    cfg = Config.fromfile(CONFIGS / 'mini/faster-rcnn_r18_mini.py')
    cfg.merge_from_dict(
        {
            'model.roi_head.bbox_head.bbox_coder.target_stds': [
                0.2,
                0.2,
                0.2,
                0.2,
            ]
        }
    )
    source = MODELS.build(cfg.model).state_dict()
    checkpoint = str(tmp_path / 'iter_1.pth')
    # As MMEngine's runner saves it.
    meta = dict(cfg=cfg.pretty_text)
    torch.save(dict(state_dict=source, meta=meta), checkpoint)
    out = str(tmp_path / 'new' / 'start.pth')
    convert([HVR, checkpoint, out])
    model = init_model(HVR, out)  # refuses what does not fit exactly
    head = model.detector.roi_head.bbox_head
    # The stds are those of the checkpoint's config: .2 over .1, .1, .2, .2.
    ratio = torch.tensor([2.0, 2.0, 1.0, 1.0])
    torch.testing.assert_close(
        head.fc_reg.weight,
        source['roi_head.bbox_head.fc_reg.weight'] * ratio[:, None],
    )
    text = capsys.readouterr().out
    assert '[0.2, 0.2, 0.2, 0.2] in the checkpoint, [0.1, 0.1, 0.2' in text
    head_name = 'detector.roi_head.bbox_head'
    assert f'embedding.0 <- {head_name}.shared_fcs.0 (2)' in text
    assert 'left, in the checkpoint alone: 0 weights' in text
    # New weights depend on the seed, converted ones do not.
    again, other = str(tmp_path / 'b.pth'), str(tmp_path / 'c.pth')
    convert([HVR, checkpoint, again])
    convert([HVR, checkpoint, other, '--seed', '1'])
    first, second, third = (
        load_file(path)['state_dict'] for path in (out, again, other)
    )
    assert all(torch.equal(first[key], second[key]) for key in first)
    changed = {key for key in first if not torch.equal(first[key], third[key])}
    assert changed == {
        f'{head_name}.{place}.{layer}.weight'
        for place in (
            *(f'intra.relations.{number}' for number in range(3)),
            'inter.relations.0',
        )
        for layer in ('theta', 'phi')
    } | {
        f'{head_name}.auxiliary.{layer}.weight'
        for layer in ('fc_cls', 'fc_reg')
    }


def test_all_of_mmtrackings_selsa_fits_the_two_stage_config(tmp_path):
    theirs = 'vid/selsa/selsa_faster-rcnn_r50-dc5_8xb1-7e_imagenetvid.py'
    child = tmp_path / 'selsa.py'
    child.write_text(f"_base_ = 'mmtrack::{theirs}'")
    selsa = Config.fromfile(child).model
    selsa.detector.backbone.init_cfg = None
    ours = MODELS.build(Config.fromfile(CONFIGS / TWO_STAGE).model)
    backbone = ours.detector.backbone
    conversion = convert_state(
        MODELS.build(selsa).state_dict(), ours.state_dict()
    )
    assert conversion.misfits == []
    assert conversion.left == []
    # What is frozen there came from the checkpoint.
    assert not any(
        part in key
        for key in conversion.new
        for part in ('backbone', 'neck', 'rpn_head')
    )
    assert not any(p.requires_grad for p in backbone.parameters())
    # Beyond the detector, what HVR-Net adds, and nothing of SELSA's, is new.
    head = 'detector.roi_head.bbox_head.'
    added = ('intra.fcs.1.', 'intra.relations.2.', 'inter.')
    assert {key.partition(head)[2] for key in conversion.new} == {
        key.partition(head)[2]
        for key in ours.state_dict()
        if key.startswith(tuple(head + part for part in added))
        or key.startswith('memory.')
    }


@pytest.mark.parametrize('backbone', ['r50', 'r101', 'x101'])
def test_published_models_of_selsa_fit_exactly(tmp_path, backbone):
    theirs = f'selsa_faster-rcnn_{backbone}-dc5_8xb1-7e_imagenetvid.py'
    child = tmp_path / 'selsa.py'
    child.write_text(f"_base_ = 'mmtrack::vid/selsa/{theirs}'")
    ours = dict(x101='x101-64x4d').get(backbone, backbone)
    name = f'hvr-selsa_faster-rcnn_{ours}-dc5_imagenetvid'
    selsa = MODELS.build(without_downloads(Config.fromfile(child).model))
    model = init_model(load_config(find_model(name)[0]))
    source = selsa.state_dict()
    conversion = convert_state(source, model.state_dict())
    assert differences_from_selsa(model, conversion, source) == []
    assert len(conversion.taken) == len(source)
    # The same references, classes and thresholds at test.
    cfg, other = model.cfg.model.detector, Config.fromfile(child).model
    assert cfg.test_cfg == other.detector.test_cfg
    assert model.class_names == ImagenetVIDDataset.METAINFO['CLASSES']


@pytest.mark.parametrize('order', [1, -1])
def test_the_names_of_the_classifier_are_kept(
    convert, tmp_path, capsys, order
):
    cfg = Config.fromfile(CONFIGS / 'mini/faster-rcnn_r18_mini.py')
    names = cfg.classes[::order]
    checkpoint, out = str(tmp_path / 'det.pth'), str(tmp_path / 'o.pth')
    state = MODELS.build(cfg.model).state_dict()
    meta = dict(CLASSES=names)  # as MMDetection 2 writes them
    torch.save(dict(state_dict=state, meta=meta), checkpoint)
    convert([HVR, checkpoint, out])
    assert class_names_inside(load_file(out)) == list(names)
    text = capsys.readouterr().out
    assert ("label 0 is 'nine' there and 'zero' here" in text) == (order < 0)
    # A classifier that is new is of the config's classes.
    state = {k: v for k, v in state.items() if '.fc_cls.' not in k}
    torch.save(dict(state_dict=state, meta=meta), checkpoint)
    convert([HVR, checkpoint, out])
    assert class_names_inside(load_file(out)) is None


def test_it_says_exact_or_why_not(convert, tmp_path, capsys):
    path = CONFIGS / 'mini/selsa_faster-rcnn_r18_mini.py'
    cfg = Config.fromfile(path)
    checkpoint, out = str(tmp_path / 'selsa.pth'), str(tmp_path / 'o.pth')
    ours = str(CONFIGS / 'mini/hvr-selsa_faster-rcnn_r18_mini.py')
    state = MODELS.build(cfg.model).state_dict()
    torch.save(
        dict(state_dict=state, meta=dict(cfg=cfg.pretty_text)), checkpoint
    )
    convert([ours, checkpoint, out])
    assert 'exact: the config detects' in capsys.readouterr().out
    init_model(ours, out)  # refuses what does not fit exactly
    convert([HVR, checkpoint, out])
    text = capsys.readouterr().out
    assert 'not the same function: the intra-video relations are ' in text
    assert 'there is an inter-video relation; ' in text
    head = cfg.model.detector.roi_head.bbox_head
    head.aggregator.num_attention_blocks = 8
    torch.save(
        dict(state_dict=state, meta=dict(cfg=cfg.pretty_text)), checkpoint
    )
    convert([ours, checkpoint, out])
    text = capsys.readouterr().out
    assert 'not the same function: a relation has 16 heads, the so' in text


def test_errors_are_one_line(convert, tmp_path):
    out = str(tmp_path / 'out.pth')
    with pytest.raises(SystemExit, match='^error: checkpoint gone.pth was'):
        convert([HVR, 'gone.pth', out])
    path = str(tmp_path / 'other.pth')
    torch.save(dict(state_dict={'fc.weight': torch.ones(2)}), path)
    with pytest.raises(SystemExit, match='^error: the checkpoint is not a tw'):
        convert([HVR, path, out])
    single = str(CONFIGS / 'mini/faster-rcnn_r18_mini.py')
    keys = ('backbone.conv1.weight', 'roi_head.bbox_head.fc_cls.bias')
    torch.save({key: torch.ones(2) for key in keys}, path)
    with pytest.raises(SystemExit, match='^error: the config is not of an HV'):
        convert([single, path, out])
    with pytest.raises(SystemExit, match='^error: .* has another backbone'):
        convert([HVR, path, out])
    Path(out).write_text('')
    with pytest.raises(SystemExit, match='^error: .*exists'):
        convert([HVR, path, f'{out}/start.pth'])
    with pytest.raises(SystemExit):
        convert([HVR, path, out, '--source-stds', '0', '1', '1', '1'])
