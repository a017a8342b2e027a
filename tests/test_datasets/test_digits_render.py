# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import math
from dataclasses import replace

import numpy as np
import pytest

from mmhvr.datasets.digits.motion import Track
from mmhvr.datasets.digits.render import (
    MIN_OCCLUDED,
    MIN_VISIBLE,
    draw_bar,
    draw_digit,
    draw_frame,
    ink_size,
    measure_boxes,
    streak,
)
from mmhvr.datasets.digits.samples import GlyphBook
from mmhvr.datasets.digits.scene import Bar, Scene, plan_scene


def block_track(x, y, size=20.0, angle=0.0, label=1, present=True):
    """A solid block, half as wide as high."""
    glyph = np.zeros((80, 80), np.float32)
    glyph[20:60, 30:50] = 1
    return Track(
        label,
        glyph,
        'slow',
        np.array([[x, y]], float),
        np.array([size]),
        np.array([angle]),
        np.array([present]),
    )


def scene_of(tracks, bars=(), size=(96, 80), ink=80.0):
    """One grey frame without blur and noise."""
    return Scene(
        size=size,
        tracks=list(tracks),
        inks=np.full((len(tracks), 1, 3), ink),
        background=np.full((size[1] + 24, size[0] + 24, 3), 100, np.float32),
        pan=np.full((1, 2), 12.0),
        bars=list(bars),
        exposures=np.zeros(1),
        defocus=np.zeros(1),
        noise=np.zeros(1),
        noise_rng=np.random.default_rng(0),
    )


def bar_of(offset, thickness, size=(96, 80), angle=0.0):
    texture = np.full((size[1], size[0], 3), 30, np.float32)
    return Bar(angle, thickness, np.array([offset]), texture)


def brute_opacity(track, frame, size):
    """Inverse mapping and bilinear weights, pixel by pixel."""
    glyph = track.glyph
    middle = (len(glyph) - 1) / 2
    scale = track.sizes[frame] / ink_size(glyph)
    turn = math.radians(track.angles[frame])
    opacity = np.zeros((size[1], size[0]))
    for row in range(size[1]):
        for col in range(size[0]):
            dx = (col - track.centers[frame][0]) / scale
            dy = (row - track.centers[frame][1]) / scale
            # Positive angles turn counter-clockwise on the screen (y down).
            u = math.cos(turn) * dx - math.sin(turn) * dy + middle
            v = math.sin(turn) * dx + math.cos(turn) * dy + middle
            for i in (math.floor(v), math.floor(v) + 1):
                for j in (math.floor(u), math.floor(u) + 1):
                    if 0 <= i < len(glyph) and 0 <= j < len(glyph):
                        weight = (1 - abs(v - i)) * (1 - abs(u - j))
                        opacity[row, col] += weight * glyph[i, j]
    return opacity


@pytest.mark.parametrize('seed', [0, 1, 2])
def test_digit_is_drawn_where_the_plan_says(seed):
    rng = np.random.default_rng(seed)
    glyph = GlyphBook('train', 0).draw(seed + 3, rng)
    # Partly outside the frame.
    track = Track(
        0,
        glyph,
        'slow',
        rng.uniform(5, 40, (1, 2)),
        rng.uniform(18, 48, 1),
        rng.uniform(-25, 25, 1),
        np.array([True]),
    )
    drawn = draw_digit(track, 0, (48, 40))
    # OpenCV interpolates with weights of 1/32.
    np.testing.assert_allclose(
        drawn, brute_opacity(track, 0, (48, 40)), atol=0.12
    )


def brute_boxes(scene, frame):
    """Boxes by loops over the pixels of brute-force drawings."""
    inks = [
        brute_opacity(track, frame, scene.size) > 0.5 for track in scene.tracks
    ]
    found = []
    for number, track in enumerate(scene.tracks):
        if not track.present[frame]:
            continue
        seen, covered, xs, ys = 0, 0, [], []
        for row in range(scene.size[1]):
            for col in range(scene.size[0]):
                if not inks[number][row, col]:
                    continue
                xs.append(col)
                ys.append(row)
                behind = any(
                    abs(
                        col * math.cos(bar.angle)
                        + row * math.sin(bar.angle)
                        - bar.offsets[frame]
                    )
                    < bar.thickness / 2
                    for bar in scene.bars
                )
                behind = behind or any(
                    scene.tracks[k].present[frame] and inks[k][row, col]
                    for k in range(number + 1, len(inks))
                )
                covered += behind
                seen += not behind
        scale = track.sizes[frame] / ink_size(track.glyph)
        share = seen / ((track.glyph > 0.5).sum() * scale**2)
        found.append(
            (
                number,
                share,
                covered / max(len(xs), 1),
                (min(xs), min(ys), max(xs), max(ys)) if xs else None,
            )
        )
    return found


@pytest.mark.parametrize('seed', range(6))
def test_boxes_against_loops_over_pixels(seed):
    scene = plan_scene(
        np.random.default_rng(seed), GlyphBook('val', 0), seed, frames=8
    )
    for frame in (1, 6):
        boxes = {box.track_id: box for box in measure_boxes(scene, frame)}
        for number, share, covered, bounds in brute_boxes(scene, frame):
            # At the thresholds a pixel more or less decides.
            if abs(share - MIN_VISIBLE) > 0.05:
                assert (number in boxes) == (share > MIN_VISIBLE)
            if number not in boxes:
                continue
            box = boxes.pop(number)
            assert np.abs(np.subtract(box.bounds, bounds)).max() <= 1
            assert box.visible == pytest.approx(share, abs=0.05)
            assert box.label == scene.tracks[number].label
            if abs(covered - MIN_OCCLUDED) > 0.05:
                assert box.occluded == (covered > MIN_OCCLUDED)
        assert not boxes


def test_box_of_a_block_by_hand():
    # 20 x 10 pixels about (40.5, 30.5): columns 36..45 and rows 21..40.
    (box,) = measure_boxes(scene_of([block_track(40.5, 30.5)]), 0)
    assert box.bounds == (36, 21, 45, 40)
    assert box.visible == pytest.approx(1)
    assert not box.occluded
    # Turned by 90 degrees, width and height change places.
    (box,) = measure_boxes(scene_of([block_track(40.5, 30.5, angle=90)]), 0)
    assert box.bounds == (31, 26, 50, 35)


def test_box_is_clipped_to_the_frame_and_ends_with_the_digit():
    # Centre at -0.5: columns -5..4, half of the block is inside.
    (box,) = measure_boxes(scene_of([block_track(-0.5, 30.5)]), 0)
    assert box.bounds == (0, 21, 4, 40)
    assert box.visible == pytest.approx(0.5)
    assert not box.occluded
    # Three of ten columns inside are below the least visible share.
    assert MIN_VISIBLE == 0.35
    assert measure_boxes(scene_of([block_track(-2.5, 30.5)]), 0) == []
    assert measure_boxes(scene_of([block_track(-50, 30.5)]), 0) == []


@pytest.mark.parametrize(
    'thickness, visible, occluded',
    [
        (0.5, 1.0, False),
        (4.0, 0.6, True),
        (6.0, 0.4, True),
        (8.0, None, None),
    ],
)
def test_bar_hides_columns(thickness, visible, occluded):
    # A vertical bar about column 40.5 hides as many of the ten columns as it
    # is thick (one thinner than a pixel, between two columns, none).
    scene = scene_of([block_track(40.5, 30.5)], [bar_of(40.5, thickness)])
    boxes = measure_boxes(scene, 0)
    if visible is None:
        assert boxes == []
        return
    assert boxes[0].bounds == (36, 21, 45, 40)
    assert boxes[0].visible == pytest.approx(visible, abs=1e-6)
    assert boxes[0].occluded == occluded


def test_nearer_digit_hides_the_farther_one():
    far, near = block_track(40.5, 30.5), block_track(46.5, 30.5, label=2)
    first, second = measure_boxes(scene_of([far, near]), 0)
    # Columns 36..45 and 42..51: four of ten are hidden.
    assert (first.track_id, first.label, first.occluded) == (0, 1, True)
    assert first.visible == pytest.approx(0.6)
    assert (second.track_id, second.label, second.occluded) == (1, 2, False)
    gone = block_track(46.5, 30.5, label=2, present=False)
    (only,) = measure_boxes(scene_of([far, gone]), 0)
    assert only.visible == pytest.approx(1)


def test_streak_spreads_evenly_along_the_way():
    point = np.zeros((31, 31), np.float32)
    point[15, 15] = 1
    level = streak(point, np.array([8.0, 0.0]))
    assert level.sum() == pytest.approx(1, abs=1e-5)
    assert level[15].sum() == pytest.approx(1, abs=1e-5)
    # An even spread over 8 pixels has the variance 8^2 / 12.
    columns = np.arange(31) - 15
    assert level[15] @ columns == pytest.approx(0, abs=1e-4)
    assert level[15] @ columns**2 == pytest.approx(64 / 12, rel=0.1)
    # Down and to the right: covariance is positive, w * h / 12.
    slanted = streak(point, np.array([6.0, 6.0]))
    moment = columns @ slanted @ columns
    assert moment == pytest.approx(36 / 12, rel=0.15)
    assert streak(point, np.array([0.2, 0.0])) is point


def test_bar_is_drawn_about_its_line():
    # Normal along y: rows 30 to 50 for thickness 20 about 40.
    opacity = draw_bar(bar_of(40.0, 20.0, angle=np.pi / 2), 0, (96, 80))
    assert opacity.shape == (80, 96)
    assert (opacity[31:50] == 1).all()
    assert np.allclose(opacity[[30, 50]], 0.5, atol=1e-3)
    assert not opacity[:30].any() and not opacity[51:].any()


def test_frame_without_blur_and_noise_by_hand():
    # Ink 80 on a flat 100 gives 180; the bar's surface is 30.
    scene = scene_of([block_track(40.5, 30.5)], [bar_of(40.5, 4.0)])
    image = draw_frame(scene, 0)
    assert image.dtype == np.uint8 and image.shape == (80, 96, 3)
    assert (image[31, 10] == 100).all()
    assert (image[31, 37] == 180).all()
    assert (image[31, 40] == 30).all()
    # Bounds and pixels agree: the block ends at columns 36 and 45.
    assert (image[31, 35] == 100).all() and (image[31, 46] == 100).all()
    noisy = draw_frame(replace(scene, noise=np.full(1, 9.0)), 0)
    error = noisy.astype(float) - image
    assert error.std() == pytest.approx(9, rel=0.05)


def test_ink_fades_and_scenes_vary():
    book = GlyphBook('train', 0)
    scenes = [
        plan_scene(np.random.default_rng(seed), book, seed % 10, frames=16)
        for seed in range(60)
    ]
    assert len({scene.size for scene in scenes}) == 4
    assert {len(scene.tracks) for scene in scenes} == {1, 2}
    assert {len(scene.bars) for scene in scenes} == {0, 1, 2}
    # A video has clear and faint frames: the median of best to worst.
    ratios = []
    for scene in scenes:
        strength = np.abs(scene.inks[0]).max(1)
        ratios.append(strength.max() / strength.min())
    assert np.median(ratios) > 2.5
    # Some frames show nothing, every video shows something.
    empty = []
    for scene in scenes:
        shown = [bool(measure_boxes(scene, t)) for t in range(16)]
        assert any(shown)
        empty.append(not all(shown))
    assert 3 < sum(empty) < 40


def test_wanted_speed_and_class_are_kept():
    book = GlyphBook('train', 0)
    for seed, speed in enumerate(('slow', 'medium', 'fast')):
        scene = plan_scene(
            np.random.default_rng(seed), book, 7, frames=16, speed=speed
        )
        (main,) = (t for t in scene.tracks if t.present.all())
        assert (main.label, main.speed) == (7, speed)
