# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The whole box head: losses written out, and frozen."""

import pytest
import torch
import torch.nn.functional as F
from mmdet.registry import TASK_UTILS
from mmengine import ConfigDict
from mmengine.registry import DefaultScope
from mmengine.structures import InstanceData

from mmhvr.models import HVRBBoxHead
from mmhvr.models.roi_heads.auxiliary import AuxiliaryPredictor
from mmhvr.models.triplets import AllProposalTripletSelector
from mmhvr.models.triplets.video_structures import VideoChoice
from mmhvr.released import ReleasedHVRBBoxHead

K = 3
CFG = ConfigDict(pos_weight=-1)


def choice_of(triplets, num_supervised=1):
    """A choice of triplets among three videos."""
    return VideoChoice(range(3), triplets, num_supervised)


@pytest.fixture(autouse=True)
def mmdet_scope():
    """The head is mmdet's: its parts are looked up there."""
    with DefaultScope.overwrite_default_scope('mmdet'):
        yield


@pytest.fixture
def head():
    torch.manual_seed(5)
    module = HVRBBoxHead(
        in_channels=2, roi_feat_size=3, fc_out_channels=8, num_classes=K
    )
    for parameter in module.parameters():
        if parameter.dim() > 1:
            torch.nn.init.xavier_normal_(parameter)
    return module


@pytest.fixture
def videos():
    """Features of three videos and how their proposals are labelled.

    Each target frame has one object of 20 x 20 pixels at (10, 10) and four
    proposals: the object's box itself, one shifted by 2 pixels (IoU
    18 * 20 / (2 * 400 - 360) = 0.82, foreground) and two far away.
    """
    rng = torch.Generator().manual_seed(7)
    assigner = TASK_UTILS.build(
        dict(
            type='MaxIoUAssigner',
            pos_iou_thr=0.5,
            neg_iou_thr=0.5,
            min_pos_iou=0.5,
        )
    )
    sampler = TASK_UTILS.build(
        dict(type='RandomSampler', num=16, pos_fraction=0.5)
    )
    boxes = torch.tensor(
        [
            [12.0, 10.0, 32.0, 30.0],
            [50.0, 50.0, 70.0, 70.0],
            [0.0, 60.0, 9.0, 69.0],
        ]
    )
    results = []
    for label in (0, 0, 1):
        gt = InstanceData(
            bboxes=torch.tensor([[10.0, 10.0, 30.0, 30.0]]),
            labels=torch.tensor([label]),
        )
        priors = InstanceData(priors=boxes.clone())
        assigned = assigner.assign(priors, gt)
        results.append(sampler.sample(assigned, priors, gt))
    targets = [torch.rand(len(r.priors), 8, generator=rng) for r in results]
    supports = [torch.rand(n, 8, generator=rng) for n in (5, 0, 3)]
    return targets, supports, results


def test_losses_written_out(head, videos):
    targets, supports, results = videos
    losses, _ = head.loss_on_videos(
        targets, supports, results, CFG, choice_of([[0, 1, 2]], 3)
    )
    alpha = torch.cat([head.intra(t, s) for t, s in zip(targets, supports)])
    # Sampling puts the foreground first: the box itself and the shifted one.
    labels = torch.tensor([0, 0, K, K, 0, 0, K, K, 1, 1, K, K])
    triplets = head.select_triplets(alpha, labels, 12)
    assert triplets[0].tolist() == [0, 1, 4, 5, 8, 9]
    beta = head.inter(alpha, triplets)
    torch.testing.assert_close(
        losses['loss_cls'], F.cross_entropy(head.fc_cls(beta), labels)
    )
    # Both foreground proposals of a frame, smooth L1, over 12 proposals: the
    # second lies 2 pixels to the right of the box: dx = -2 / 20 / 0.1 = -1.
    goal = torch.tensor([[0.0, 0.0, 0.0, 0.0], [-1.0, 0.0, 0.0, 0.0]]).repeat(
        3, 1
    )
    deltas = head.fc_reg(beta)[labels != K]
    torch.testing.assert_close(
        losses['loss_bbox'],
        F.smooth_l1_loss(deltas, goal, reduction='sum') / 12,
    )
    a, p, n = (alpha[index] for index in triplets)
    torch.testing.assert_close(
        losses['loss_relation'],
        ((a - p).norm(dim=1) - (a - n).norm(dim=1) + 1).relu().mean(),
    )
    assert losses['num_triplets'] == 6


def test_relation_loss_of_the_released_code(videos):
    """On theta and phi, by dot products, mined by the same; no anchor is
    left out of its own candidates."""
    chosen = dict(background_negatives=False, background_anchors=False)
    loss = dict(type='RelationTripletLoss', margin=10.0, distance='dot')
    head = ReleasedHVRBBoxHead(
        in_channels=2,
        roi_feat_size=3,
        fc_out_channels=8,
        num_classes=K,
        proposal_selector=dict(
            type='ReleasedProposalTripletSelector', **chosen
        ),
        loss_relation=loss,
    )
    for parameter in head.parameters():
        if parameter.dim() > 1:
            torch.nn.init.xavier_normal_(parameter)
    targets, supports, results = videos
    losses, _ = head.loss_on_videos(
        targets, supports, results, CFG, choice_of([[0, 1, 2]], 3)
    )
    alpha = torch.cat([head.intra(t, s) for t, s in zip(targets, supports)])
    labels = [0, 0, K, K, 0, 0, K, K, 1, 1, K, K]
    fc, relation = head.inter.fcs[0], head.inter.relations[0]
    values = []
    for a in range(12):
        if labels[a] == K:
            continue
        dots = [
            float(relation.theta(fc(alpha[a])) @ relation.phi(fc(alpha[c])))
            for c in range(12)
        ]
        same = [dots[c] for c in range(12) if labels[c] == labels[a]]
        other = [dots[c] for c in range(12) if labels[c] not in (labels[a], K)]
        values.append(max(max(other) - min(same) + 10, 0))
    assert losses['num_triplets'] == len(values) == 6
    assert losses['loss_relation'].item() == pytest.approx(
        sum(values) / 6, rel=1e-5
    )


def test_background_anchors_relate_but_bear_no_relation_loss(head, videos):
    with_them = HVRBBoxHead(
        in_channels=2,
        roi_feat_size=3,
        fc_out_channels=8,
        num_classes=K,
        inter=dict(type='TripletInterVideoRelation', without_triplet='itself'),
        proposal_selector=dict(
            type='ReleasedProposalTripletSelector',
            exclude_anchor=True,
            background_negatives=False,
            similarity='cosine',
        ),
    )
    with_them.load_state_dict(head.state_dict())
    targets, supports, results = videos
    losses, _ = with_them.loss_on_videos(
        targets, supports, results, CFG, choice_of([[0, 1, 2]], 3)
    )
    # The relation loss is that of the foreground alone.
    expected, _ = head.loss_on_videos(
        targets, supports, results, CFG, choice_of([[0, 1, 2]], 3)
    )
    torch.testing.assert_close(
        losses['loss_relation'], expected['loss_relation']
    )
    assert losses['num_triplets'] == 6
    # All twelve proposals relate to two others: none is alpha's FC alone.
    alpha = torch.cat([head.intra(t, s) for t, s in zip(targets, supports)])
    labels = torch.tensor([0, 0, K, K, 0, 0, K, K, 1, 1, K, K])
    triplets = with_them.select_triplets(alpha, labels, 12)
    assert sorted(triplets[0].tolist()) == list(range(12))
    hidden = with_them.inter.fcs[0](alpha)
    beta = torch.stack(
        [
            with_them.inter.relations[0](
                hidden[a : a + 1], hidden[torch.stack([p, n])]
            )[0]
            for a, p, n in sorted(zip(*triplets), key=lambda t: int(t[0]))
        ]
    )
    torch.testing.assert_close(
        losses['loss_cls'], F.cross_entropy(head.fc_cls(beta), labels)
    )


def test_all_triplets_bear_the_relation_loss(head, videos):
    head.proposal_selector = AllProposalTripletSelector()
    losses, _ = head.loss_on_videos(*videos, CFG, choice_of([[0, 1, 2]], 3))
    targets, supports, _ = videos
    alpha = torch.cat([head.intra(t, s) for t, s in zip(targets, supports)])
    labels = [0, 0, K, K, 0, 0, K, K, 1, 1, K, K]
    values = [
        (alpha[a] - alpha[p]).norm() - (alpha[a] - alpha[n]).norm() + 1
        for a in range(12)
        for p in range(12)
        for n in range(12)
        if labels[a] == labels[p] != K != labels[n] != labels[a] and a != p
    ]
    # 4 anchors with 3 positives and 2 negatives, 2 with 1 and 4.
    assert losses['num_triplets'] == len(values) == 32
    torch.testing.assert_close(
        losses['loss_relation'], torch.stack(values).relu().mean()
    )


@pytest.mark.parametrize(
    'changes, message',
    [
        (
            dict(inter=None, triplet_features='alpha'),
            "loss_features='embedding' takes theta.*loss_features='alpha'",
        ),
        (
            dict(inter=None, loss_features='alpha'),
            "triplet_features='embedding' takes theta.*inter=None",
        ),
        (dict(loss_features='beta'), "loss_features.*'beta'"),
        (
            dict(
                inter=dict(type='TripletInterVideoRelation'),
                proposal_selector=dict(type='AllProposalTripletSelector'),
            ),
            'many triplets.*PooledInterVideoRelation',
        ),
    ],
)
def test_choices_that_do_not_fit(changes, message):
    with pytest.raises(ValueError, match=message):
        ReleasedHVRBBoxHead(num_classes=K, fc_out_channels=8, **changes)


def test_frozen_losses(head, videos):
    # What the head gave when the test above was first passed: a change of
    # any number is a change of the method.
    losses, _ = head.loss_on_videos(*videos, CFG, choice_of([[0, 1, 2]], 3))
    frozen = dict(
        loss_cls=2.5281096, loss_bbox=1.5870003, loss_relation=2.0037344
    )
    for key, value in frozen.items():
        assert losses[key].item() == pytest.approx(value, rel=1e-5), key


def test_only_supervised_videos_bear_detection_losses(head, videos):
    targets, supports, results = videos
    head.inter = None
    alone, _ = head.loss_on_videos(
        targets[:1], supports[:1], results[:1], CFG, choice_of([[0]])
    )
    first, _ = head.loss_on_videos(
        targets, supports, results, CFG, choice_of([[0, 1, 2]])
    )
    for key in ('loss_cls', 'loss_bbox'):
        assert torch.equal(alone[key], first[key])
    # Alone, no other category is there to be a negative.
    assert alone['num_triplets'] == 0
    assert first['num_triplets'] == 2


def test_a_video_may_be_part_of_several_triplets(head, videos):
    # Losses of the targets of three triplets: the means over all proposals
    # and over all proposal triplets.
    one_by_one = []
    for group in ([0, 1, 2], [1, 0, 2], [2, 1, 0]):
        targets, supports, results = ([x[v] for v in group] for x in videos)
        one_by_one.append(
            head.loss_on_videos(
                targets, supports, results, CFG, choice_of([[0, 1, 2]])
            )[0]
        )
    losses, _ = head.loss_on_videos(
        *videos, CFG, choice_of([[0, 1, 2], [1, 0, 2], [2, 1, 0]])
    )
    for key in ('loss_cls', 'loss_bbox'):  # four proposals each
        torch.testing.assert_close(
            losses[key], sum(part[key] for part in one_by_one) / 3
        )
    # The third video is the only one of its category: the positives of its
    # proposals are its own.
    counts = [int(part['num_triplets']) for part in one_by_one]
    assert counts == [2, 2, 2]
    torch.testing.assert_close(
        losses['loss_relation'],
        sum(part['loss_relation'] for part in one_by_one) / 3,
    )
    assert losses['num_triplets'] == 6


def test_window_without_relation_across_videos(head):
    head.inter = None
    frames = [torch.rand(n, 8) for n in (2, 3, 0, 4)]
    alpha = head.intra(frames[0], torch.cat(frames[1:]))
    scores, deltas = head.predict_on_window(frames)
    torch.testing.assert_close(scores, head.fc_cls(alpha))
    torch.testing.assert_close(deltas, head.fc_reg(alpha))


def test_window_with_relation_across_frames(head):
    # Each frame of the window is enhanced by all others, then the target's
    # proposals relate to all of them: as in training, where each target
    # frame is enhanced and then related to the triplet's target frames.
    frames = [torch.rand(n, 8) for n in (2, 3, 0, 4)]
    alphas = []
    for t, frame in enumerate(frames):
        others = torch.cat([f for i, f in enumerate(frames) if i != t])
        alphas.append(head.intra(frame, others))
    none = (torch.zeros(0, dtype=torch.long),) * 3
    beta = head.inter(torch.cat(alphas), none)[:2]
    scores, _ = head.predict_on_window(frames)
    torch.testing.assert_close(scores, head.fc_cls(beta))


def test_a_window_of_one_frame(head):
    frame = torch.rand(3, 8)
    scores, deltas = head.predict_on_window([frame])
    assert scores.shape == (3, K + 1)
    assert deltas.shape == (3, 4)


def test_relation_loss_may_be_left_out(videos):
    head = HVRBBoxHead(
        in_channels=2,
        roi_feat_size=3,
        fc_out_channels=8,
        num_classes=K,
        inter=None,
        loss_relation=None,
    )
    losses, _ = head.loss_on_videos(*videos, CFG, choice_of([[0, 1, 2]], 3))
    assert set(losses) == {'loss_cls', 'loss_bbox', 'acc'}


@pytest.mark.parametrize('after', [0, 2, 3])
def test_auxiliary_losses_written_out(videos, after):
    head = HVRBBoxHead(
        in_channels=2,
        roi_feat_size=3,
        fc_out_channels=8,
        num_classes=K,
        auxiliary=dict(after=after, loss_weight=0.5),
    )
    for parameter in head.parameters():
        if parameter.dim() > 1:
            torch.nn.init.xavier_normal_(parameter)
    targets, supports, results = videos
    losses, _ = head.loss_on_videos(
        targets, supports, results, CFG, choice_of([[0, 1, 2], [1, 0, 2]], 1)
    )
    # The two target videos' features after so many modules, one by one.
    features = []
    for x, s in zip(targets[:2], supports[:2]):
        seen = head.intra.support_features(s)
        for index in range(after):
            if index > 0:
                x = head.intra.fcs[index - 1](x)
            x = head.intra.relations[index](x, seen[index])
        features.append(x)
    features = torch.cat(features)
    labels = torch.tensor([0, 0, K, K, 0, 0, K, K])
    torch.testing.assert_close(
        losses['loss_cls_aux'],
        0.5 * F.cross_entropy(head.auxiliary.fc_cls(features), labels),
    )
    # See test_losses_written_out for the goal of the box deltas.
    goal = torch.tensor([[0.0, 0.0, 0.0, 0.0], [-1.0, 0.0, 0.0, 0.0]]).repeat(
        2, 1
    )
    deltas = head.auxiliary.fc_reg(features)[labels != K]
    torch.testing.assert_close(
        losses['loss_bbox_aux'],
        0.5 * F.smooth_l1_loss(deltas, goal, reduction='sum') / 8,
    )


@pytest.mark.parametrize('at_test', ['ignored', 'averaged'])
def test_auxiliary_at_test(head, at_test):
    auxiliary = AuxiliaryPredictor(8, K + 1, 4, after=1, at_test=at_test)
    for parameter in auxiliary.parameters():
        torch.nn.init.normal_(parameter)
    frames = [torch.rand(n, 8) for n in (2, 3)]
    plain_scores, plain_deltas = head.predict_on_window(frames)
    head.auxiliary = auxiliary
    scores, deltas = head.predict_on_window(frames)
    after_one = head.intra.relations[0](*frames)
    if at_test == 'averaged':
        probabilities = plain_scores.softmax(1)
        other = auxiliary.fc_cls(after_one).softmax(1)
        torch.testing.assert_close(
            scores.softmax(1), (probabilities + other) / 2
        )
        torch.testing.assert_close(
            deltas, (plain_deltas + auxiliary.fc_reg(after_one)) / 2
        )
    else:
        assert torch.equal(scores, plain_scores)
        assert torch.equal(deltas, plain_deltas)


def test_auxiliary_after_more_modules_than_there_are():
    with pytest.raises(ValueError, match='4 intra-video modules, but .* 3'):
        HVRBBoxHead(num_classes=K, fc_out_channels=8, auxiliary=dict(after=4))
    with pytest.raises(ValueError, match='0 or more'):
        HVRBBoxHead(num_classes=K, fc_out_channels=8, auxiliary=dict(after=-1))
    with pytest.raises(ValueError, match="at_test.*'mean'"):
        HVRBBoxHead(
            num_classes=K, fc_out_channels=8, auxiliary=dict(at_test='mean')
        )
