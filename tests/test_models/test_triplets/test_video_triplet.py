# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The video triplet (eq. 1) against brute force."""

import math

import pytest
import torch

from mmhvr.models.triplets import (
    RandomVideoTripletSelector,
    VideoTripletSelector,
    select_video_triplet,
)
from mmhvr.models.triplets.video_structures import VideoVectors
from mmhvr.models.triplets.video_triplet import (
    NonFiniteFeaturesError,
    find_companions,
    pool_videos,
)


def cosine(u, v):
    return float(u @ v / (u.norm() * v.norm()))


def shares(features, index):
    """Softmax of scaled dot products, one video after the other."""
    logits = [float(features[index] @ f) / len(f) ** 0.5 for f in features]
    total = sum(math.exp(x) for x in logits)
    return [math.exp(x) / total for x in logits]


@pytest.mark.parametrize('near_both', [False, True])
@pytest.mark.parametrize('similarity', ['cosine', 'softmax'])
@pytest.mark.parametrize('seed', range(10))
def test_the_released_choices_equal_brute_force(seed, similarity, near_both):
    rng = torch.Generator().manual_seed(seed)
    features = 2 * torch.randn(9, 4, generator=rng, dtype=torch.float64)
    labels = torch.tensor([0, 1, 2] * 3)
    for target in range(9):
        if similarity == 'softmax':
            rows = [shares(features, v) for v in range(9)]
        else:
            rows = [[cosine(u, v) for u in features] for v in features]
        same = [v for v in range(9) if labels[v] == labels[target]]
        same.remove(target)
        positive = min(same, key=lambda v: rows[target][v])
        other = [v for v in range(9) if labels[v] != labels[target]]
        negative = max(
            other,
            key=lambda v: rows[target][v] + near_both * rows[positive][v],
        )
        assert select_video_triplet(
            features, labels, target, similarity, near_both
        ) == (positive, negative)


def test_near_both_by_hand():
    # Cosines to the target 0: 1/sqrt(2) = 0.71 for the video (1, 1), 0.6 for
    # (3, -4) / 5. To the positive (0, -1): -0.71 and 0.8. Sums: 0 and 1.4.
    features = torch.tensor([[1.0, 0.0], [0.0, -1.0], [1.0, 1.0], [3.0, -4.0]])
    labels = torch.tensor([0, 0, 1, 1])
    assert select_video_triplet(features, labels) == (1, 2)
    assert select_video_triplet(features, labels, near_both=True) == (1, 3)


@pytest.mark.parametrize('seed', range(30))
def test_equals_brute_force(seed):
    rng = torch.Generator().manual_seed(seed)
    features = torch.randn(9, 4, generator=rng, dtype=torch.float64)
    labels = torch.randint(0, 3, (9,), generator=rng)
    labels[:4] = torch.tensor([0, 0, 1, 1])  # a triplet exists
    target = seed % 4
    same, other = [], []
    for v in range(9):
        if v != target:
            pair = (cosine(features[v], features[target]), v)
            (same if labels[v] == labels[target] else other).append(pair)
    best = max(value for value, _ in other)
    expected = (min(same)[1], min(v for value, v in other if value == best))
    assert select_video_triplet(features, labels, target) == expected


def test_ties_go_to_the_lowest_index():
    features = torch.ones(6, 2)
    labels = torch.tensor([1, 0, 1, 1, 0, 2])
    assert select_video_triplet(features, labels) == (2, 1)


@pytest.mark.parametrize('near_both', [False, True])
@pytest.mark.parametrize('similarity', ['cosine', 'softmax'])
@pytest.mark.parametrize('seed', range(20))
def test_companions_of_any_videos_equal_brute_force(
    seed, similarity, near_both
):
    """Videos without a category, and several entries of one video."""
    rng = torch.Generator().manual_seed(seed)
    number = 2 + seed % 7
    features = torch.randn(number, 4, generator=rng, dtype=torch.float64)
    labels = torch.randint(-1, 2, (number,), generator=rng).tolist()
    identities = torch.randint(-1, 3, (number,), generator=rng).tolist()
    if similarity == 'softmax':
        rows = [shares(features, v) for v in range(number)]
    else:
        rows = [[cosine(u, v) for u in features] for v in features]
    for target in range(number):
        places = {'same': [], 'other': []}
        for v, (label, identity) in enumerate(zip(labels, identities)):
            own = identity == identities[target] != -1
            if v == target or label == -1:
                continue
            if label != labels[target]:
                places['other'].append(v)
            elif not own:
                places['same'].append(v)
        positive = min(
            places['same'], key=lambda v: rows[target][v], default=None
        )
        add = near_both and positive is not None
        negative = max(
            places['other'],
            key=lambda v: rows[target][v] + (rows[positive][v] if add else 0),
            default=None,
        )
        videos = VideoVectors(
            features, torch.tensor(labels), torch.tensor(identities)
        )
        assert find_companions(
            features,
            videos.labels,
            target,
            similarity,
            near_both,
            videos.identities,
        ) == (positive, negative)
        selector = VideoTripletSelector('mean', similarity, near_both)
        expected = [v for v in (target, positive, negative) if v is not None]
        assert selector.choose_among(videos, [target]) == [tuple(expected)]


def test_random_companions_are_fair():
    videos = VideoVectors(
        torch.ones(7, 1),
        torch.tensor([0, 0, 0, 1, 1, -1, 0]),
        torch.tensor([4, 5, 6, 7, 8, 9, 4]),  # the last one is the target
    )
    selector = RandomVideoTripletSelector()
    torch.manual_seed(0)
    drawn = [selector.choose_among(videos, [0])[0] for _ in range(2000)]
    counts = {t: drawn.count(t) for t in set(drawn)}
    assert sorted(counts) == [(0, p, n) for p in (1, 2) for n in (3, 4)]
    # Four standard deviations of a binomial distribution at most.
    assert all(
        abs(n - 500) < 4 * (2000 * 0.25 * 0.75) ** 0.5 for n in counts.values()
    )


def test_features_that_are_not_finite_are_no_companions():
    features = torch.tensor([[1.0, 0.0]] * 4)
    features[1] = float('nan')
    labels = torch.tensor([0, 0, 1, 1])
    assert find_companions(features, labels, 0) == (None, 2)
    assert find_companions(features, labels, 1) == (None, None)
    with pytest.raises(ValueError, match='1 of 4 videos are NaN'):
        select_video_triplet(features, labels)


def test_length_of_the_vectors_does_not_matter():
    features = torch.tensor(
        [[1.0, 0.0], [9.0, 1.0], [0.0, 0.1], [8.0, 8.0], [1.0, 9.0]]
    )
    labels = torch.tensor([0, 0, 0, 1, 1])
    assert select_video_triplet(features, labels) == (2, 3)


@pytest.mark.parametrize(
    'labels, message',
    [
        ([0, 1, 1], 'second video of category 0.*videos_per_category'),
        (
            [2, 2, 2],
            'other than 2.*num_categories.*one class.*video_selector=None',
        ),
    ],
)
def test_what_is_missing_is_named(labels, message):
    with pytest.raises(ValueError, match=message):
        select_video_triplet(torch.randn(3, 2), torch.tensor(labels))


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_features_that_are_not_finite_are_named(value):
    features = torch.ones(4, 2)
    features[1:3, 1] = value
    with pytest.raises(NonFiniteFeaturesError, match='of 2 of 4 videos are'):
        select_video_triplet(features, torch.tensor([0, 0, 1, 1]))


def test_pooling_is_the_mean_over_space_and_time():
    features = torch.randn(2, 3, 4, 5, 6)
    sizes = torch.tensor([[5, 6], [5, 6]])
    torch.testing.assert_close(
        pool_videos(features, sizes), features.mean(dim=(1, 3, 4))
    )


def test_largest_over_time_of_the_means_over_space():
    features = torch.randn(2, 3, 4, 5, 6)
    sizes = torch.tensor([[2, 3], [5, 6]])
    expected = torch.stack(
        [
            features[0, :, :, :2, :3].mean(dim=(2, 3)).max(0).values,
            features[1].mean(dim=(2, 3)).max(0).values,
        ]
    )
    torch.testing.assert_close(pool_videos(features, sizes, 'max'), expected)


@pytest.mark.parametrize(
    'choices, negative',
    [
        # Cosines to the target are 1, 1 and 0.37: the first of two.
        (dict(), 2),
        (dict(over_time='max'), 2),
        # Dot products of the means: 6, 4 and 4.
        (dict(similarity='softmax'), 2),
        # Of the largest values: 6, 8 and 4.
        (dict(similarity='softmax', over_time='max'), 3),
        # Shares by softmax(dot / sqrt(2)). Of the target, e to the 2.83 (it
        # itself), 0, 4.24, 5.66, 2.83: 0.18, 0.73 and 0.04 of the three; of
        # the positive, e to the 0, 2.83, 0, 0, 7.07: 0, 0 and 0.98.
        (dict(similarity='softmax', over_time='max', near_both=True), 4),
    ],
)
def test_selector_keeps_its_choices(choices, negative):
    frames = torch.tensor(
        [
            [[2.0, 0.0], [2.0, 0.0]],
            [[0.0, 2.0], [0.0, 2.0]],
            [[3.0, 0.0], [3.0, 0.0]],
            [[4.0, 0.0], [0.0, 0.0]],
            [[2.0, 5.0], [2.0, 5.0]],
        ]
    )
    maps = frames[..., None, None].expand(5, 2, 2, 3, 3)
    labels = torch.tensor([0, 0, 1, 1, 1])
    selector = VideoTripletSelector(**choices)
    chosen = selector(maps, labels, torch.full((5, 2), 3))
    assert chosen == [(0, 1, negative)]


def test_wrong_choices():
    with pytest.raises(ValueError, match="over_time.*'median'"):
        VideoTripletSelector(over_time='median')
    with pytest.raises(ValueError, match="similarity.*'l2'"):
        VideoTripletSelector(similarity='l2')


def test_padding_does_not_count():
    features = torch.randn(2, 3, 4, 5, 6)
    expected = torch.stack(
        [
            features[0, :, :, :2, :3].mean(dim=(0, 2, 3)),
            features[1].mean(dim=(0, 2, 3)),
        ]
    )
    torch.testing.assert_close(
        pool_videos(features, torch.tensor([[2, 3], [5, 6]])), expected
    )


def test_selector_passes_no_gradient():
    features = torch.randn(4, 2, 3, 2, 2, requires_grad=True)
    labels = torch.tensor([0, 0, 1, 1])
    sizes = torch.full((4, 2), 2)
    selector = VideoTripletSelector()
    vectors = features.detach().mean(dim=(1, 3, 4))
    expected = [
        (v, *select_video_triplet(vectors, labels, v)) for v in range(4)
    ]
    assert selector(features, labels, sizes) == expected[:1]
    assert selector(features, labels, sizes, targets=(3, 1)) == [
        expected[3],
        expected[1],
    ]


def test_random_triplets_are_fair():
    selector = RandomVideoTripletSelector()
    labels = torch.tensor([0, 0, 0, 1, 1, 2])
    features = torch.ones(6, 1, 1, 1, 1)  # the mined one never changes
    sizes = torch.ones(6, 2)
    torch.manual_seed(0)
    drawn = [selector(features, labels, sizes)[0] for _ in range(3000)]
    assert {target for target, _, _ in drawn} == {0}
    for place, fair in ((1, {1: 1500, 2: 1500}), (2, {3: 1, 4: 1, 5: 1})):
        counts = [sum(t[place] == v for t in drawn) for v in fair]
        assert sum(counts) == 3000
        # Four standard deviations of a binomial distribution at most.
        share = 1 / len(fair)
        for count in counts:
            assert abs(count - 3000 * share) < 4 * (750**0.5)
    torch.manual_seed(0)
    assert [selector(features, labels, sizes)[0] for _ in range(20)] == (
        drawn[:20]
    )
    with pytest.raises(ValueError, match='second video'):
        selector(features, torch.arange(6), sizes)
