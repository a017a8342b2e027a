# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import numpy as np
import pytest

from mmhvr.apis.plan import choose_window
from mmhvr.sources import ArraySource
from mmhvr.streaming.window import LiveWindow, RecordedWindow, SymmetricWindow

WINDOW = dict(type='WindowFrameSampler', num_frames=7)
STRIDED = dict(type='WindowFrameSampler', num_frames=5, stride=2)
GLOBAL = dict(type='GlobalFrameSampler', num_frames=4)


def source(is_live=False, counted=True):
    frames = [np.zeros((4, 5, 3), np.uint8)] * 9
    made = ArraySource(frames if counted else iter(frames))
    made.is_live = is_live
    return made


@pytest.mark.parametrize(
    'sampler, num_frames, expected', [(WINDOW, None, 7), (WINDOW, 3, 3)]
)
def test_a_recorded_source_has_the_window_of_the_test(
    sampler, num_frames, expected
):
    for counted in (True, False):
        window = choose_window(sampler, source(counted=counted), num_frames)
        assert isinstance(window, SymmetricWindow)
        assert window.num_frames == expected


@pytest.mark.parametrize('sampler', [STRIDED, GLOBAL])
@pytest.mark.parametrize('max_frames, length', [(None, 9), (6, 6), (20, 9)])
def test_other_windows_need_the_length(sampler, max_frames, length):
    window = choose_window(sampler, source(), max_frames=max_frames)
    assert isinstance(window, RecordedWindow) and window.length == length
    # Strides of two from the first frame, or evenly spread.
    places = {9: ([2, 4, 6, 8], [1, 5, 8]), 6: ([2, 4], [1, 3, 5])}[length]
    assert window.supports(0, length, False) == places[sampler is GLOBAL]
    with pytest.raises(ValueError, match='number of frames.*lookahead'):
        choose_window(sampler, source(counted=False))


@pytest.mark.parametrize('sampler', [WINDOW, STRIDED, GLOBAL])
def test_a_camera_and_a_lookahead_have_a_live_window(sampler):
    window = choose_window(sampler, source(is_live=True))
    assert isinstance(window, LiveWindow) and window.lookahead == 0
    assert window.num_frames == sampler['num_frames']
    for is_live in (True, False):
        window = choose_window(sampler, source(is_live), 8, lookahead=2)
        assert isinstance(window, LiveWindow)
        assert (window.num_frames, window.lookahead) == (8, 2)


def test_out_of_range():
    with pytest.raises(ValueError, match='num_frames.*0'):
        choose_window(WINDOW, source(), 0)
    with pytest.raises(ValueError, match='lookahead must be 0 to 6.*7'):
        choose_window(WINDOW, source(), lookahead=7)
