# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import cv2
import numpy as np
import pytest

from mmhvr.analysis.annotated_videos import AnnotatedFrame, AnnotatedVideo
from mmhvr.analysis.class_change import (
    class_changes,
    draw_class_changes,
    video_average_precisions,
)

EMPTY = np.zeros(0)


def test_most_up_and_most_down():
    names = list('abcdefg')
    nan = float('nan')
    first = np.array([0.5, 0.5, 0.5, 0.5, 0.5, nan, 0.5])
    second = np.array([0.6, 0.9, 0.5, 0.1, 0.4, 0.9, 0.7])
    # Changes: +.1, +.4, 0, -.4, -.1, none, +.2.
    up, down = class_changes(first, second, names, 2)
    assert up == [('b', 0.5, 0.9), ('g', 0.5, 0.7)]
    assert down == [('d', 0.5, 0.1), ('e', 0.5, 0.4)]
    with pytest.raises(ValueError, match='7 and 7 APs for 2 classes'):
        class_changes(first, second, ['a', 'b'])


def test_average_precisions_by_hand():
    # Class 0: a true detection (.9), a false one (.8), a true one (.7) of
    # two boxes: AP = 1/2 + 1/2 x 2/3 = 5/6. Class 1: a box that is not found.
    # Class 2: a box in a frame that was not tested.
    box, away = [0.0, 0.0, 9.0, 9.0], [50.0, 50.0, 60.0, 60.0]
    tested = [
        AnnotatedFrame(
            n,
            '',
            np.array([box]),
            np.array([0]),
            np.array(boxes),
            np.zeros(len(boxes), int),
            np.array(scores),
        )
        for n, boxes, scores in (
            (0, [box, away], [0.9, 0.8]),
            (1, [box], [0.7]),
        )
    ]
    untested = AnnotatedFrame(2, '', np.array([box]), np.array([2]))
    none = AnnotatedFrame(
        3, '', np.array([box]), np.array([1]), np.zeros((0, 4)), *2 * [EMPTY]
    )
    videos = [AnnotatedVideo('v', [*tested, untested, none], 0)]
    found = video_average_precisions(videos, 3)
    np.testing.assert_allclose(found, [5 / 6, 0, np.nan])


def test_bars_point_to_their_sides(tmp_path):
    path = str(tmp_path / 'changes.png')
    draw_class_changes(
        [('cat', 0.5, 0.9)], [('dog', 0.5, 0.1)], ('A', 'B'), 'AP', path
    )
    image = cv2.imread(path).astype(int)
    green = np.argwhere((abs(image - [92, 157, 42]) < 3).all(2))
    red = np.argwhere((abs(image - [61, 85, 200]) < 3).all(2))
    # The gain is above and right, the loss below and left, both as long.
    assert green[:, 0].max() < red[:, 0].min()
    assert green[:, 1].min() >= red[:, 1].max()
    assert abs(np.ptp(green[:, 1]) - np.ptp(red[:, 1])) <= 3
    with pytest.raises(ValueError, match='the same in both runs'):
        draw_class_changes([], [], ('A', 'B'), 'AP', path)
