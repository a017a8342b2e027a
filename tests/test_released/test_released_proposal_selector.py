# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The released code's proposal triplets: brute force and another library."""

import pytest
import torch
from pytorch_metric_learning import distances, miners

from mmhvr.released import ReleasedProposalTripletSelector
from mmhvr.released.proposal_selector import nearest_foreground

K = 3  # classes; label 3 is the background


@pytest.mark.parametrize('seed', range(20))
def test_dot_products_instead_of_cosines(seed):
    rng = torch.Generator().manual_seed(seed)
    features = torch.randn(12, 5, generator=rng)
    labels = torch.randint(0, K, (12,), generator=rng)
    miner = miners.BatchHardMiner(
        distance=distances.DotProductSimilarity(normalize_embeddings=False)
    )
    expected = [t.tolist() for t in miner(features, labels)]
    selector = ReleasedProposalTripletSelector(
        exclude_anchor=True, background_anchors=False
    )
    got = selector(features, labels, features, labels, K, torch.arange(12))
    assert [t.tolist() for t in got] == expected


@pytest.mark.parametrize('similarity', ['cosine', 'dot'])
@pytest.mark.parametrize('seed', range(10))
def test_background_anchors_equal_brute_force(seed, similarity):
    rng = torch.Generator().manual_seed(seed)
    features = torch.randn(12, 4, generator=rng, dtype=torch.float64)
    labels = torch.randint(0, K + 1, (12,), generator=rng)
    expected = []
    for i in range(12):
        if labels[i] != K:
            continue
        near = [
            (
                -float(features[i] @ f)
                / (float(f.norm()) if similarity == 'cosine' else 1),
                j,
            )
            for j, f in enumerate(features)
            if labels[j] != K
        ]
        near.sort()
        expected.append((i, near[0][1], near[1][1]))
    args = (features, labels, features, labels, K)
    got = nearest_foreground(*args, similarity)
    assert list(zip(*(t.tolist() for t in got))) == expected
    # The selector's come behind the triplets of the foreground.
    plain, both = (
        ReleasedProposalTripletSelector(
            background_anchors=with_them, similarity=similarity
        )(*args)
        for with_them in (False, True)
    )
    for one, other, together in zip(plain, got, both):
        assert together.tolist() == one.tolist() + other.tolist()


def test_background_anchors_need_two_objects():
    labels = torch.tensor([K, 0, K])
    features = torch.ones(3, 2)
    got = nearest_foreground(features, labels, features, labels, K)
    assert [t.tolist() for t in got] == [[], [], []]


def test_wrong_similarity():
    with pytest.raises(ValueError, match="similarity.*'l2'"):
        ReleasedProposalTripletSelector(similarity='l2')


def test_background_may_be_negative():
    args = (
        torch.ones(1, 2),
        torch.tensor([0]),
        torch.ones(2, 2),
        torch.tensor([0, K]),
        K,
    )
    without = ReleasedProposalTripletSelector(background_negatives=False)
    assert len(without(*args)[0]) == 0
    selector = ReleasedProposalTripletSelector()
    assert [t.tolist() for t in selector(*args)] == [[0], [0], [1]]
