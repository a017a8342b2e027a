# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Eq. 4 and its stand-in against formulas written out."""

import pytest
import torch
import torch.nn.functional as F

from mmhvr.models.relations import (
    PooledInterVideoRelation,
    TripletInterVideoRelation,
)
from mmhvr.models.relations.inter_video import BaseInterVideoRelation

NONE = tuple(torch.zeros(0, dtype=torch.long) for _ in range(3))


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def build(cls, **kwargs):
    module = cls(4, **kwargs)
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, std=0.7)
    for fc in module.fcs:
        # No feature is all zero behind the ReLU, so no cosines are tied.
        torch.nn.init.constant_(fc[0].bias, 2.0)
    return module


def kernel(module, query, keys):
    """Weights of one query [D] over keys [M, D], from the definition."""
    relation = module.relations[0]
    logits = relation.phi(keys) @ relation.theta(query) / 2  # sqrt(4) = 2
    return logits.exp() / logits.exp().sum()


def test_eq_4_written_out():
    module = build(TripletInterVideoRelation, without_triplet='itself')
    alpha = torch.randn(5, 4)
    triplets = (
        torch.tensor([0, 3]),
        torch.tensor([1, 4]),
        torch.tensor([2, 2]),
    )
    hidden = module.fcs[0](alpha)
    expected = hidden.clone()
    for a, p, n in zip(*triplets):
        f_p, f_n = kernel(module, hidden[a], hidden[torch.stack([p, n])])
        expected[a] = hidden[a] + f_p * hidden[p] + f_n * hidden[n]
    torch.testing.assert_close(module(alpha, triplets), expected)


def test_without_triplet_the_two_nearest_others_stand_in():
    module = build(TripletInterVideoRelation, without_triplet='nearest')
    alpha = torch.randn(5, 4)
    hidden = module.fcs[0](alpha)
    expected = []
    for i in range(5):
        others = [j for j in range(5) if j != i]
        others.sort(
            key=lambda j: -F.cosine_similarity(hidden[i], hidden[j], dim=0)
        )
        keys = hidden[others[:2]]
        expected.append(hidden[i] + kernel(module, hidden[i], keys) @ keys)
    torch.testing.assert_close(module(alpha, NONE), torch.stack(expected))
    # At test the same computation, with the window to choose from.
    torch.testing.assert_close(
        module.predict(alpha[:2], alpha[2:]), torch.stack(expected)[:2]
    )


def test_mined_triplets_leak_labels_and_pooling_does_not():
    # Two batches with one set of features but different ground truth: the
    # output must not change if no label is to reach the classifier.
    alpha = torch.randn(5, 4)
    one = tuple(torch.tensor([i]) for i in (0, 1, 2))
    other = tuple(torch.tensor([i]) for i in (0, 3, 4))
    pooled = build(PooledInterVideoRelation)
    assert torch.equal(pooled(alpha, one), pooled(alpha, other))
    mined = build(TripletInterVideoRelation)
    assert not torch.allclose(mined(alpha, one), mined(alpha, other))


def test_pooled_written_out():
    module = build(PooledInterVideoRelation)
    alpha = torch.randn(5, 4)
    hidden = module.fcs[0](alpha)
    expected = torch.stack(
        [h + kernel(module, h, hidden) @ hidden for h in hidden]
    )
    torch.testing.assert_close(module(alpha, NONE), expected)
    # Test time: same sums, for the target frame's rows only.
    torch.testing.assert_close(
        module.predict(alpha[:2], alpha[2:]), expected[:2]
    )


def test_two_modules_at_test_equal_two_in_training():
    module = build(PooledInterVideoRelation, num_modules=2)
    alpha = torch.randn(5, 4)
    torch.testing.assert_close(
        module.predict(alpha[:2], alpha[2:]), module(alpha, NONE)[:2]
    )


@pytest.mark.parametrize(
    'cls', [PooledInterVideoRelation, TripletInterVideoRelation]
)
def test_off_at_test_leaves_the_linear_layer(cls):
    module = build(cls, at_test='off')
    alpha, window = torch.randn(2, 4), torch.randn(3, 4)
    assert not module.needs_window
    assert torch.equal(module.predict(alpha, window), module.fcs[0](alpha))


@pytest.mark.parametrize(
    'kwargs, message',
    [
        (dict(num_modules=0), 'num_modules.*inter=None'),
        (dict(at_test='on'), "at_test.*'on'"),
        (dict(without_triplet='zero'), "without_triplet.*'zero'"),
    ],
)
def test_wrong_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        TripletInterVideoRelation(4, **kwargs)


@pytest.mark.parametrize(
    'cls', [PooledInterVideoRelation, TripletInterVideoRelation]
)
@pytest.mark.parametrize('rows', [0, 1, 2])
def test_few_proposals(cls, rows):
    module = build(cls)
    alpha = torch.randn(rows, 4, requires_grad=True)
    assert module.predict(alpha, alpha[:0]).shape == (rows, 4)
    out = module(alpha, NONE)
    assert out.shape == (rows, 4)
    out.sum().backward()
    assert alpha.grad.shape == (rows, 4)


def test_base_class_says_what_is_missing():
    module = BaseInterVideoRelation(4)
    with pytest.raises(NotImplementedError, match='relate_module'):
        module(torch.randn(2, 4), NONE)


@pytest.mark.parametrize(
    'cls', [PooledInterVideoRelation, TripletInterVideoRelation]
)
def test_starts_as_identity_with_an_output_projection(cls):
    module = cls(4, num_modules=2, relation=dict(out_proj=True))
    module.init_weights()
    alpha = torch.rand(5, 4)  # as behind a ReLU: not negative
    torch.testing.assert_close(module(alpha, NONE), alpha)
    torch.testing.assert_close(module.predict(alpha[:2], alpha[2:]), alpha[:2])
