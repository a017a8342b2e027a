# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import os
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from mmcv.transforms import Compose
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData
from mmtrack.registry import HOOKS
from mmtrack.structures import TrackDataSample

from mmhvr.datasets import LoadVideoFrames
from mmhvr.visualization import VIDVisualizationHook
from mmhvr.visualization.draw import class_colour
from mmhvr.visualization.hook import (
    bits_of,
    class_names_of,
    image_roots,
    legible_factor,
    picture_path,
)

RUNNER = SimpleNamespace(
    test_dataloader=SimpleNamespace(
        dataset=SimpleNamespace(
            metainfo=dict(CLASSES=('zero', 'one')),
            data_prefix=dict(img_path='Data'),
        )
    )
)


def sample(kind, path, scores=(0.9, 0.1)):
    found = InstanceData(
        bboxes=torch.tensor([[20.0, 150.0, 80.0, 250.0]] * 2),
        labels=torch.tensor([1, 0]),
        scores=torch.tensor(scores),
    )
    if kind is TrackDataSample:
        result = kind(pred_det_instances=found)
    else:
        result = kind(pred_instances=found)
    result.set_metainfo(dict(img_path=str(path)))
    return result


@pytest.fixture
def image_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / 'Data' / 'video_7' / '000003.JPEG'
    path.parent.mkdir(parents=True)
    cv2.imwrite(str(path.with_suffix('.png')), np.full((400, 400, 3), 90, 'B'))
    path.with_suffix('.png').rename(path)
    return path


@pytest.mark.parametrize('kind', [TrackDataSample, DetDataSample])
def test_writes_video_and_frame(tmp_path, image_path, kind):
    hook = HOOKS.build(
        dict(type='VIDVisualizationHook', show_dir=str(tmp_path / 'show'))
    )
    assert isinstance(hook, VIDVisualizationHook)
    hook.after_test_iter(RUNNER, 0, None, [sample(kind, image_path)])
    picture = cv2.imread(str(tmp_path / 'show' / 'video_7' / '000003.jpg'))
    # 400 pixels are legible: not enlarged, so positions are the box's. JPEG
    # blurs a line of two pixels; its hue is still that of class 1.
    assert picture.shape == (400, 400, 3)
    edge = picture[250, 30:70].mean(axis=0)
    others = [np.abs(edge - class_colour(i)).sum() for i in (0, 1)]
    assert others[1] < others[0]
    assert np.abs(picture[300:] - 90.0).max() <= 3


def test_threshold_and_interval(tmp_path, image_path):
    show = tmp_path / 'show'
    hook = VIDVisualizationHook(show_dir=str(show), interval=2, score_thr=0.95)
    written = show / 'video_7' / '000003.jpg'
    # One of two: the second, as MMEngine counts.
    hook.after_test_iter(RUNNER, 0, None, [sample(DetDataSample, image_path)])
    assert not written.exists()
    hook.after_test_iter(RUNNER, 1, None, [sample(DetDataSample, image_path)])
    # Nothing reaches the score, so the frame is as it was.
    assert np.abs(cv2.imread(str(written)) - 90.0).max() <= 3


def test_draw_false_does_nothing(tmp_path, image_path):
    hook = VIDVisualizationHook(draw=False, show_dir=str(tmp_path / 'show'))
    hook.after_test_iter(RUNNER, 0, None, [sample(DetDataSample, image_path)])
    assert not (tmp_path / 'show').exists()


def test_errors_name_the_file(tmp_path, image_path):
    hook = VIDVisualizationHook(show_dir=str(tmp_path / 'show'))
    image_path.write_bytes(b'not an image')
    with pytest.raises(ValueError, match='000003.JPEG cannot be read'):
        hook.picture(sample(DetDataSample, image_path), None)
    with pytest.raises(FileNotFoundError, match='gone.JPEG'):
        hook.picture(sample(DetDataSample, tmp_path / 'gone.JPEG'), None)
    with pytest.raises(ValueError, match='interval is 0'):
        VIDVisualizationHook(interval=0)


def test_sample_without_prediction(image_path):
    bare = DetDataSample(metainfo=dict(img_path=str(image_path)))
    with pytest.raises(ValueError, match='neither pred_det_instances nor'):
        VIDVisualizationHook().picture(bare, None)


@pytest.mark.parametrize(
    'shape, factor', [((96, 112), 4), ((120, 90), 4), ((600, 1000), 1)]
)
def test_legible_factor(shape, factor):
    assert legible_factor(np.zeros((*shape, 3), np.uint8)) == factor


def test_small_helpers():
    for key in ('classes', 'CLASSES'):
        dataset = SimpleNamespace(metainfo={key: ('a',)})
        assert class_names_of(dataset) == ['a']
    assert class_names_of(SimpleNamespace()) is None


@pytest.mark.parametrize(
    'path, roots, picture',
    [
        ('/d/val/vid/0001.JPEG', ['/d/val'], 'vid/0001.jpg'),
        # Frames of all videos lie in a folder of one name.
        ('/d/val/SEQ/img1/1.jpg', ['/d/val'], 'SEQ/img1/1.jpg'),
        ('/d/val/SEQ/img1/1.2.png', ['/d/val/'], 'SEQ/img1/1.2.jpg'),
        # Two data sets in one, whose videos may have the same names.
        ('/d/A/val/v/1.jpg', ['/d/A/val', '/d/B/val'], 'A/val/v/1.jpg'),
        ('/d/B/val/v/1.jpg', ['/d/A/val', '/d/B/val'], 'B/val/v/1.jpg'),
        # No root, or another one: nothing of the path is left out.
        ('/d/A/v/1.jpg', [], 'd/A/v/1.jpg'),
        ('/d/A/v/1.jpg', ['/d/A/val'], 'd/A/v/1.jpg'),
        ('data/v/1.jpg', [], 'data/v/1.jpg'),
    ],
)
def test_each_frame_has_a_place_of_its_own(path, roots, picture):
    assert picture_path('out', path, roots) == f'out/{picture}'


def test_roots_and_bits_of_wrapped_data_sets():
    parts = [
        SimpleNamespace(data_prefix=dict(img_path='/d/A', other='')),
        SimpleNamespace(
            data_prefix=dict(img='B'),
            pipeline=Compose([LoadVideoFrames(bits=12)]),
        ),
        SimpleNamespace(),
    ]
    whole = SimpleNamespace(datasets=parts[:2])
    here = os.getcwd()
    assert image_roots(whole) == ['/d/A', f'{here}/B']
    assert image_roots(SimpleNamespace(dataset=whole)) == image_roots(whole)
    assert image_roots(parts[2]) == []
    assert bits_of(whole) == 12 and bits_of(parts[0]) == 16


def test_pictures_of_16_bits_are_scaled_as_the_test_does(tmp_path):
    path = tmp_path / 'frame.png'
    cv2.imwrite(str(path), np.full((400, 400), 2048, np.uint16))
    picture = VIDVisualizationHook(score_thr=1.0).picture(
        sample(DetDataSample, path), None, bits=12
    )
    assert (picture == 128).all()  # 255 * 2048 / 4095 = 127.53
