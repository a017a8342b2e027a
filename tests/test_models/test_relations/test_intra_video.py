# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Eq. 2 and its stack against formulas written out."""

import pytest
import torch

from mmhvr.models.relations import (
    EmbeddedGaussianRelation,
    IntraVideoRelation,
    relate,
)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def randomise(module):
    """Weights large enough that the attention is far from uniform."""
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, std=0.7)
    return module


def linear(layer, x):
    return x @ layer.weight.T + layer.bias


def test_relation_is_eq_2():
    module = randomise(EmbeddedGaussianRelation(3, embed_channels=2))
    x, support = torch.randn(4, 3), torch.randn(5, 3)
    logits = linear(module.theta, x) @ linear(module.phi, support).T / 2**0.5
    expected = torch.zeros(4, 3)
    for m in range(4):
        weights = logits[m].exp() / logits[m].exp().sum()
        expected[m] = x[m] + sum(w * s for w, s in zip(weights, support))
    torch.testing.assert_close(module(x, support), expected)


def test_relation_of_the_paper_has_no_scaling():
    module = randomise(EmbeddedGaussianRelation(3, scaled=False))
    x, support = torch.randn(4, 3), torch.randn(5, 3)
    logits = linear(module.theta, x) @ linear(module.phi, support).T
    weights = logits.exp() / logits.exp().sum(1, keepdim=True)
    torch.testing.assert_close(module(x, support), x + weights @ support)


def test_relation_of_the_released_code():
    module = randomise(EmbeddedGaussianRelation(3, out_proj=True, relu=True))
    x, support = torch.randn(4, 3), torch.randn(5, 3)
    total = relate(module.theta(x), module.phi(support), support)
    expected = (x + linear(module.out_proj, total)).clamp(min=0)
    torch.testing.assert_close(module(x, support), expected)


@pytest.mark.parametrize('out_proj', [False, True])
def test_without_support_features_stay(out_proj):
    # The bias of the output layer must not leak in either.
    module = randomise(EmbeddedGaussianRelation(3, out_proj=out_proj))
    x = torch.randn(4, 3)
    assert torch.equal(module(x, x[:0]), x)


def test_three_modules_written_out():
    intra = randomise(IntraVideoRelation(4, num_modules=3, skip=True))
    x, s1 = torch.randn(2, 4), torch.randn(6, 4)
    one, two, three = intra.relations
    fc2, fc3 = (fc[0] for fc in intra.fcs)
    s2 = linear(fc2, s1).relu()
    s3 = linear(fc3, s2).relu()
    a = one(x, s1)
    a = two(linear(fc2, a).relu(), s2)
    expected = three(linear(fc3, a).relu(), torch.cat([s1, s3]))
    torch.testing.assert_close(intra(x, s1), expected)


def test_skip_is_what_lets_the_last_module_see_the_initial_supports():
    intra = randomise(IntraVideoRelation(4, num_modules=3, skip=False))
    x, s1 = torch.randn(2, 4), torch.randn(6, 4)
    assert [len(s) for s in intra.support_features(s1)] == [6, 6, 6]
    without = intra(x, s1)
    intra.skip = True
    assert [len(s) for s in intra.support_features(s1)] == [6, 6, 12]
    assert not torch.allclose(intra(x, s1), without)


def test_wrong_skip():
    with pytest.raises(ValueError, match="skip.*'initial'"):
        IntraVideoRelation(4, skip='initial')


@pytest.mark.parametrize('num_modules', [0, 1, 2, 5])
def test_any_number_of_modules(num_modules):
    intra = IntraVideoRelation(4, num_modules=num_modules)
    x = torch.randn(2, 4)
    out = intra(x, torch.randn(6, 4))
    assert out.shape == (2, 4)
    assert torch.equal(out, x) == (num_modules == 0)
    assert len(intra.fcs) == max(num_modules - 1, 0)


def test_negative_number_of_modules():
    with pytest.raises(ValueError, match='num_modules.*-1'):
        IntraVideoRelation(4, num_modules=-1)


def test_order_of_the_supports_does_not_matter():
    intra = randomise(IntraVideoRelation(4))
    x, s = torch.randn(2, 4), torch.randn(6, 4)
    torch.testing.assert_close(intra(x, s), intra(x, s.flip(0)))


def test_supports_are_constants_of_their_frame():
    # What a frame contributes can be computed alone and kept.
    intra = randomise(IntraVideoRelation(4))
    frames = [torch.randn(n, 4) for n in (3, 0, 2)]
    alone = [intra.support_features(f) for f in frames]
    together = intra.support_features(torch.cat(frames))
    for level in (0, 1):
        torch.testing.assert_close(
            torch.cat([a[level] for a in alone]), together[level]
        )
    x = torch.randn(2, 4)
    torch.testing.assert_close(
        intra.enhance(x, [intra.offer(f) for f in frames]),
        intra(x, torch.cat(frames)),
    )


def test_no_proposal_in_the_target_frame():
    intra = IntraVideoRelation(4)
    out = intra(torch.zeros(0, 4), torch.randn(6, 4))
    assert out.shape == (0, 4)
    out.sum().backward()
    assert all(p.grad is not None for p in intra.parameters())


@pytest.mark.parametrize('gain', [1.0, 0.5])
def test_starts_as_the_gaussian_kernel_of_the_features(gain):
    # theta and phi start as one rotation: their dot products are those of
    # the features, and the sum is weighted by these alone.
    module = EmbeddedGaussianRelation(4, init_gain=gain)
    module.init_weights()
    x, support = torch.randn(3, 4), torch.randn(5, 4)
    weights = (gain**2 * x @ support.T / 2).softmax(1)  # sqrt(4) = 2
    torch.testing.assert_close(
        module(x, support), x + weights @ support, rtol=1e-4, atol=1e-5
    )


def test_starts_as_identity_with_an_output_projection():
    intra = IntraVideoRelation(4, relation=dict(out_proj=True))
    intra.init_weights()
    x = torch.rand(3, 4)  # as behind a ReLU: not negative
    torch.testing.assert_close(intra(x, torch.rand(5, 4)), x)


def test_other_initialisation_wins():
    intra = IntraVideoRelation(
        4, init_cfg=dict(type='Constant', val=2.0, layer='Linear')
    )
    intra.init_weights()
    assert (intra.fcs[0][0].weight == 2).all()
