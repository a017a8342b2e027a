# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The video triplet (eq. 1) against brute force."""

import pytest
import torch

from mmhvr.models.triplets import (
    RandomVideoTripletSelector,
    VideoTripletSelector,
    pool_videos,
    select_video_triplet,
)


def cosine(u, v):
    return float(u @ v / (u.norm() * v.norm()))


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
        ([2, 2, 2], 'other than 2.*num_categories'),
    ],
)
def test_what_is_missing_is_named(labels, message):
    with pytest.raises(ValueError, match=message):
        select_video_triplet(torch.randn(3, 2), torch.tensor(labels))


def test_pooling_is_the_mean_over_space_and_time():
    features = torch.randn(2, 3, 4, 5, 6)
    sizes = torch.tensor([[5, 6], [5, 6]])
    torch.testing.assert_close(
        pool_videos(features, sizes), features.mean(dim=(1, 3, 4))
    )


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
