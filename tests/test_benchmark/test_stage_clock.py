# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import pytest

from mmhvr.benchmark.stage_clock import StageClock


class Model:
    """Its parts take seconds of a clock that only they move."""

    def __init__(self):
        self.time = 0.0

    def now(self):
        return self.time

    def backbone(self):
        self.time += 2
        self.neck()
        self.time += 1

    def neck(self):
        self.time += 4

    def broken(self):
        self.time += 8
        raise ValueError

    def call(self):
        self.time += 16
        self.backbone()
        self.time += 32
        return 'result'


def test_stages_inside_each_other():
    model = Model()
    clock = StageClock(model.now)
    clock.watch(model, 'backbone', 'backbone')
    clock.watch(model, 'neck', 'neck')
    # Outside the block nothing counts.
    model.backbone()
    assert clock.seconds == {}
    with clock:
        assert model.call() == 'result'
    assert clock.seconds == dict(other=48, backbone=3, neck=4)
    with clock:
        model.neck()
    assert clock.seconds == dict(other=48, backbone=3, neck=8)


def test_an_exception_is_booked_too():
    model = Model()
    clock = StageClock(model.now)
    clock.watch(model, 'broken', 'broken')
    with pytest.raises(ValueError), clock:
        model.broken()
    assert clock.seconds == dict(other=0, broken=8)
    with clock:
        model.neck()
    assert clock.seconds['other'] == 4
