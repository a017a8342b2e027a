# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Arrays, cameras, and what is no source."""

import time

import cv2
import numpy as np
import pytest

from mmhvr.sources import ArraySource, Camera, open_source
from mmhvr.sources.arrays import check_frame
from mmhvr.sources.base import SourceEndedEarly


def frames(number, size=(4, 5)):
    return np.arange(number, dtype=np.uint8)[:, None, None, None] * np.ones(
        (1, *size, 3), np.uint8
    )


@pytest.mark.parametrize(
    'make, length, name',
    [
        (lambda a: a, 3, 'array'),
        (list, 3, 'list'),
        (tuple, 3, 'tuple'),
        (iter, None, 'iterator'),
        (lambda a: (x for x in a), None, 'generator'),
    ],
)
def test_arrays(make, length, name):
    source = open_source(make(frames(3)))
    assert isinstance(source, ArraySource)
    assert source.length == source.count() == length
    assert name in source.name
    assert [(f.index, f.image[0, 0, 0]) for f in source] == [
        (0, 0),
        (1, 1),
        (2, 2),
    ]
    assert open_source(source) is source


def test_an_iterator_is_asked_for_one_frame_at_a_time():
    taken = []

    def endless():
        while True:
            taken.append(len(taken))
            yield frames(1)[0]

    source = iter(open_source(endless()))
    assert taken == []
    next(source), next(source)
    assert taken == [0, 1]


BAD = np.full((2, 4, 5, 3), np.nan, np.float32)


@pytest.mark.parametrize(
    'source, error, message',
    [
        (BAD, TypeError, 'float32, 60 of its values NaN'),
        (frames(2) / 255.0, TypeError, r'float64; .*\* 255'),
        (frames(2).astype(np.uint16), TypeError, 'uint16'),
        (frames(2)[0], ValueError, r'\(4, 5, 3\); .*array\[None\]'),
        (frames(2)[..., :2], ValueError, r'\(4, 5, 2\)'),
        (frames(0), ValueError, 'array has no frames'),
        ([], ValueError, 'list has no frames'),
        (None, TypeError, 'got NoneType'),
        (True, TypeError, 'got bool'),
        (dict(a=1), TypeError, 'got dict'),
        (-1, ValueError, 'camera index is -1'),
        ('nowhere.mp4', FileNotFoundError, "'nowhere.mp4' was not found"),
        ('rtsp://host/x', ValueError, 'is an address.*iterator'),
    ],
)
def test_what_is_no_source(source, error, message):
    with pytest.raises(error, match=message):
        open_source(source)


def test_an_iterator_without_frames():
    with pytest.raises(ValueError, match='gave no frame'):
        list(open_source(iter([])))


def test_check_frame():
    check_frame(frames(1)[0], (4, 5, 3))
    with pytest.raises(ValueError, match=r'\(4, 6, 3\), but frame 7 is'):
        check_frame(frames(1)[0], (4, 6, 3), 'frame 7')
    with pytest.raises(TypeError, match='frame 7 .* list'):
        check_frame([1], None, 'frame 7')


class FakeCapture:
    """A camera that gives some frames and is then unplugged."""

    def __init__(self, number, opens=True, fps=30.0):
        self.left, self.opens, self.fps = number, opens, fps
        self.released = False

    def isOpened(self):  # noqa: N802
        return self.opens

    def get(self, key):
        return self.fps if key == cv2.CAP_PROP_FPS else 0.0

    def read(self):
        self.left -= 1
        return (True, frames(1)[0]) if self.left >= 0 else (False, None)

    def release(self):
        self.released = True


@pytest.mark.parametrize('index', [1, '1', np.int64(1)])
def test_a_camera_that_goes_away(monkeypatch, index):
    capture, asked = FakeCapture(3), []
    monkeypatch.setattr(
        cv2, 'VideoCapture', lambda i: asked.append(i) or capture
    )
    ticks = iter([7.0, 7.25, 9.0])
    monkeypatch.setattr(time, 'monotonic', lambda: next(ticks))
    source = open_source(index)
    assert isinstance(source, Camera) and asked == [1]
    assert source.is_live and source.length is None and source.fps == 30
    seen = []
    with pytest.raises(SourceEndedEarly, match='camera 1 went away after 3'):
        for frame in source:
            seen.append((frame.index, frame.time))
    assert seen == [(0, 0.0), (1, 0.25), (2, 2.0)] and capture.released


def test_a_camera_that_is_not_there(monkeypatch):
    monkeypatch.setattr(
        cv2, 'VideoCapture', lambda i: FakeCapture(0, opens=False)
    )
    with pytest.raises(ConnectionError, match='camera 0 cannot be opened'):
        open_source(0)
    monkeypatch.setattr(cv2, 'VideoCapture', lambda i: FakeCapture(0, fps=0))
    source = open_source(0)
    assert source.fps is None
    with pytest.raises(ConnectionError, match='gives no frame'):
        list(source)
