# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import numpy as np
import pytest

from mmhvr.datasets.digits.motion import (
    SIZE_RANGE,
    SPEEDS,
    fold,
    plan_track,
    wave,
)
from mmhvr.datasets.digits.textures import (
    make_texture,
    stroke_clutter,
    value_noise,
)

GLYPH = np.pad(np.ones((48, 32), np.float32), ((16, 16), (24, 24)))


def track_of(seed, speed, frames=16, leaves=False, size=(112, 96)):
    rng = np.random.default_rng(seed)
    return plan_track(rng, 3, GLYPH, frames, size, speed, leaves)


def test_fold_bounces_like_a_ball():
    # The oracle walks in steps of one and turns round at the walls.
    place, step = 4, 1
    walked = []
    for _ in range(40):
        walked.append(place)
        if place + step in (-1, 11):
            step = -step
        place += step
    assert fold(np.arange(4.0, 44.0), 0.0, 10.0).tolist() == walked
    assert fold(np.array([-3.0, 25.0]), 0.0, 10.0).tolist() == [3.0, 5.0]


def test_wave_has_the_asked_period():
    # Period 8: the values repeat after 8 frames and change sign after 4.
    values = wave(np.random.default_rng(0), 32, (8, 8), 2.5)
    np.testing.assert_allclose(values[8:], values[:-8], atol=1e-9)
    np.testing.assert_allclose(values[4:], -values[:-4], atol=1e-9)
    # Mean square of a sine: half the squared amplitude.
    assert np.mean(values**2) == pytest.approx(2.5**2 / 2)


def motion_iou(track, offset=1):
    """Mean IoU of upright boxes around the centres, straight loops."""
    half = np.stack([track.sizes / 3, track.sizes / 2], 1)
    boxes = np.hstack([track.centers - half, track.centers + half])
    ious = []
    for t, a in enumerate(boxes):
        for u, b in enumerate(boxes):
            if t == u or abs(t - u) > 10:
                continue
            width = min(a[2], b[2]) - max(a[0], b[0])
            height = min(a[3], b[3]) - max(a[1], b[1])
            both = max(width, 0) * max(height, 0)
            areas = [(x[2] - x[0]) * (x[3] - x[1]) for x in (a, b)]
            ious.append(both / (sum(areas) - both))
    return np.mean(ious)


def test_speeds_give_the_motion_iou_of_imagenet_vid():
    # slow [0.9, 1], medium [0.7, 0.9], fast [0, 0.7] (method's evaluation).
    ious = {
        speed: [motion_iou(track_of(seed, speed)) for seed in range(30)]
        for speed in SPEEDS
    }
    assert 0.9 < np.median(ious['slow'])
    assert 0.7 < np.median(ious['medium']) < 0.9
    assert np.median(ious['fast']) < 0.6
    assert min(ious['slow']) > max(ious['fast'])


def test_speeds_are_ordered_by_displacement():
    shifts = {
        speed: [
            np.hypot(*np.diff(track.centers, axis=0).T).mean()
            / track.sizes.mean()
            for track in (track_of(seed, speed) for seed in range(30))
        ]
        for speed in SPEEDS
    }
    assert max(shifts['slow']) < min(shifts['medium'])
    assert max(shifts['medium']) < min(shifts['fast'])


def test_digits_stay_inside_unless_they_leave():
    size = np.array([112, 96])
    for seed in range(30):
        for speed in SPEEDS:
            track = track_of(seed, speed)
            assert (track.centers >= 0.17 * size - 1e-6).all()
            assert (track.centers <= 0.83 * size + 1e-6).all()
            assert SIZE_RANGE[0] <= track.sizes.min()
            assert track.sizes.max() <= SIZE_RANGE[1]
            # 6 and 9 are told apart by which way is up.
            assert np.abs(track.angles).max() < 45


def test_leaving_digits_cross_the_border_once():
    ways = set()
    for seed in range(30):
        centers = track_of(seed, 'fast', leaves=True).centers
        size = np.array([112, 96])
        inside = ((centers >= -1e-6) & (centers <= size + 1e-6)).all(1)
        # The crossing is in the outer halves, never at the very ends.
        assert inside.any() and not inside.all()
        ways.add((bool(inside[0]), bool(inside[-1])))
        # Visible for about a third of the video at least.
        assert inside.sum() >= 5
    assert {(True, False), (False, True)} <= ways


def test_velocity_of_a_single_frame_is_zero():
    assert track_of(0, 'fast', frames=1).velocities.tolist() == [[0.0, 0.0]]


def test_textures_have_the_asked_statistics():
    rng = np.random.default_rng(0)
    noise = value_noise(rng, (60, 80), 9)
    assert noise.shape == (60, 80)
    assert noise.mean() == pytest.approx(0, abs=1e-4)
    assert noise.std() == pytest.approx(1, abs=1e-3)
    arcs = stroke_clutter(rng, (60, 80), 5)
    assert 0.02 < (np.abs(arcs) > 0.3).mean() < 0.5
    assert not stroke_clutter(rng, (60, 80), 0).any()
    texture = make_texture(rng, (200, 200), 120, 10, 0)
    # Casts move a channel by up to 18, tints scale the pattern by 0.7 to 1.3.
    assert np.abs(texture.mean((0, 1)) - 120).max() < 20
    ratio = texture.std((0, 1))
    assert ratio.max() / ratio.min() < 1.3 / 0.7 + 1e-3
