# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Attention weights explain what the modules put out."""

import math

import pytest
import torch

from mmhvr.models.relations import (
    IntraVideoRelation,
    PooledInterVideoRelation,
    TripletInterVideoRelation,
)
from mmhvr.models.relations.attention_weights import (
    frame_weights,
    window_attention,
)
from mmhvr.models.relations.functional import relation_weights
from mmhvr.released import (
    MutualIntraVideoRelation,
    ReleasedIntraVideoRelation,
)


class Head:
    """The two parts of a box head that attend."""

    def __init__(self, intra, inter):
        self.intra, self.inter = intra, inter


def random_head(num_modules=3, inter=None, kind=IntraVideoRelation, **intra):
    """A head whose weights are nowhere zero, in double precision."""
    head = Head(
        kind(6, num_modules=num_modules, **intra),
        PooledInterVideoRelation(6, **(inter or {})),
    )
    for part in (head.intra, head.inter):
        part.double()
        for parameter in part.parameters():
            torch.nn.init.normal_(parameter, std=0.4)
    return head


def frames(*sizes):
    return [torch.rand(size, 6, dtype=torch.float64) for size in sizes]


def test_hand_worked_weights():
    # D = 4, logits 2 ln 3 * (1, 0) / sqrt(4) = (ln 3, 0): 3/4 and 1/4.
    query = torch.tensor([[2 * math.log(3), 0.0, 0.0, 0.0]])
    key = torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
    torch.testing.assert_close(
        relation_weights(query, key), torch.tensor([[0.75, 0.25]])
    )
    assert relation_weights(query, key[:0]).shape == (1, 0)


@pytest.mark.parametrize('sizes', [(3, 2), (1, 4, 1, 2), (5, 0, 3)])
def test_first_intra_module_is_x_plus_weighted_supports(sizes):
    torch.manual_seed(0)
    head, features = random_head(), frames(*sizes)
    weights = window_attention(head, features)['intra1']
    x = features[0]
    expected = x.clone()
    for n in range(sizes[0]):
        for t in range(1, len(sizes)):
            for m in range(sizes[t]):
                expected[n] += weights[t][n, m] * features[t][m]
    stages = head.intra.stages(x, torch.cat(features[1:]))
    torch.testing.assert_close(stages[1], expected)


def test_skip_weights_explain_the_last_intra_module():
    torch.manual_seed(0)
    head, features = random_head(), frames(3, 4)
    support = features[1]
    stages = head.intra.stages(features[0], support)
    initial_and_transformed = torch.cat(
        [support, head.intra.fcs[1](head.intra.fcs[0](support))]
    )
    whole = head.intra.weights(features[0], [head.intra.offer(support)])[2]
    query = head.intra.fcs[1](stages[2])
    torch.testing.assert_close(
        query + whole @ initial_and_transformed, stages[3]
    )
    of_frame = window_attention(head, features)['intra3'][1]
    for n in range(3):
        for m in range(4):
            both = whole[n, m] + whole[n, 4 + m]
            torch.testing.assert_close(of_frame[n, m], both)


@pytest.mark.parametrize('num_modules', [1, 2])
def test_inter_weights_explain_the_prediction(num_modules):
    torch.manual_seed(0)
    head = random_head(inter=dict(num_modules=num_modules))
    alpha, window = frames(3, 5)
    weights = head.inter.weights(alpha, window)
    everything = torch.cat([alpha, window])
    for number, fc in enumerate(head.inter.fcs):
        everything = fc(everything)
        if number < len(head.inter.fcs) - 1:
            everything = head.inter.relations[number](everything, everything)
    expected = everything[:3] + weights[-1] @ everything
    torch.testing.assert_close(head.inter.predict(alpha, window), expected)


def test_columns_follow_their_frames():
    torch.manual_seed(0)
    head, features = random_head(num_modules=2), frames(3, 4, 2)
    weights = window_attention(head, features)
    assert list(weights) == ['intra1', 'intra2', 'inter1']
    swapped = window_attention(head, [features[i] for i in (0, 2, 1)])
    for name, of_frames in weights.items():
        total = sum(part.sum(1) for part in of_frames)
        torch.testing.assert_close(total, torch.ones_like(total))
        for part, other in zip(
            of_frames, (swapped[name][i] for i in (0, 2, 1))
        ):
            torch.testing.assert_close(part, other)
        if name.startswith('intra'):
            assert not of_frames[0].any()


def test_columns_of_two_copies_by_hand():
    # Frame of one proposal: initial .1, transformed .2. Frame of two:
    # initial .05 and .15, transformed .2 and .3.
    weights = torch.tensor([[0.1, 0.2, 0.05, 0.15, 0.2, 0.3]])
    first, second = frame_weights(weights, [1, 2])
    torch.testing.assert_close(first, torch.tensor([[0.3]]))
    torch.testing.assert_close(second, torch.tensor([[0.25, 0.45]]))


def test_modules_without_weights():
    torch.manual_seed(0)
    features = frames(3, 4)
    off = random_head(inter=dict(at_test='off'))
    assert 'inter1' not in window_attention(off, features)
    triplets = Head(off.intra, TripletInterVideoRelation(6))
    assert 'inter1' not in window_attention(triplets, features)
    none = Head(random_head(num_modules=0).intra, None)
    assert window_attention(none, features) == {}
    alone = window_attention(random_head(), features[:1])
    assert [len(of_frames) for of_frames in alone.values()] == [1] * 4
    # Alone in its window, a proposal attends to its own frame.
    total = alone['inter1'][0].sum(1)
    torch.testing.assert_close(total, torch.ones_like(total))


def test_own_proposals_as_keys():
    # The first module's output is x and the weighted proposals of all
    # frames, those of the target frame itself included.
    torch.manual_seed(0)
    head = random_head(kind=ReleasedIntraVideoRelation)
    features = frames(3, 4, 2)
    attention = window_attention(head, features)
    assert list(attention) == ['intra1', 'intra2', 'intra3', 'inter1']
    expected = features[0] + torch.cat(attention['intra1'], dim=1) @ torch.cat(
        features
    )
    stages = head.intra.stages(features[0], torch.cat(features[1:]))
    torch.testing.assert_close(stages[1], expected)
    for of_frames in attention.values():
        assert all(part.all() for part in of_frames)
        total = sum(part.sum(1) for part in of_frames)
        torch.testing.assert_close(total, torch.ones_like(total))


def test_mutual_relations_leave_the_inter_module():
    # Its alphas are those of each frame as the target of the window.
    torch.manual_seed(0)
    head = random_head(kind=MutualIntraVideoRelation)
    features = frames(3, 4, 2)
    attention = window_attention(head, features)
    assert list(attention) == ['inter1']
    alphas = [
        head.intra(rows, torch.cat(features[:t] + features[t + 1 :]))
        for t, rows in enumerate(features)
    ]
    weights = head.inter.weights(alphas[0], torch.cat(alphas[1:]))[0]
    torch.testing.assert_close(torch.cat(attention['inter1'], dim=1), weights)
