# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Detection in folders of photos, and of images of 16 bits."""

import json

import cv2
import numpy as np
import pytest
from mmengine.config import Config
from PIL import Image

from mmhvr.apis import HVRInferencer


@pytest.fixture
def detect(model):
    """Detections of the first frame of a source, all of them."""

    def detect(source, inferencer=None):
        inferencer = inferencer or HVRInferencer(model)
        return next(inferencer.iterate(source, score_thr=0.0, num_frames=1))

    return detect


def assert_same(found, expected):
    for name in ('boxes', 'scores', 'labels'):
        assert len(getattr(found, name))
        assert (getattr(found, name) == getattr(expected, name)).all()


def test_photos_that_a_phone_turned(detect, model, make_frames, tmp_path):
    (shown,) = make_frames(1)
    # As the sensor has it: to be turned clockwise by 90 degrees.
    stored = np.ascontiguousarray(np.rot90(shown, 1)[..., ::-1])
    mark = Image.Exif()
    mark[0x0112] = 6
    (tmp_path / 'photos').mkdir()
    path = tmp_path / 'photos' / 'photo.png'
    Image.fromarray(stored).save(str(path), exif=mark)
    assert_same(detect(tmp_path / 'photos'), detect([shown]))
    out = tmp_path / 'out.json'
    HVRInferencer(model)(tmp_path / 'photos', out_json=out, num_frames=1)
    assert json.loads(out.read_text())['size'] == [64, 48]


@pytest.mark.parametrize('inside', [False, True])
def test_bits_are_those_of_the_test_pipeline(
    detect, model, make_frames, tmp_path, monkeypatch, inside
):
    (frame,) = make_frames(1)
    path = tmp_path / 'deep.png'
    # 12 bits: 255 * 4095 / 4095.
    deep = np.rint(frame.astype(float) * 4095 / 255).astype(np.uint16)
    cv2.imwrite(str(path), deep)
    cfg = Config(model.cfg.to_dict())
    pipeline = cfg.test_dataloader.dataset.pipeline
    assert pipeline[0].type == 'LoadVideoFrames'
    pipeline[0].bits = 12
    if inside:
        broadcast = dict(type='Wrapper', transforms=[pipeline[0]])
        cfg.test_dataloader.dataset.pipeline = [broadcast, *pipeline[1:]]
    monkeypatch.setattr(model, 'cfg', cfg)
    expected = detect([frame])
    assert_same(detect(path), expected)
    assert_same(detect([path]), expected)
