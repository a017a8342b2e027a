# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""A small model, frames for it, and videos made of them."""

import numpy as np
import pytest
import torch
from mmengine.config import Config

from mmhvr.apis import init_model
from mmhvr.visualization.video import VideoWriter


@pytest.fixture(scope='session')
def model(request):
    """The mini model made smaller, with relations that do something."""
    cfg = Config.fromfile(
        request.config.rootpath / 'configs/mini/hvr_faster-rcnn_r18_mini.py'
    )
    cfg.merge_from_dict(
        {
            'model.detector.backbone.base_channels': 8,
            'model.detector.neck.in_channels': [64],
            'model.detector.test_cfg.rpn.max_per_img': 12,
        }
    )
    torch.manual_seed(0)
    model = init_model(cfg)
    for parameter in model.detector.roi_head.bbox_head.parameters():
        if parameter.dim() > 1:
            torch.nn.init.xavier_normal_(parameter)
    return model


@pytest.fixture(name='make_frames', scope='session')
def make_frames_fixture():
    return make_frames


def make_frames(number, size=(48, 64), seed=0):
    """Frames of noise, BGR uint8."""
    rng = np.random.default_rng(seed)
    return [
        rng.integers(0, 256, (*size, 3), dtype=np.uint8) for _ in range(number)
    ]


@pytest.fixture
def make_video(tmp_path):
    """Writes frames to an mp4 file."""

    def make(frames, name='video.mp4', fps=8.0):
        path = tmp_path / name
        with VideoWriter(str(path), fps=fps) as writer:
            for frame in frames:
                writer.write(frame)
        return path

    return make
