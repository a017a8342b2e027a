# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Methods by turns, with a clock that only they move."""

import numpy as np
import pytest
import torch

from mmhvr.benchmark.frames import FrameSupply
from mmhvr.benchmark.measure import measure
from mmhvr.benchmark.stage_clock import StageClock


class Supply(FrameSupply):
    """Decoding takes a second."""

    def __init__(self, time):
        super().__init__((8, 6))
        self.time = time

    def take(self):
        self.time[0] += 1
        return super().take()


class Fake:
    """Takes 2 + its number of the turn seconds, half in the backbone."""

    proposals = 7

    def __init__(self, name, time, clock, log):
        self.name, self.time, self.log = name, time, log
        self.turn = 0
        clock.watch(self, 'work', 'backbone')

    def start(self, supply):
        self.log.append(f'start {self.name}')

    def work(self, seconds):
        self.time[0] += seconds

    def step(self, frame, sample):
        self.log.append(self.name)
        seconds = 2 + self.turn
        self.turn += 1
        self.work(seconds / 2)
        self.time[0] += seconds / 2

    def kept_bytes(self):
        return 3


def test_by_turns_and_without_the_first_round():
    time, log = [0.0], []
    clock = StageClock(lambda: time[0])
    methods = [Fake(name, time, clock, log) for name in 'ab']
    rows = measure(methods, Supply(time), clock, rounds=2)
    assert log == ['start a', 'start b', *'ababab']
    for row, name in zip(rows, 'ab'):
        # Turns 1 and 2 take 3 and 4 seconds, and a second to decode.
        assert row['name'] == name
        assert row['ms'] == dict(
            decode=1000,
            backbone=1750,
            RPN=0,
            RoI=0,
            relation=0,
            NMS=0,
            other=1750,
            total=4500,
        )
        assert (row['kept_bytes'], row['proposals']) == (3, 7)


def test_frames_are_normalised_and_begin_again():
    frames = [np.full((4, 5, 3), value, np.uint8) for value in (0, 100)]
    for frame in frames:
        frame[..., 2] = 200  # red
    supply = FrameSupply((40, 32), frames)
    taken = [supply.take() for _ in range(3)]
    assert taken[0].shape == (1, 3, 32, 64)  # padded to a multiple of 32
    # (200 - 123.675) / 58.395 and (0 - 103.53) / 57.375, by hand.
    assert taken[0][0, 0, 0, 0] == pytest.approx(1.30705, abs=1e-4)
    assert taken[0][0, 2, 31, 39] == pytest.approx(-1.80444, abs=1e-4)
    assert (taken[0][..., 40:] == 0).all()
    assert torch.equal(taken[0], taken[2])
    assert not torch.equal(taken[0], taken[1])
    noise = FrameSupply((40, 32))
    assert torch.equal(noise.take(), noise.take())
