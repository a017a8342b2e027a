# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import numpy as np

from mmhvr.analysis.attention import attention_heat, draw_attention


def test_heat_is_the_sum_over_the_boxes_that_cover_a_pixel():
    rng = np.random.default_rng(0)
    corners = np.sort(rng.integers(0, 12, (20, 2, 2)), axis=1)
    boxes = corners.reshape(20, 4).astype(float)
    weights = rng.random(20)
    heat = attention_heat(boxes, weights, (9, 11))
    for y in range(9):
        for x in range(11):
            expected = sum(
                weight
                for (x1, y1, x2, y2), weight in zip(boxes, weights)
                if x1 <= x < x2 and y1 <= y < y2
            )
            assert abs(heat[y, x] - expected) < 1e-12


def test_picture():
    # Frames of 110 x 220, doubled to 220 x 440: the target is frame 5, its
    # supports are 4 and 6; frame 6 gets all of the attention.
    images = [np.full((110, 220, 3), 100, np.uint8) for _ in range(3)]
    boxes = [np.array([[20.0, 40.0, 60.0, 90.0]])] * 3
    weights = [np.zeros(1), np.zeros(1), np.ones(1)]
    picture = draw_attention(images, boxes, weights, [5, 4, 6], 0, ['title'])
    # Two columns with a gap of 4, two rows, a title and a caption a frame.
    assert picture.shape == (24 + 2 * (24 + 220) + 4, 2 * 440 + 4, 3)
    frames = {
        4: picture[48:268, :440],
        5: picture[48:268, 444:],
        6: picture[296:516, :440],
    }
    # Inside the box (40, 80, 120, 180): grey, or half way to (0, 140, 255).
    assert frames[4][150, 80].tolist() == [100, 100, 100]
    assert frames[5][150, 80].tolist() == [100, 100, 100]
    assert frames[6][150, 80].tolist() == [50, 120, 177]
    # The target's proposal has a yellow frame; a box without weight is not
    # drawn, that of frame 6 is.
    assert frames[5][100, 40].tolist() == [0, 255, 255]
    assert frames[4][100, 40].tolist() == [100, 100, 100]
    assert frames[6][100, 40].tolist() == [38, 38, 255]
