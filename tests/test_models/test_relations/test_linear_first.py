# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import pytest
import torch
from torch.nn.functional import linear, relu

from mmhvr.models import LinearFirstIntraRelation


def make_intra(modules=2, **kwargs):
    torch.manual_seed(0)
    intra = LinearFirstIntraRelation(
        16, num_modules=modules, relation=dict(num_heads=4), **kwargs
    ).double()
    for parameter in intra.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    return intra


def selsa(intra, h, r):
    """SELSA's head behind its first linear layer, written down."""
    for k, relation in enumerate(intra.relations):
        if k:
            fc = intra.fcs[k - 1]
            h, r = (linear(x, fc.weight, fc.bias) for x in (h, r))
        h, r = relu(relation(h, r)), relu(r)
    return h


@pytest.mark.parametrize('modules', [1, 2, 3])
def test_is_linear_relation_relu(modules):
    intra = make_intra(modules)
    h, r = torch.randn(3, 16).double(), torch.randn(10, 16).double()
    torch.testing.assert_close(intra(h, r), selsa(intra, h, r))


@pytest.mark.parametrize('own', [True, False])
def test_the_own_frame_at_test(own):
    intra = make_intra(own_frame_at_test=own)
    frames = [torch.randn(n, 16).double() for n in (3, 4, 5)]
    offers = [intra.offer(rows) for rows in frames]
    found = intra.enhance_window(frames, offers, [1])[0][-1]
    supports = frames if own else [frames[0], frames[2]]
    expected = selsa(intra, frames[1], torch.cat(supports))
    torch.testing.assert_close(found, expected)


def test_a_frame_alone():
    # Its own proposals are all that there is; without them nothing is added.
    x = torch.randn(3, 16).double()
    for own in (True, False):
        intra = make_intra(own_frame_at_test=own)
        found = intra.enhance_window([x], [intra.offer(x)], [0])[0][-1]
        torch.testing.assert_close(found, selsa(intra, x, x if own else x[:0]))


def test_linear_layers_start_as_shared_ones_of_mmdet():
    # Xavier: a uniform distribution up to sqrt(6 / (in + out)).
    torch.manual_seed(0)
    intra = LinearFirstIntraRelation(64)
    intra.init_weights()
    bound = (6 / 128) ** 0.5
    for layer in (intra.fcs[0], intra.relations[1].value):
        assert 0.95 * bound < layer.weight.abs().max() <= bound
        assert not layer.bias.any()


def test_at_least_one_module():
    with pytest.raises(ValueError, match='num_modules must be at least 1'):
        LinearFirstIntraRelation(16, num_modules=0)
