# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Windows against a loop that knows the whole video."""

import pytest

from mmhvr.datasets.frame_samplers import (
    GlobalFrameSampler,
    WindowFrameSampler,
)
from mmhvr.streaming.window import LiveWindow, RecordedWindow, SymmetricWindow


def name_of(sampler):
    return type(sampler).__name__


SAMPLERS = [
    WindowFrameSampler(1),
    WindowFrameSampler(5),
    WindowFrameSampler(4, stride=3),
    WindowFrameSampler(40),
    GlobalFrameSampler(4),
]


def replay(window, length):
    """Push frames, emit and drop as the engine does; yield each window."""
    kept, emitted = set(), 0
    for received in range(1, length + 2):
        ended = received > length
        received = min(received, length)
        if not ended:
            kept.add(received - 1)
        while emitted < received:
            supports = window.supports(emitted, received, ended)
            if supports is None:
                break
            assert {emitted, *supports} <= kept
            yield emitted, supports, received, ended
            emitted += 1
            kept = {f for f in kept if window.is_needed(f, emitted, received)}


@pytest.mark.parametrize('sampler', SAMPLERS, ids=name_of)
@pytest.mark.parametrize('length', [1, 2, 7, 20])
def test_recorded_windows_are_the_samplers(sampler, length):
    window = RecordedWindow(sampler, length)
    seen = []
    for target, supports, received, _ in replay(window, length):
        assert supports == sampler(target, length, None)
        # No sooner than its last support came, and no later.
        if target == 0 or max(supports + [target]) >= seen[-1][1]:
            assert received == max(supports + [target]) + 1
        seen.append((target, received))
    assert [t for t, _ in seen] == list(range(length))


def test_recorded_windows_drop_what_nobody_needs():
    # Windows of three frames of a video of six, in the middle: frame 3
    # serves targets 2, 3, 4 and (shifted) no other.
    window = RecordedWindow(WindowFrameSampler(3), 6)
    assert window.is_needed(3, 4, 6)
    assert window.is_needed(3, 5, 6)  # target 5 has the window 3, 4, 5
    assert not window.is_needed(2, 4, 6)


@pytest.mark.parametrize('length', [1, 3, 4, 5, 9, 30])
@pytest.mark.parametrize('frames, ahead', [(1, 0), (5, 0), (5, 2), (5, 4)])
def test_live_windows(frames, ahead, length):
    window = LiveWindow(frames, ahead)
    targets = []
    for target, supports, received, ended in replay(window, length):
        last = min(target + ahead, length - 1)
        expected = [f for f in range(last - frames + 1, last + 1) if f >= 0]
        expected.remove(target)
        assert supports == expected
        if target + ahead < length:
            assert received == target + ahead + 1 and not ended
        targets.append(target)
    assert targets == list(range(length))


@pytest.mark.parametrize('frames', [1, 2, 5, 6])
@pytest.mark.parametrize('length', [1, 2, 4, 5, 6, 7, 20])
def test_symmetric_windows_find_the_length_by_themselves(frames, length):
    window = SymmetricWindow(frames)
    sampler, targets = WindowFrameSampler(frames), []
    for target, supports, received, ended in replay(window, length):
        assert supports == sampler(target, length, None)
        # No later than a window that knows the length, but for those that
        # the end shifts.
        if not ended and target > 0:
            last = max([target, *supports])
            assert received == max(last + 1, frames)
        targets.append(target)
    assert targets == list(range(length))


def test_symmetric_windows_keep_as_many_frames_as_a_window_has():
    # Three frames before the target and three after it. When frame r - 1
    # came, r - 4 was the last target; r - 3 comes next, which needs r - 6,
    # or r - 7 if there are no more frames and the window is shifted.
    window, kept = SymmetricWindow(7), set()
    for received in range(1, 100):
        kept.add(received - 1)
        following = received - 3 if received >= 7 else 0
        kept = {f for f in kept if window.is_needed(f, following, received)}
        assert len(kept) == min(received, 7)


def test_wrong_windows():
    with pytest.raises(ValueError, match='length.*0'):
        RecordedWindow(WindowFrameSampler(3), 0)
    with pytest.raises(ValueError, match='num_frames.*0'):
        LiveWindow(0, 0)
    with pytest.raises(ValueError, match='num_frames.*0'):
        SymmetricWindow(0)
    with pytest.raises(ValueError, match='lookahead must be 0 to 4.*5'):
        LiveWindow(5, 5)
