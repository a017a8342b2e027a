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


@pytest.mark.parametrize('skip', [False, True])
def test_new_modules_start_by_changing_nothing(skip):
    torch.manual_seed(0)
    old = LinearFirstIntraRelation(16, 2, relation=dict(num_heads=4))
    new = LinearFirstIntraRelation(
        16, 4, relation=dict(num_heads=4), skip=skip, zero_start=2
    )
    old.init_weights()
    new.init_weights()
    assert not new.load_state_dict(old.state_dict(), strict=False)[1]
    h, r = torch.randn(3, 16), torch.randn(10, 16)
    assert torch.equal(new(h, r), old(h, r))
    # And learn from the first step on.
    new(h, r).square().sum().backward()
    for relation in new.relations:
        assert relation.out_proj.weight.grad.any()


def test_skip_adds_the_first_modules_supports_to_the_last_ones():
    intra = make_intra(3, skip=True)
    h, r = torch.randn(3, 16).double(), torch.randn(10, 16).double()
    last = intra.relations[2]
    first_two = make_intra(2)
    first_two.load_state_dict(intra.state_dict(), strict=False)
    before = selsa(first_two, h, r)
    torch.testing.assert_close(intra.stages(h, r)[2], before)
    fc = intra.fcs[1]
    supports = [r, fc(relu(intra.fcs[0](relu(r))))]
    expected = relu(last(fc(before), torch.cat(supports)))
    torch.testing.assert_close(intra(h, r), expected)


@pytest.mark.parametrize(
    'options, message',
    [
        (dict(num_modules=0), 'num_modules must be at least 1'),
        (dict(skip='initial'), "skip must be one of .True, False., got 'in"),
        (dict(zero_start=2), 'zero_start is 2, but must be 0 or more and be'),
        (dict(zero_start=-1), 'zero_start is -1'),
    ],
)
def test_options_that_cannot_be(options, message):
    with pytest.raises(ValueError, match=message):
        LinearFirstIntraRelation(16, **options)
