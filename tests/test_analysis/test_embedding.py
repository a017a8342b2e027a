# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import cv2
import numpy as np
import pytest

from mmhvr.analysis.embedding import (
    draw_embeddings,
    neighbour_agreement,
    points_in_a_plane,
)
from mmhvr.visualization.draw import class_colour


def groups(number=12):
    """Three groups of directions, and which row is in which."""
    rng = np.random.default_rng(0)
    labels = np.arange(3).repeat(number)
    features = 5 * np.eye(3)[labels] + 0.1 * rng.normal(size=(len(labels), 3))
    # Cosine distance does not see lengths.
    return features * rng.uniform(0.1, 10, (len(labels), 1)), labels


def test_groups_stay_together_and_the_seed_decides():
    features, labels = groups()
    points = points_in_a_plane(features, seed=1)
    assert neighbour_agreement(features, labels) == 1
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    assert (labels[distance.argmin(1)] == labels).all()
    np.testing.assert_array_equal(points, points_in_a_plane(features, seed=1))


@pytest.mark.parametrize('seed', range(5))
def test_agreement_against_a_loop(seed):
    rng = np.random.default_rng(seed)
    features, labels = rng.normal(size=(15, 4)), rng.integers(0, 3, 15)
    same = 0
    for i in range(15):
        best = max(
            (j for j in range(15) if j != i),
            key=lambda j: (
                features[i]
                @ features[j]
                / np.linalg.norm(features[i])
                / np.linalg.norm(features[j])
            ),
        )
        same += labels[i] == labels[best]
    assert neighbour_agreement(features, labels) == pytest.approx(same / 15)


def test_few_points():
    assert np.isnan(neighbour_agreement(np.ones((1, 2)), np.zeros(1)))
    with pytest.raises(ValueError, match='3 proposals are too few'):
        points_in_a_plane(np.ones((3, 2)))
    assert points_in_a_plane(np.random.rand(4, 8)).shape == (4, 2)


def test_colours_are_those_of_the_boxes(tmp_path):
    path = str(tmp_path / 'plane.png')
    points = np.random.default_rng(0).normal(size=(30, 2))
    labels = np.array([0, 1, 2] * 10)
    draw_embeddings(
        [('one', points), ('two', points)],
        labels,
        np.arange(3).repeat(10),
        ['ant', 'bee'],
        'title',
        path,
    )
    image = cv2.imread(path).astype(int)
    half = image.shape[1] // 2
    grey = (208, 208, 208)  # label 2 of 2 classes: background
    for colour in (class_colour(0), class_colour(1), grey):
        hit = (abs(image - colour) < 3).all(2)
        assert hit[:, :half].sum() > 50 and hit[:, half:].sum() > 50
