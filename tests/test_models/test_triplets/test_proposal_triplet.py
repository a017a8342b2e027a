# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Proposal triplets (eq. 3): brute force and pytorch-metric-learning."""

import pytest
import torch
from pytorch_metric_learning import distances, miners
from pytorch_metric_learning.utils import loss_and_miner_utils

from mmhvr.models.triplets import (
    AllProposalTripletSelector,
    ProposalTripletSelector,
    RandomProposalTripletSelector,
    select_proposal_triplets,
)

K = 3  # classes; label 3 is the background


def brute_force(
    anchors,
    anchor_labels,
    candidates,
    candidate_labels,
    exclude,
    background_negatives,
):
    found = []
    for i, a in enumerate(anchors):
        if anchor_labels[i] == K:
            continue
        positives, negatives = [], []
        for j, c in enumerate(candidates):
            if exclude is not None and exclude[i] == j:
                continue
            cosine = float(a @ c / (a.norm() * c.norm()))
            if candidate_labels[j] == anchor_labels[i]:
                positives.append((cosine, j))
            elif candidate_labels[j] != K or background_negatives:
                negatives.append((-cosine, j))
        if positives and negatives:
            found.append((i, min(positives)[1], min(negatives)[1]))
    return found


@pytest.mark.parametrize('background_negatives', [False, True])
@pytest.mark.parametrize('excluding', [False, True])
@pytest.mark.parametrize('seed', range(25))
def test_equals_brute_force(seed, excluding, background_negatives):
    rng = torch.Generator().manual_seed(seed)
    anchors, candidates = (
        torch.randn(n, 4, generator=rng, dtype=torch.float64) for n in (6, 12)
    )
    labels = torch.randint(0, K + 1, (6,), generator=rng)
    candidate_labels = torch.randint(0, K + 1, (12,), generator=rng)
    exclude = torch.randint(-1, 12, (6,), generator=rng) if excluding else None
    got = select_proposal_triplets(
        anchors,
        labels,
        candidates,
        candidate_labels,
        K,
        exclude,
        background_negatives,
    )
    assert [t.dtype for t in got] == [torch.long] * 3
    expected = brute_force(
        anchors,
        labels,
        candidates,
        candidate_labels,
        exclude,
        background_negatives,
    )
    assert list(zip(*(t.tolist() for t in got))) == expected


def test_the_anchor_may_be_its_own_positive():
    # Cosines of the anchor (1, 0) to itself 1, to (1, 1) 0.71 with the same
    # label, to (0, 1) with another: the least similar positive is (1, 1); of
    # the second anchor, alone with its label, it is itself or there is none.
    features = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    labels = torch.tensor([0, 0, 1])
    args = (features, labels, features, labels, K, torch.arange(3))
    got = ProposalTripletSelector(exclude_anchor=False)(*args)
    assert [t.tolist() for t in got] == [[0, 1, 2], [1, 0, 2], [2, 2, 1]]
    got = ProposalTripletSelector()(*args)
    assert [t.tolist() for t in got] == [[0, 1], [1, 0], [2, 2]]


@pytest.mark.parametrize('seed', range(10))
def test_all_triplets_of_pytorch_metric_learning(seed):
    rng = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, K + 1, (9,), generator=rng)
    features = torch.zeros(9, 1)
    got = AllProposalTripletSelector()(
        features, labels, features, labels, K, torch.arange(9)
    )
    foreground = (labels != K).nonzero()[:, 0]
    expected = loss_and_miner_utils.get_all_triplets_indices(
        labels[foreground]
    )
    assert set(zip(*(t.tolist() for t in got))) == set(
        zip(*(foreground[t].tolist() for t in expected))
    )


@pytest.mark.parametrize('seed', range(20))
def test_equals_batch_hard_mining_of_pytorch_metric_learning(seed):
    # Foreground only, each anchor a candidate too: this is batch-hard.
    rng = torch.Generator().manual_seed(seed)
    features = torch.randn(12, 5, generator=rng)
    labels = torch.randint(0, K, (12,), generator=rng)
    miner = miners.BatchHardMiner(distance=distances.CosineSimilarity())
    expected = [t.tolist() for t in miner(features, labels)]
    got = select_proposal_triplets(
        features, labels, features, labels, K, exclude=torch.arange(12)
    )
    assert [t.tolist() for t in got] == expected


def test_ties_go_to_the_lowest_index():
    anchors = torch.ones(1, 2)
    candidates = torch.ones(5, 2)
    got = select_proposal_triplets(
        anchors,
        torch.tensor([0]),
        candidates,
        torch.tensor([1, 0, 1, 0, K]),
        K,
    )
    assert [t.tolist() for t in got] == [[0], [1], [0]]


@pytest.mark.parametrize(
    'labels, candidate_labels',
    [
        ([K, K], [0, 1, 2]),
        ([0, 0], [0, 0, K]),
        ([0, 1], [2, 2, K]),
        ([], [0, 1, 2]),
        ([0, 1], []),
    ],
)
def test_no_triplet(labels, candidate_labels):
    # background anchors; no negative; no positive; no anchor; no candidate
    got = ProposalTripletSelector()(
        torch.randn(len(labels), 4),
        torch.tensor(labels, dtype=torch.long),
        torch.randn(len(candidate_labels), 4),
        torch.tensor(candidate_labels, dtype=torch.long),
        K,
    )
    assert [t.tolist() for t in got] == [[], [], []]
    assert [t.dtype for t in got] == [torch.long] * 3


def test_random_triplets_are_fair():
    selector = RandomProposalTripletSelector()
    labels = torch.tensor([0, 0, 0, 1, 1, 2, 2])  # 2 is the background
    features = torch.ones(7, 3)  # the mined ones never change
    torch.manual_seed(0)
    counts = torch.zeros(7, 7)
    for _ in range(1000):
        anchors, positives, negatives = selector(
            features[:4], labels[:4], features, labels, 2, torch.arange(4)
        )
        assert anchors.tolist() == [0, 1, 2, 3]
        for anchor, positive, negative in zip(anchors, positives, negatives):
            counts[anchor, positive] += 1
            counts[anchor, negative] += 1
    expected = torch.zeros(7, 7)
    expected[0, [1, 2, 3, 4]] = 500
    expected[1, [0, 2, 3, 4]] = 500
    expected[2, [0, 1, 3, 4]] = 500
    expected[3, 4] = 1000
    expected[3, [0, 1, 2]] = 1000 / 3
    assert ((counts == 0) == (expected == 0)).all()
    # Four standard deviations of a binomial distribution at most.
    assert (counts - expected).abs().max() < 4 * 250**0.5
