# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""A small HVR-Net whose relations do something, and a video for it."""

from pathlib import Path

import pytest
import torch
from mmengine import Config
from mmengine.registry import DefaultScope
from mmtrack.registry import MODELS
from mmtrack.structures import TrackDataSample

import mmhvr  # noqa: F401

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def scope():
    """Names resolve as in a run."""
    DefaultScope.get_instance('mmhvr-tests', scope_name='mmtrack')


def build(**changes):
    """The small model in evaluation mode, with changes to its box head."""
    config = Config.fromfile(
        ROOT / 'configs/_base_/models/hvr_faster-rcnn_r18-mini.py'
    )
    head = 'model.detector.roi_head.bbox_head.'
    config.merge_from_dict(
        {
            **{f'{head}{key}': value for key, value in changes.items()},
            'model.detector.backbone.base_channels': 8,
            'model.detector.neck.in_channels': [64],
            'model.detector.test_cfg.rpn.max_per_img': 12,
        }
    )
    torch.manual_seed(0)
    model = MODELS.build(config.model)
    model.init_weights()
    # Projections that start at zero would hide every mistake.
    for parameter in model.detector.roi_head.bbox_head.parameters():
        if parameter.dim() > 1:
            torch.nn.init.xavier_normal_(parameter)
    return model.eval()


@pytest.fixture(name='build')
def build_fixture():
    """:func:`build`, for the test modules."""
    return build


@pytest.fixture(scope='session')
def model():
    """The model with all its relations."""
    with DefaultScope.overwrite_default_scope('mmtrack'):
        return build()


@pytest.fixture(scope='session')
def model_without_inter():
    """The model whose inter-video relation is off at test."""
    with DefaultScope.overwrite_default_scope('mmtrack'):
        return build(**{'inter.at_test': 'off'})


@pytest.fixture(name='make_video')
def make_video_fixture():
    """:func:`make_video`, for the test modules."""
    return make_video


def make_video(length, seed=0):
    """Frames [L, 3, 48, 64] and their samples."""
    rng = torch.Generator().manual_seed(seed)
    frames = torch.randn(length, 3, 48, 64, generator=rng)
    samples = [
        TrackDataSample(
            metainfo=dict(
                img_shape=(48, 64),
                ori_shape=(48, 64),
                scale_factor=(1.0, 1.0),
                frame_id=t,
                video_length=length,
                video_id=seed,
                img_id=100 * seed + t,
            )
        )
        for t in range(length)
    ]
    return frames, samples
