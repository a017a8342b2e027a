# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Small models and inputs for the tests of the models."""

from pathlib import Path

import pytest
import torch
from mmengine import Config
from mmengine.registry import DefaultScope
from mmengine.structures import InstanceData
from mmtrack.registry import MODELS
from mmtrack.structures import TrackDataSample

import mmhvr  # noqa: F401

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def scope_and_seed():
    """Names resolve as in a run, and every test starts from one seed."""
    DefaultScope.get_instance('mmhvr-tests', scope_name='mmtrack')
    torch.manual_seed(0)


@pytest.fixture
def mini_config():
    """The small model's config, free to be changed."""
    return Config.fromfile(
        ROOT / 'configs/_base_/models/hvr_faster-rcnn_r18-mini.py'
    ).model


def build_with(config, changes):
    """Build a model's config with changes given as keys with dots or __."""
    config = Config(config)
    config.merge_from_dict(
        {key.replace('__', '.'): value for key, value in changes.items()}
    )
    torch.manual_seed(0)
    model = MODELS.build(config._cfg_dict)
    model.init_weights()
    return model


@pytest.fixture
def build_preset():
    """Build the model of a config in configs/ablations with changes."""

    def build(name, **changes):
        path = ROOT / f'configs/ablations/hvr_faster-rcnn_r18_mini_{name}.py'
        return build_with(Config.fromfile(path).model, changes)

    return build


@pytest.fixture
def build_model(mini_config):
    """Build the small model with changes."""
    return lambda **changes: build_with(mini_config, changes)


@pytest.fixture
def conv4_model(build_conv4_model):
    """The ImageNet VID recipe, narrow: conv5 is a stage of its own."""
    return build_conv4_model()


@pytest.fixture
def build_conv4_model():
    """Build it with changes."""
    config = Config.fromfile(
        ROOT / 'configs/_base_/models/hvr_faster-rcnn_r50-dc5.py'
    ).model
    roi_head = 'detector.roi_head.'
    narrow = dict(depth=18, base_channels=8, init_cfg=None)
    changes = {
        'detector.rpn_head.in_channels': 32,
        'detector.rpn_head.feat_channels': 32,
        'detector.rpn_head.anchor_generator.scales': [1, 2],
        f'{roi_head}feature_neck.in_channels': [64],
        f'{roi_head}bbox_head.fc_out_channels': 32,
    }
    for key, value in narrow.items():
        changes[f'detector.backbone.{key}'] = value
        changes[f'{roi_head}feature_stage.{key}'] = value
    return lambda **more: build_with(config, {**changes, **more})


def make_sample(label, size=(64, 64), boxes=((8.0, 8.0, 40.0, 44.0),)):
    """A sample of one video: meta information and the target's boxes."""
    gt = InstanceData(
        bboxes=torch.tensor(boxes).reshape(-1, 4),
        labels=torch.full((len(boxes),), label),
    )
    sample = TrackDataSample(
        metainfo=dict(
            img_shape=size,
            ori_shape=size,
            pad_shape=size,
            batch_input_shape=size,
            scale_factor=(1.0, 1.0),
            video_label=label,
        )
    )
    sample.gt_instances = gt
    # The two support frames show the same boxes.
    sample.ref_gt_instances = InstanceData(
        bboxes=gt.bboxes.repeat(2, 1),
        labels=gt.labels.repeat(2),
        map_instances_to_img_idx=torch.arange(2).repeat_interleave(len(gt)),
    )
    return sample


@pytest.fixture(name='make_sample')
def make_sample_fixture():
    """:func:`make_sample`, for the test modules."""
    return make_sample


@pytest.fixture
def batch():
    """K = 3 categories of N = 2 videos, T = 3 frames of 64 x 64."""
    rng = torch.Generator().manual_seed(1)
    labels = [0, 0, 1, 1, 2, 2]
    frames = torch.randn(6, 3, 3, 64, 64, generator=rng)
    inputs = dict(img=frames[:, :1], ref_img=frames[:, 1:])
    return inputs, [make_sample(label) for label in labels]
