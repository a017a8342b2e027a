# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""relate() against a plain loop and closed forms."""

import math

import pytest
import torch

from mmhvr.models.relations import relate
from mmhvr.models.relations.functional import relate_parts


def loop(query, key, value):
    """The definition, one query and one key at a time."""
    rows = []
    for q in query:
        weights = [
            math.exp(
                sum(a * b for a, b in zip(q.tolist(), k.tolist()))
                / math.sqrt(len(q))
            )
            for k in key
        ]
        total = sum(weights)
        rows.append(sum(w / total * v for w, v in zip(weights, value)))
    return torch.stack(rows)


@pytest.mark.parametrize('seed', range(20))
def test_equals_a_plain_loop(seed):
    rng = torch.Generator().manual_seed(seed)
    n, m, d, c = torch.randint(1, 7, (4,), generator=rng).tolist()
    query, key, value = (
        torch.randn(*shape, generator=rng, dtype=torch.float64)
        for shape in ((n, d), (m, d), (m, c))
    )
    torch.testing.assert_close(
        relate(query, key, value), loop(query, key, value)
    )


def test_hand_worked_weights():
    # D = 4, so the logits are 2 ln 3 * (1, 0) / sqrt(4) = (ln 3, 0) and the
    # weights 3/4 and 1/4: 3/4 * 8 + 1/4 * 4 = 7.
    query = torch.tensor([[2 * math.log(3), 0.0, 0.0, 0.0]])
    key = torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
    value = torch.tensor([[8.0], [4.0]])
    torch.testing.assert_close(
        relate(query, key, value), torch.tensor([[7.0]])
    )


def test_without_scaling():
    # As above, but the dot products themselves: 2 ln 3 = ln 9 and 0, so the
    # weights are 9/10 and 1/10: 0.9 * 8 + 0.1 * 4 = 7.6.
    query = torch.tensor([[2 * math.log(3), 0.0, 0.0, 0.0]])
    key = torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
    value = torch.tensor([[8.0], [4.0]])
    torch.testing.assert_close(
        relate(query, key, value, scale=1.0), torch.tensor([[7.6]])
    )


def test_equal_keys_give_the_mean():
    value = torch.randn(5, 3)
    out = relate(torch.randn(2, 4), torch.ones(5, 4), value)
    torch.testing.assert_close(out, value.mean(0).expand(2, 3))


def test_no_keys_give_zero_with_a_graph():
    query = torch.randn(2, 4, requires_grad=True)
    out = relate(query, torch.zeros(0, 4), torch.zeros(0, 3))
    assert torch.equal(out, torch.zeros(2, 3))
    out.sum().backward()
    assert torch.equal(query.grad, torch.zeros(2, 4))


def test_batched_equals_one_by_one():
    query, key, value = (torch.randn(3, n, 4) for n in (2, 5, 5))
    torch.testing.assert_close(
        relate(query, key, value),
        torch.stack([relate(*qkv) for qkv in zip(query, key, value)]),
    )


def test_large_logits_do_not_overflow():
    out = relate(
        torch.full((1, 1), 1e4),
        torch.tensor([[1e4], [-1e4]]),
        torch.tensor([[1.0], [2.0]]),
    )
    assert torch.equal(out, torch.tensor([[1.0]]))


@pytest.mark.parametrize('sizes', [[5], [3, 2], [0, 4, 0, 1], [0, 0], [0, 5]])
@pytest.mark.parametrize('scale', [None, 1.0])
def test_parts_are_as_good_as_the_whole(sizes, scale):
    found = []
    for split in (True, False):
        torch.manual_seed(3)
        query, key, value = (
            torch.randn(n, c, requires_grad=True)
            for n, c in ((2, 4), (sum(sizes), 4), (sum(sizes), 3))
        )
        if split:
            parts = list(zip(key.split(sizes), value.split(sizes)))
            out = relate_parts(query, parts, scale)
        else:
            out = relate(query, key, value, scale)
        out.pow(2).sum().backward()
        found.append((out.detach(), query.grad, key.grad, value.grad))
    for one, two in zip(*found):
        torch.testing.assert_close(one, two)
