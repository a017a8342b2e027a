# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import numpy as np

from mmhvr.analysis.triplet_crops import (
    cosine,
    crop_around,
    distinct_anchors,
    draw_triplet,
)


def test_the_box_is_in_the_middle_of_its_crop():
    image = np.full((100, 100, 3), 50, np.uint8)
    image[20:40, 10:30] = 200  # x 10 to 30, y 20 to 40
    crop = crop_around(image, np.array([10.0, 20.0, 30.0, 40.0]))
    # A square of 20 with a quarter of it around: 30 pixels on 160.
    scale = 160 / 30
    assert crop.shape == (160, 160, 3)
    inside = slice(int(5 * scale) + 8, int(25 * scale) - 8)
    assert (crop[inside, inside] == 200).all()
    assert (crop[:18] == 50).all() and (crop[:, :18] == 50).all()
    assert crop[80, round(5 * scale)].tolist() == [0, 255, 255]
    # At the edge of the image what is beyond is black.
    edge = crop_around(image, np.array([90.0, 90.0, 100.0, 100.0]))
    assert edge[70, 70].tolist() == [50, 50, 50]
    assert edge[-5, -5].tolist() == [0, 0, 0]


def test_one_triplet_for_each_object():
    boxes = np.array(
        [[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60], [0, 0, 10, 10]]
    ).astype(float)
    videos = np.array([0, 0, 0, 1])
    # IoU of the first two: 9 / 11. The last has the first's box, but lies
    # in another frame.
    anchors = np.array([0, 1, 2, 3])
    assert distinct_anchors(anchors, boxes, videos) == [0, 2, 3]
    assert distinct_anchors(anchors[::-1], boxes, videos) == [0, 1, 2]
    assert distinct_anchors(anchors[:0], boxes, videos) == []


def test_a_row_shows_the_three_images_in_order():
    images = [
        np.full((40, 40, 3), value, np.uint8) for value in (60, 120, 180)
    ]
    boxes = np.array([[10.0, 10.0, 30.0, 30.0]]).repeat(3, 0)
    features = np.array([[1.0, 0.0], [3.0, 4.0], [0.0, 2.0]])
    row = draw_triplet(images, boxes, [0, 0, 2], features, ['ant', 'bee'])
    assert row.shape == (24 + 160, 3 * 160 + 2 * 2, 3)
    centres = [row[24 + 80, 80 + 162 * n, 0] for n in range(3)]
    assert centres == [60, 120, 180]
    assert cosine(features[0], features[1]) == 0.6  # 3 / 5
    assert cosine(features[0], features[2]) == 0
    assert cosine(features[0], 0 * features[2]) == 0
