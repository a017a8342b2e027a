# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The released code's keys and skip connection, written out."""

import pytest
import torch
from torch.nn.functional import linear as apply_linear

from mmhvr.released import ReleasedIntraVideoRelation


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def randomise(module):
    """Weights large enough that the attention is far from uniform."""
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, std=0.7)
    return module


def linear(layer, x):
    return apply_linear(x, layer.weight, layer.bias)


def test_skip_of_the_released_code():
    # The last linear layer reads the initial supports.
    intra = randomise(
        ReleasedIntraVideoRelation(4, num_modules=3, own_keys=False)
    )
    x, s1 = torch.randn(2, 4), torch.randn(6, 4)
    one, two, three = intra.relations
    fc2, fc3 = (fc[0] for fc in intra.fcs)
    a = one(x, s1)
    a = two(linear(fc2, a).relu(), linear(fc2, s1).relu())
    expected = three(linear(fc3, a).relu(), linear(fc3, s1).relu())
    torch.testing.assert_close(intra(x, s1), expected)
    with pytest.raises(ValueError, match="skip.*'both'"):
        ReleasedIntraVideoRelation(4, skip='both')


def test_own_keys_written_out():
    # The target frame's own rows, as the module before left them.
    intra = randomise(ReleasedIntraVideoRelation(4, num_modules=2, skip=True))
    x, s1 = torch.randn(2, 4), torch.randn(6, 4)
    one, two = intra.relations
    fc = intra.fcs[0][0]
    a = linear(fc, one(x, torch.cat([s1, x]))).relu()
    s2 = linear(fc, s1).relu()
    expected = two(a, torch.cat([a, s1, s2]))
    torch.testing.assert_close(intra(x, s1), expected)
    # Without a support a proposal still relates to its own frame.
    alone = linear(fc, one(x, x)).relu()
    torch.testing.assert_close(intra(x, x[:0]), two(alone, alone))
