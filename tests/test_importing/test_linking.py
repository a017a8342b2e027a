# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Tracks from overlaps alone."""

import numpy as np
import pytest

from mmhvr.formats.structures import Box
from mmhvr.importing.linking import link_boxes
from mmhvr.utils.box_pairs import paired_iou


def iou(one, other):
    """The overlap by which boxes are linked."""
    return float(paired_iou(np.array([one]), np.array([other]), offset=0)[0])


def box(frame, x, name='car', track=None, width=10):
    return Box(frame, (x, 0, x + width, 10), name, track)


def tracks(boxes, frames):
    linked = link_boxes(boxes, frames)
    assert [b._replace(track=None) for b in linked] == [
        b._replace(track=None) for b in boxes
    ]
    return [b.track for b in linked]


def test_iou_by_hand():
    # 5 x 10 of 10 x 10 twice: 50 / 150.
    assert iou((0, 0, 10, 10), (5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert iou((0, 0, 10, 10), (10, 0, 20, 10)) == 0
    assert iou((5, 5, 5, 5), (0, 0, 9, 9)) == 0


def test_two_objects_that_cross_the_frames():
    boxes = [box(0, 0), box(0, 30), box(1, 31), box(1, 2), box(2, 4)]
    assert tracks(boxes, [0, 1, 2]) == [0, 1, 1, 0, 0]


def test_the_greatest_overlap_first():
    # 3 pixels apart: 7 / 13; 1 apart: 9 / 11. So 1 and 2 belong together.
    assert tracks([box(0, 0), box(1, 3), box(1, 1)], [0, 1]) == [0, 1, 0]
    assert tracks([box(0, 3), box(0, 1), box(1, 0)], [0, 1]) == [0, 1, 1]


def test_what_ends_a_track():
    # Another class, too little overlap (4 / 16), a frame without it.
    assert tracks([box(0, 0), box(1, 0, 'dog')], [0, 1]) == [0, 1]
    assert tracks([box(0, 0), box(1, 6)], [0, 1]) == [0, 1]
    assert tracks([box(0, 0), box(2, 0)], [0, 1, 2]) == [0, 1]
    # Frames that follow each other need not have numbers that do.
    assert tracks([box(0, 0), box(2, 0)], [0, 2]) == [0, 0]


def test_tracks_that_are_there_stay():
    boxes = [box(0, 0, track=4), box(0, 30), box(1, 30), box(1, 0, track='x')]
    assert tracks(boxes, [0, 1]) == [4, 5, 5, 'x']
