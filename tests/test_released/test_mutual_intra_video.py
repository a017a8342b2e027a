# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Every frame enhanced by the whole window, against a proposal at a time."""

import math

import pytest
import torch

from mmhvr.released import MutualIntraVideoRelation


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def build(skip=True, **kwargs):
    intra = MutualIntraVideoRelation(4, skip=skip, **kwargs).double()
    for parameter in intra.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return intra


def one_query(module, x, keys):
    """Eq. 2 for one query over a list of keys."""
    logits = [
        float(module.theta(x) @ module.phi(key)) / math.sqrt(4) for key in keys
    ]
    total = sum(math.exp(value) for value in logits)
    weights = [math.exp(value) / total for value in logits]
    return x + sum(w * key for w, key in zip(weights, keys))


def plain(intra, frames, target):
    """Lists of rows, one proposal after the other, nothing shared."""
    relations, fcs = list(intra.relations), list(intra.fcs)
    initial = [[row for row in frame] for frame in frames]
    if not relations:
        return torch.stack(initial[target])
    everything = [row for frame in initial for row in frame]
    # The first module: all proposals of all frames.
    supports = [
        [one_query(relations[0], row, everything) for row in frame]
        for frame in initial
    ]
    own = supports[target]
    for index, (fc, relation) in enumerate(zip(fcs, relations[1:])):
        last = index == len(fcs) - 1
        own = [fc(row) for row in own]
        supports = [[fc(row) for row in frame] for frame in supports]
        keys = list(own)
        for t, frame in enumerate(supports):
            if t == target:
                continue
            if last and intra.skip == 'initial':
                keys += [fc(row) for row in initial[t]]
                continue
            keys += frame
            if last and intra.skip:
                keys += initial[t]
        own = [one_query(relation, row, keys) for row in own]
    return torch.stack(own)


@pytest.mark.parametrize('skip', [True, False, 'initial'])
@pytest.mark.parametrize('num_modules', [0, 1, 2, 3, 4])
def test_equals_a_proposal_at_a_time(num_modules, skip):
    intra = build(num_modules=num_modules, skip=skip)
    frames = [torch.rand(n, 4).double() for n in (2, 3, 0, 1)]
    offers = [intra.offer(frame) for frame in frames]
    targets = [0, 3, 1]
    together = intra.enhance_window(frames, offers, targets)
    for target, stages in zip(targets, together):
        expected = plain(intra, frames, target)
        torch.testing.assert_close(stages[-1], expected)
        assert len(stages) == num_modules + 1
        assert torch.equal(stages[0], frames[target])
        # One target, its supports as one tensor or as what they offer.
        others = [t for t in range(4) if t != target]
        support = torch.cat([frames[t] for t in others])
        torch.testing.assert_close(intra(frames[target], support), expected)
        torch.testing.assert_close(
            intra.enhance(frames[target], [offers[t] for t in others]),
            expected,
        )


def test_three_modules_of_the_released_code_by_formula():
    intra = build(skip='initial')
    x, s = torch.rand(2, 4).double(), torch.rand(5, 4).double()
    one, two, three = intra.relations
    fc2, fc3 = intra.fcs
    window = torch.cat([x, s])
    hidden = fc2(one(window, window))
    a = fc3(two(hidden[:2], hidden))
    torch.testing.assert_close(intra(x, s), three(a, torch.cat([a, fc3(s)])))


def test_supports_are_no_constants_of_their_frame():
    # A frame of the window changes what another one contributes: with two
    # modules and without a skip, the second module's keys of frame 1.
    intra = build(num_modules=2, skip=False)
    x, s, other = (torch.rand(n, 4).double() for n in (2, 3, 2))
    with_x = intra.stages(s, x)[1]
    with_other = intra.stages(s, other)[1]
    assert not torch.allclose(with_x, with_other)


@pytest.mark.parametrize('sizes', [(2, 0), (0, 3), (0, 0)])
def test_few_proposals(sizes):
    intra = build()
    x, s = (torch.rand(n, 4).double() for n in sizes)
    out = intra(x, s)
    if sizes[0]:
        torch.testing.assert_close(out, plain(intra, [x, s], 0))
    else:
        assert out.shape == (0, 4)
    out.sum().backward()
    assert all(p.grad is not None for p in intra.parameters())


def test_wrong_arguments():
    with pytest.raises(ValueError, match='own_keys.*IntraVideoRelation'):
        MutualIntraVideoRelation(4, own_keys=False)
