# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Eq. 6 against numbers worked by hand and pytorch-metric-learning."""

import pytest
import torch
from pytorch_metric_learning import distances, losses, reducers

from mmhvr.models.losses import RelationTripletLoss, relation_triplet_loss


def rows(*values):
    return torch.tensor(values, requires_grad=True)


def test_hand_worked():
    # d(a, p): |(3, 4)| = 5 and |(1, 0)| = 1; d(a, n): |(0, 2)| = 2 and
    # |(0, 4)| = 4. With lambda = 0.5: 5 - 2 + 0.5 = 3.5, 1 - 4 + 0.5 < 0.
    loss = relation_triplet_loss(
        rows([0.0, 0.0], [0.0, 0.0]),
        rows([3.0, 4.0], [1.0, 0.0]),
        rows([0.0, 2.0], [0.0, 4.0]),
        0.5,
    )
    torch.testing.assert_close(loss, torch.tensor([3.5, 0.0]))


def test_hand_worked_normalised():
    # Unit vectors: a = (1, 0), p = (0, 1), n = (-1, 0): d = sqrt 2 and 2.
    loss = relation_triplet_loss(
        rows([5.0, 0.0]),
        rows([0.0, 3.0]),
        rows([-2.0, 0.0]),
        1.0,
        normalize=True,
    )
    torch.testing.assert_close(loss, torch.tensor([2**0.5 - 2 + 1]))


def test_printed_sign():
    # As printed: d(a, n) - d(a, p) + lambda = 2 - 5 + 4 = 1.
    loss = relation_triplet_loss(
        rows([0.0, 0.0]),
        rows([3.0, 4.0]),
        rows([0.0, 2.0]),
        4.0,
        printed_sign=True,
    )
    torch.testing.assert_close(loss, torch.tensor([1.0]))


@pytest.mark.parametrize('seed', range(10))
def test_equals_pytorch_metric_learning(seed):
    torch.manual_seed(seed)
    anchor, positive, negative = torch.randn(3, 7, 5)
    oracle = losses.TripletMarginLoss(
        margin=0.3,
        distance=distances.LpDistance(normalize_embeddings=False),
        reducer=reducers.DoNothingReducer(),
    )
    index = torch.arange(7)
    embeddings = torch.cat([anchor, positive, negative])
    expected = oracle(
        embeddings, indices_tuple=(index, index + 7, index + 14)
    )['loss']['losses']
    torch.testing.assert_close(
        relation_triplet_loss(anchor, positive, negative, 0.3), expected
    )


def test_dot_products_by_hand():
    # a . n - a . p + 10: 1 * 2 + 2 * 4 - (1 * 3 + 2 * 1) + 10 = 15, and
    # 0 - 20 + 10 < 0.
    loss = relation_triplet_loss(
        rows([1.0, 2.0], [4.0, 0.0]),
        rows([3.0, 1.0], [5.0, 0.0]),
        rows([2.0, 4.0], [0.0, 9.0]),
        10.0,
        distance='dot',
    )
    torch.testing.assert_close(loss, torch.tensor([15.0, 0.0]))


@pytest.mark.parametrize('seed', range(10))
def test_dot_products_of_pytorch_metric_learning(seed):
    torch.manual_seed(seed)
    anchor, positive, negative = torch.randn(3, 7, 5)
    oracle = losses.TripletMarginLoss(
        margin=2.0,
        distance=distances.DotProductSimilarity(normalize_embeddings=False),
        reducer=reducers.DoNothingReducer(),
    )
    index = torch.arange(7)
    expected = oracle(
        torch.cat([anchor, positive, negative]),
        indices_tuple=(index, index + 7, index + 14),
    )['loss']['losses']
    loss = RelationTripletLoss(margin=2.0, reduction='sum', distance='dot')
    torch.testing.assert_close(
        loss(anchor, positive, negative), expected.sum()
    )


@pytest.mark.parametrize('printed_sign', [False, True])
def test_sign_of_the_gradient(printed_sign):
    # A step against the gradient brings the positive nearer and takes the
    # negative away; the printed form does the opposite.
    anchor, positive, negative = (
        rows([0.0, 0.0]),
        rows([1.0, 0.0]),
        rows([0.0, 1.0]),
    )
    relation_triplet_loss(
        anchor, positive, negative, 1.0, printed_sign=printed_sign
    ).sum().backward()
    sign = -1 if printed_sign else 1
    assert torch.equal(positive.grad, torch.tensor([[1.0, 0.0]]) * sign)
    assert torch.equal(negative.grad, torch.tensor([[0.0, -1.0]]) * sign)


def test_equal_vectors_have_a_finite_gradient():
    anchor, positive, negative = (rows([1.0, 2.0]) for _ in range(3))
    relation_triplet_loss(anchor, positive, negative, 1.0).sum().backward()
    for tensor in (anchor, positive, negative):
        assert torch.isfinite(tensor.grad).all()


def test_no_triplets_keep_the_graph():
    features = torch.randn(4, 3, requires_grad=True)
    empty = features[:0]
    assert relation_triplet_loss(empty, empty, empty, 1.0).shape == (0,)
    loss = RelationTripletLoss()(empty, empty, empty)
    assert loss.item() == 0
    loss.backward()
    assert torch.equal(features.grad, torch.zeros(4, 3))


@pytest.mark.parametrize(
    'reduction, expected',
    [
        ('mean', 2 * 4 / 3),
        ('sum', 2 * 4),
        ('active', 2 * 4 / 2),
    ],
)
def test_reductions(reduction, expected):
    # d(a, p) = 3, 1, 0 and d(a, n) = 1, 1, 9 with lambda = 1: the losses
    # are 3, 1 and 0; their sum is 4, and gamma is 2.
    loss = RelationTripletLoss(
        margin=1.0, loss_weight=2.0, reduction=reduction
    )
    value = loss(
        rows([0.0], [0.0], [0.0]),
        rows([3.0], [1.0], [0.0]),
        rows([1.0], [1.0], [9.0]),
    )
    assert value.item() == pytest.approx(expected)


def test_wrong_arguments():
    with pytest.raises(ValueError, match="reduction.*'max'"):
        RelationTripletLoss(reduction='max')
    with pytest.raises(ValueError, match="distance.*'cosine'"):
        RelationTripletLoss(distance='cosine')
    with pytest.raises(ValueError, match=r'\(1, 2\), \(2, 2\)'):
        relation_triplet_loss(
            torch.zeros(1, 2), torch.zeros(2, 2), torch.zeros(1, 2), 1.0
        )
