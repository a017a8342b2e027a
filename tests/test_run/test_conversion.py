# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Converted weights compute what they did in their source."""

from pathlib import Path

import pytest
import torch
from mmdet.structures.bbox import bbox2roi
from mmengine import Config
from mmengine.registry import DefaultScope
from mmtrack.registry import MODELS

import mmhvr  # noqa: F401
from mmhvr.run.checkpoint import compare_states
from mmhvr.run.conversion import HEAD, convert_state
from mmhvr.run.conversion_report import conversion_report
from mmhvr.run.starting_model import starting_model

CONFIGS = Path(__file__).parents[2] / 'configs'
DUMMY = {'detector.backbone.conv1.weight': torch.ones(1)}


@pytest.fixture(autouse=True)
def scope():
    DefaultScope.get_instance('mmhvr-tests', scope_name='mmtrack')
    torch.manual_seed(0)


def noisy(model):
    """Weights and biases that are nowhere zero."""
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    model.eval()  # mmdet's ResNet returns None
    return model


def mini(name, **changes):
    """The model part of a mini config, made narrower."""
    cfg = Config.fromfile(CONFIGS / 'mini' / f'{name}_r18_mini.py')
    prefix = 'model.detector' if 'detector' in cfg.model else 'model'
    cfg.merge_from_dict(
        {
            f'{prefix}.backbone.base_channels': 8,
            f'{prefix}.neck.in_channels': [64],
            **{f'{prefix}.{key}': value for key, value in changes.items()},
        }
    )
    return cfg


def head_state(state):
    """A state of a whole model whose box head is this."""
    return {**DUMMY, **{f'{HEAD}{key}': v for key, v in state.items()}}


def test_a_frame_alone_gives_what_the_single_frame_detector_gave():
    source_cfg = mini('faster-rcnn')
    source = noisy(MODELS.build(source_cfg.model))
    # The source divides its box deltas by other numbers than the target.
    cfg = mini('hvr_faster-rcnn')
    coder = 'model.detector.roi_head.bbox_head.bbox_coder'
    cfg.merge_from_dict({f'{coder}.target_stds': [0.05, 0.1, 0.4, 0.2]})
    model = starting_model(cfg)
    stds = source.roi_head.bbox_head.bbox_coder.stds
    conversion = convert_state(
        source.state_dict(),
        model.state_dict(),
        source_stds=stds,
        model_stds=[0.05, 0.1, 0.4, 0.2],
    )
    assert conversion.left == [] and conversion.misfits == []
    model.load_state_dict(conversion.state)
    model.eval()

    image = torch.randn(1, 3, 64, 96)
    boxes = torch.rand(7, 4) * 30
    boxes[:, 2:] += boxes[:, :2] + 5
    head = model.detector.roi_head.bbox_head
    with torch.no_grad():
        maps = source.extract_feat(image)
        found = source.roi_head._bbox_forward(maps, bbox2roi([boxes]))
        flat = found['bbox_feats'].flatten(1)
        for fc in source.roi_head.bbox_head.shared_fcs:
            flat = fc(flat).relu()
        rpn_maps, roi_maps = model.split_levels(model.detector.backbone(image))
        x = model.detector.roi_head.extract(roi_maps, [boxes])
        alpha = head.intra(x, x[:0])
        scores, deltas = head.predict_on_window([x])
        ours, theirs = model.detector.rpn_head(rpn_maps), source.rpn_head(maps)
    assert flat.std() > 1e-3
    torch.testing.assert_close(alpha, flat)
    torch.testing.assert_close(scores, found['cls_score'])
    torch.testing.assert_close(
        deltas * deltas.new_tensor([0.05, 0.1, 0.4, 0.2]),
        found['bbox_pred'] * deltas.new_tensor(stds),
    )
    for our, their in zip(ours, theirs):
        torch.testing.assert_close(our[0], their[0])


def conv5_apart():
    """The ImageNet VID config, narrow."""
    cfg = Config.fromfile(
        CONFIGS / 'hvr/hvr_faster-rcnn_r50-dc5_8xb9-7e_imagenetvid.py'
    )
    head = 'model.detector.roi_head'
    cfg.merge_from_dict(
        {
            'model.detector.backbone.depth': 18,
            'model.detector.backbone.base_channels': 8,
            'model.detector.rpn_head.in_channels': 32,
            f'{head}.feature_stage.depth': 18,
            f'{head}.feature_stage.base_channels': 8,
            f'{head}.feature_neck.in_channels': [64],
            f'{head}.feature_neck.out_channels': 16,
            f'{head}.bbox_roi_extractor.out_channels': 16,
            f'{head}.bbox_head.in_channels': 16,
            f'{head}.bbox_head.fc_out_channels': 32,
        }
    )
    return cfg


def test_conv5_of_the_backbone_becomes_a_stage_of_its_own():
    model = starting_model(conv5_apart())
    resnet = dict(
        type='mmdet.ResNet',
        depth=18,
        base_channels=8,
        strides=(1, 2, 2, 1),
        dilations=(1, 1, 1, 2),
        out_indices=(3,),
    )
    neck = dict(
        type='mmdet.ChannelMapper',
        in_channels=[64],
        out_channels=16,
        kernel_size=3,
    )
    backbone, neck = noisy(MODELS.build(resnet)), noisy(MODELS.build(neck))
    rpn = torch.rand(512, 16, 3, 3)
    source = {
        **{f'backbone.{k}': v for k, v in backbone.state_dict().items()},
        **{f'neck.{k}': v for k, v in neck.state_dict().items()},
        'rpn_head.rpn_conv.weight': rpn,
        'roi_head.bbox_head.fc_cls.weight': torch.rand(31, 32),
    }
    conversion = convert_state(source, model.state_dict())
    model.load_state_dict(conversion.state)
    model.eval()
    image = torch.randn(2, 3, 64, 64)
    roi_head = model.detector.roi_head
    with torch.no_grad():
        theirs = neck(backbone(image))[0]
        stage = roi_head.feature_stage(model.detector.backbone(image)[0])
        ours = roi_head.feature_neck((stage,))[0]
    torch.testing.assert_close(ours, theirs)
    # RPN reads conv5 there (16 channels) and conv4 here (32).
    name = 'detector.rpn_head.rpn_conv.weight'
    assert conversion.misfits == [
        (name, (512, 16, 3, 3), name, (512, 32, 3, 3))
    ]
    assert conversion.left == [name] and name in conversion.new
    text = conversion_report(conversion)
    assert f'{name} [512, 32, 3, 3], in the checkpoint [512, 16, 3, 3]' in text
    assert 'detector.roi_head.feature_stage <- detector.backbone (' in text


def test_selsa_with_one_kernel_and_positive_features_is_the_same_function():
    # What keeps the two apart otherwise: SELSA has 16 kernels, and reads
    # features before their ReLU.
    numbers = dict(in_channels=4, fc_out_channels=8, num_classes=3)
    selsa = MODELS.build(
        dict(
            type='mmtrack.SelsaBBoxHead',
            num_shared_convs=0,
            num_shared_fcs=2,
            num_cls_convs=0,
            num_cls_fcs=0,
            num_reg_convs=0,
            num_reg_fcs=0,
            roi_feat_size=3,
            aggregator=dict(
                type='mmtrack.SelsaAggregator',
                in_channels=8,
                num_attention_blocks=1,
            ),
            _scope_='mmdet',
            reg_class_agnostic=True,
            **numbers,
        )
    )
    noisy(selsa)
    for fc in selsa.shared_fcs:
        for parameter in fc.parameters():
            parameter.data.abs_()
    ours = MODELS.build(
        dict(
            type='HVRBBoxHead',
            roi_feat_size=3,
            intra=dict(
                type='IntraVideoRelation',
                num_modules=2,
                skip=False,
                relation=dict(out_proj=True, relu=True),
            ),
            inter=None,
            _scope_='mmdet',
            **numbers,
        )
    )
    conversion = convert_state(
        head_state(selsa.state_dict()), head_state(ours.state_dict())
    )
    assert conversion.left == [] and conversion.new == []
    ours.load_state_dict(
        {
            key[len(HEAD) :]: value
            for key, value in conversion.state.items()
            if key.startswith(HEAD)
        }
    )
    maps, support = torch.rand(5, 4, 3, 3), torch.rand(11, 4, 3, 3)
    with torch.no_grad():
        scores, deltas = selsa(maps, support)
        alpha = ours.intra(ours.embed(maps), ours.embed(support))
        found = ours.classify(alpha)
        alone = ours.classify(ours.intra(ours.embed(maps), alpha[:0]))
    torch.testing.assert_close(found[0], scores)
    torch.testing.assert_close(found[1], deltas)
    assert (alone[0] - scores).abs().max() > 1e-2

    without = convert_state(
        head_state(selsa.state_dict()),
        head_state(ours.state_dict()),
        relations=False,
    )
    assert len(without.left) == 2 * 4 * 2  # modules, layers, weight and bias
    assert all('.aggregator.' in key for key in without.left)


@pytest.mark.parametrize(
    'theirs, ours',
    [
        ('detector.backbone.conv1.weight', 'detector.backbone.conv1.weight'),
        ('detector.neck.convs.0.gn.bias', 'detector.neck.convs.0.gn.bias'),
        ('detector.rpn_head.rpn_reg.bias', 'detector.rpn_head.rpn_reg.bias'),
        (f'{HEAD}shared_fcs.0.weight', f'{HEAD}embedding.0.weight'),
        (f'{HEAD}shared_fcs.1.bias', f'{HEAD}intra.fcs.0.0.bias'),
        (f'{HEAD}fc_cls.weight', f'{HEAD}fc_cls.weight'),
        (f'{HEAD}fc_reg.bias', f'{HEAD}fc_reg.bias'),
        (
            f'{HEAD}aggregator.1.fc_embed.weight',
            f'{HEAD}intra.relations.1.theta.weight',
        ),
        (
            f'{HEAD}aggregator.0.ref_fc_embed.bias',
            f'{HEAD}intra.relations.0.phi.bias',
        ),
    ],
)
def test_names_of_selsa(theirs, ours, selsa_and_model):
    source, model, conversion = selsa_and_model
    assert conversion.taken[ours] == (theirs,)
    assert torch.equal(conversion.state[ours], source[theirs])
    assert not torch.equal(conversion.state[ours], model[ours])


@pytest.fixture(scope='module')
def selsa_and_model():
    """The mini configs' SELSA and HVR-Net, and one made of the other."""
    with DefaultScope.overwrite_default_scope('mmtrack'):
        cfg = mini('selsa_faster-rcnn')
        selsa = noisy(MODELS.build(cfg.model)).state_dict()
        model = starting_model(mini('hvr_faster-rcnn')).state_dict()
    return selsa, model, convert_state(selsa, model)


def test_each_weight_is_accounted_for_once(selsa_and_model):
    source, model, conversion = selsa_and_model
    used = [key for keys in conversion.taken.values() for key in keys]
    # The biases behind the two weights of out_proj need one of them again.
    twice = {key for key in used if used.count(key) > 1}
    assert twice == {f'{HEAD}aggregator.{n}.fc.weight' for n in (0, 1)}
    assert set(used) | set(conversion.left) == set(source)
    assert not set(used) & set(conversion.left)
    assert set(conversion.taken) | set(conversion.new) == set(model)
    assert not set(conversion.taken) & set(conversion.new)
    for key in conversion.new:
        assert torch.equal(conversion.state[key], model[key])
    assert not compare_states(model, conversion.state)
    # Third module, second linear layer, inter-video relation, the second
    # classifier of training: not in SELSA.
    new = {key[len(HEAD) :].rsplit('.', 1)[0] for key in conversion.new}
    assert new == {
        'intra.fcs.1.0',
        'inter.fcs.0.0',
        'auxiliary.fc_cls',
        'auxiliary.fc_reg',
        *(
            f'{place}.{layer}'
            for place in ('intra.relations.2', 'inter.relations.0')
            for layer in ('theta', 'phi', 'out_proj')
        ),
    }


@pytest.mark.parametrize(
    'theirs, stds, ours',
    [
        # Two classes of four rows: their mean.
        ([1, 2, 3, 4, 5, 6, 7, 8], None, [3, 4, 5, 6]),
        ([1, 2, 3, 4], [0.2, 0.2, 0.2, 0.2], [2, 4, 3, 4]),
        ([1, 2, 3, 4, 5, 6, 7, 8], [0.2, 0.1, 0.1, 0.2], [6, 4, 2.5, 6]),
    ],
)
def test_regressor_by_hand(theirs, stds, ours):
    # Rows are multiplied by their stds over (.1, .1, .2, .2).
    model = head_state(
        {
            'embedding.0.weight': torch.zeros(2, 2),
            'fc_reg.bias': torch.zeros(4),
            'fc_reg.weight': torch.zeros(4, 2),
        }
    )
    bias = torch.tensor(theirs, dtype=torch.float)
    source = head_state(
        {'fc_reg.bias': bias, 'fc_reg.weight': bias[:, None].repeat(1, 2)}
    )
    state = convert_state(
        source,
        model,
        source_stds=stds,
        model_stds=[0.1, 0.1, 0.2, 0.2],
    ).state
    expected = torch.tensor(ours, dtype=torch.float)
    torch.testing.assert_close(state[f'{HEAD}fc_reg.bias'], expected)
    torch.testing.assert_close(
        state[f'{HEAD}fc_reg.weight'], expected[:, None].repeat(1, 2)
    )


def test_an_agnostic_regressor_serves_each_class():
    model = head_state(
        {
            'embedding.0.weight': torch.zeros(2, 2),
            'fc_reg.bias': torch.zeros(8),
        }
    )
    source = head_state({'fc_reg.bias': torch.tensor([1.0, 2.0, 3.0, 4.0])})
    state = convert_state(source, model).state
    assert state[f'{HEAD}fc_reg.bias'].tolist() == [1, 2, 3, 4, 1, 2, 3, 4]


OURS = head_state({'embedding.0.weight': torch.zeros(2, 2)})
THEIRS = head_state({'fc_cls.bias': torch.zeros(2)})


@pytest.mark.parametrize(
    'source, model, message',
    [
        ({'layer1.0.conv1.weight': torch.ones(1)}, OURS, 'not a two-stage'),
        (DUMMY, OURS, 'no backbone and roi_head.bbox_head, but detector.back'),
        (THEIRS, DUMMY, 'not of an HVRNet'),
        (
            {**THEIRS, 'detector.backbone.conv1.weight': torch.ones(2)},
            OURS,
            r'another backbone: 1 of .*conv1.weight \[2\]',
        ),
        (
            {**THEIRS, 'detector.backbone.layer3.9.bias': torch.ones(2)},
            OURS,
            'another backbone: 0 .* and 1 .*layer3.9.bias',
        ),
    ],
)
def test_what_does_not_belong_together(source, model, message):
    with pytest.raises(ValueError, match=message):
        convert_state(source, model)
