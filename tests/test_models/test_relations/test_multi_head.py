# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import numpy as np
import pytest
import torch
from mmtrack.models.aggregators import SelsaAggregator

from mmhvr.models import MultiHeadRelation
from mmhvr.models.relations import relate
from mmhvr.models.relations.functional import relate_heads


def make_relation(channels=12, heads=3, seed=0):
    """Random weights and biases, far from their start."""
    torch.manual_seed(seed)
    relation = MultiHeadRelation(channels, num_heads=heads).double()
    for parameter in relation.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return relation


def loop(relation, x, support):
    """The sum of the docstring, head by head and proposal by proposal."""

    def linear(layer, rows):
        weight = layer.weight.detach().numpy()
        return rows @ weight.T + layer.bias.detach().numpy()

    query, key = linear(relation.theta, x), linear(relation.phi, support)
    value = linear(relation.value, support)
    size = x.shape[1] // relation.num_heads
    found = np.zeros_like(x)
    for n in range(len(x)):
        for head in range(relation.num_heads):
            part = slice(head * size, (head + 1) * size)
            logits = [query[n, part] @ k[part] / size**0.5 for k in key]
            weights = np.exp(logits) / np.exp(logits).sum()
            found[n, part] = sum(w * v[part] for w, v in zip(weights, value))
    return x + linear(relation.out_proj, found)


@pytest.mark.parametrize('heads', [1, 3, 12])
def test_equals_a_loop(heads):
    relation = make_relation(heads=heads)
    rng = np.random.default_rng(heads)
    x, support = rng.normal(size=(4, 12)), rng.normal(size=(7, 12))
    found = relation(torch.from_numpy(x), torch.from_numpy(support))
    np.testing.assert_allclose(
        found.detach().numpy(), loop(relation, x, support), rtol=1e-10
    )


def test_equals_the_aggregator_of_mmtracking():
    relation = make_relation(channels=32, heads=16).float()
    theirs = SelsaAggregator(32, num_attention_blocks=16)
    theirs.load_state_dict(
        {
            f'{their}.{kind}': getattr(getattr(relation, our), kind)
            for our, their in (
                ('theta', 'fc_embed'),
                ('phi', 'ref_fc_embed'),
                ('value', 'ref_fc'),
                ('out_proj', 'fc'),
            )
            for kind in ('weight', 'bias')
        }
    )
    x, support = torch.randn(5, 32), torch.randn(40, 32)
    torch.testing.assert_close(
        relation(x, support), x + theirs(x, support), rtol=1e-5, atol=1e-5
    )


def test_frames_apart_are_frames_together_in_any_order():
    relation = make_relation()
    x, support = torch.randn(3, 12).double(), torch.randn(9, 12).double()
    parts = [relation.offer(rows) for rows in support.split([2, 0, 7])]
    expected = relation(x, support)
    torch.testing.assert_close(relation.attend(x, parts), expected)
    torch.testing.assert_close(relation.attend(x, parts[::-1]), expected)


def test_without_support_nothing_is_added():
    relation = make_relation()
    x = torch.randn(3, 12).double()
    out = relation(x, x[:0])
    assert torch.equal(out, x)
    out.sum().backward()
    assert all(p.grad is not None for p in relation.parameters())


def test_weights_are_the_mean_of_the_heads():
    # theta = phi = 0: every head draws on all keys alike.
    relation = make_relation()
    for layer in (relation.theta, relation.phi):
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    key = relation.offer(torch.randn(5, 12).double())[0]
    weights = relation.weights(torch.randn(2, 12).double(), key)
    torch.testing.assert_close(weights, torch.full((2, 5), 0.2).double())


@pytest.mark.parametrize('heads', [0, 5])
def test_heads_divide_the_channels(heads):
    with pytest.raises(ValueError, match=f'num_heads is {heads}, .* 12'):
        MultiHeadRelation(12, num_heads=heads)


def test_fused_attention_equals_the_plain_kernel():
    query, key, value = (
        torch.randn(4, n, 8, dtype=torch.float64, requires_grad=True)
        for n in (3, 11, 11)
    )
    fused, plain = relate_heads(query, key, value), relate(query, key, value)
    torch.testing.assert_close(fused, plain)
    grads = [
        torch.autograd.grad(out.square().sum(), (query, key, value))
        for out in (fused, plain)
    ]
    torch.testing.assert_close(*grads)
