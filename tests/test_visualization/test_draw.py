# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import numpy as np
import pytest

from mmhvr.visualization.draw import (
    class_colour,
    draw_detections,
    draw_ground_truth,
    upscale,
)

GREY = 100


def grey(height, width):
    return np.full((height, width, 3), GREY, np.uint8)


def differs(canvas):
    """[H, W] bool: pixels that something was drawn on."""
    return (canvas != GREY).any(axis=2)


def test_box_edges_have_the_colour_of_the_class():
    image = grey(200, 200)
    canvas = draw_detections(image, [[20, 60, 120, 160]], [3])
    colour = np.array(class_colour(3), np.uint8)
    # All four edges, end points included; the line is one pixel wide.
    assert (canvas[60, 20:121] == colour).all()
    assert (canvas[160, 20:121] == colour).all()
    assert (canvas[60:161, 20] == colour).all()
    assert (canvas[60:161, 120] == colour).all()
    # Nothing inside, and nothing outside but the tag above.
    changed = differs(canvas)
    assert not changed[61:160, 21:120].any()
    assert not changed[161:].any() and not changed[:, 121:].any()
    assert changed[:60].any()
    # The input is as it was.
    assert (image == GREY).all()


def test_upscaling_multiplies_positions():
    boxes, labels = [[5, 20, 15, 30]], [1]
    canvas = draw_detections(grey(40, 40), boxes, labels, factor=4)
    assert canvas.shape == (160, 160, 3)
    colour = class_colour(1)
    for y, x in [(80, 20), (80, 60), (120, 20), (120, 60), (100, 20)]:
        assert tuple(canvas[y, x]) == colour
    # Same as drawing the scaled box on the enlarged image.
    direct = draw_detections(grey(160, 160), np.array(boxes) * 4, labels)
    assert (canvas == direct).all()


def test_threshold_and_order():
    boxes = np.array([[10, 100, 60, 150]] * 2)
    low_on_top = draw_detections(
        grey(200, 200), boxes, [0, 1], [0.4, 0.9], score_thr=0.3
    )
    # Both boxes are at one place: the better one covers the other, in
    # whatever order they come.
    assert tuple(low_on_top[150, 30]) == class_colour(1)
    swapped = draw_detections(
        grey(200, 200), boxes, [1, 0], [0.9, 0.4], score_thr=0.3
    )
    assert tuple(swapped[150, 30]) == class_colour(1)
    # A score equal to the threshold is drawn, one below is not.
    one = draw_detections(grey(200, 200), boxes[:1], [0], [0.5], score_thr=0.5)
    assert differs(one).any()
    none = draw_detections(
        grey(200, 200), boxes[:1], [0], [0.49], score_thr=0.5
    )
    assert not differs(none).any()


def test_empty_gives_the_image():
    empty = np.zeros((0, 4))
    canvas = draw_detections(grey(50, 60), empty, [], [])
    assert (canvas == GREY).all() and canvas.shape == (50, 60, 3)
    assert (draw_ground_truth(grey(50, 60), empty, []) == GREY).all()


def test_ground_truth_is_dashed_black_and_white():
    canvas = draw_ground_truth(grey(200, 200), [[20, 20, 119, 119]], [5])
    edge = canvas[20, 20:120].astype(int)
    white = (edge == 255).all(axis=1)
    black = (edge == 0).all(axis=1)
    # Dashes of 6 pixels by turns, beginning with white: 100 pixels are 8
    # whole periods of 12 (48 white, 48 black) and 4 white ones.
    assert white.sum() == 52 and black.sum() == 48
    assert white[:6].all() and black[6:12].all()
    # The tag is below the box, so the space above stays free.
    assert not differs(canvas)[:20].any()
    assert differs(canvas)[121:].any()


@pytest.mark.parametrize(
    'box',
    [
        [0, 0, 30, 20],
        [150, 5, 199, 40],
        [-50, -50, 400, 400],
        [0, 185, 199, 199],
    ],
)
def test_tag_stays_on_the_picture(box):
    image = grey(200, 200)
    named = draw_detections(image, [box], [0], [0.5], ['a_long_name'])
    bare = draw_detections(image, [box], [0], [0.5], [''])
    tags = (named != bare).any(axis=2)
    # The name in full: eleven letters of about seven pixels each.
    columns = np.flatnonzero(tags.any(axis=0))
    assert columns.max() - columns.min() > 60
    assert named.shape == image.shape


def test_class_colours_can_be_told_apart():
    colours = np.array([class_colour(i) for i in range(30)], float)
    gaps = np.linalg.norm(colours[:, None] - colours[None], axis=2)
    np.fill_diagonal(gaps, np.inf)
    assert gaps.min() > 25
    # Hue 0, saturation .85, value 1: red 255, the others 255 * .15 = 38.25.
    assert class_colour(0) == (38, 38, 255)


def test_score_is_part_of_the_tag():
    image, box = grey(200, 200), [[20, 60, 120, 160]]
    first = draw_detections(image, box, [0], [0.12])
    second = draw_detections(image, box, [0], [0.98])
    changed = (first != second).any(axis=2)
    assert changed[:60].any() and not changed[60:].any()


def test_no_line_goes_through_a_tag():
    upper, lower = [20, 60, 120, 100], [20, 101, 120, 160]
    image = grey(200, 200)
    alone = draw_ground_truth(image, [upper], [5])
    both = draw_ground_truth(image, [upper, lower], [5, 6])
    tag = differs(alone)[101:]
    assert tag.any()
    assert (both[101:][tag] == alone[101:][tag]).all()


@pytest.mark.parametrize(
    'call, error, message',
    [
        (lambda i: upscale(i, 0), ValueError, 'factor is 0'),
        (lambda i: upscale(i, 1.5), ValueError, 'factor is 1.5'),
        (lambda i: upscale(i[..., 0]), TypeError, r'uint8 \(50, 60\)'),
        (lambda i: upscale(i.astype(float)), TypeError, 'float64'),
        (
            lambda i: draw_detections(i, [[0, 0, 1, 1]], [0, 1]),
            ValueError,
            '2 labels for 1 boxes',
        ),
        (
            lambda i: draw_detections(i, [[0, 0, 1, 1]], [0], [0.1, 0.2]),
            ValueError,
            '2 scores for 1 boxes',
        ),
        (
            lambda i: draw_ground_truth(i, [[0, 0, 1, 1]], []),
            ValueError,
            '0 labels for 1 boxes',
        ),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call(grey(50, 60))
