# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""HVRNet on batches: what matters, what must not, and that it learns."""

import copy

import pytest
import torch

from mmhvr.models.triplets import select_video_triplet
from mmhvr.models.triplets.video_triplet import pool_videos
from mmhvr.models.vid.backbone_maps import (
    maps_of_videos,
    maps_without_gradient,
)
from mmhvr.models.vid.frames import find_parts
from mmhvr.models.vid.video_choice import choose_videos


def total(model, batch):
    torch.manual_seed(3)  # the samplers of proposals draw from it
    inputs, samples = batch
    return model.parse_losses(model.loss(inputs, copy.deepcopy(samples)))[0]


def chosen_by_hand(model, batch):
    """The triplet from single-frame passes and the pure functions."""
    inputs, samples = batch
    frames = torch.cat([inputs['img'], inputs['ref_img']], 1)
    model.eval()
    with torch.no_grad():
        maps = torch.stack(
            [
                torch.cat([model.detector.backbone(f[None])[0] for f in video])
                for video in frames
            ]
        )
    model.train()
    size = torch.tensor(maps.shape[-2:]).expand(len(frames), 2)
    labels = torch.tensor([s.video_label for s in samples])
    return [0, *select_video_triplet(pool_videos(maps, size), labels)]


def test_choice_equals_single_frame_passes(build_model, batch):
    model = build_model(supervise='triplet').train()
    frames = torch.cat([batch[0]['img'], batch[0]['ref_img']], 1)
    maps = maps_without_gradient(model.detector.backbone, frames)
    triplets = choose_videos(model.video_selector, frames, maps[0], batch[1])
    assert [list(t) for t in triplets] == [chosen_by_hand(model, batch)]


@pytest.mark.parametrize('supervise', ['triplet', 'batch'])
def test_videos_may_be_compared_by_conv5(build_conv4_model, batch, supervise):
    model = build_conv4_model(
        type='ReleasedHVRNet', support_ground_truth=None, supervise=supervise
    ).train()
    seen = []
    model.video_selector.register_forward_pre_hook(
        lambda m, args: seen.append(args[0])
    )
    total(model, batch)
    inputs = batch[0]
    frames = torch.cat([inputs['img'], inputs['ref_img']], 1)
    roi_head = model.detector.roi_head
    model.eval()
    with torch.no_grad():
        expected = [
            roi_head.feature_neck(
                (roi_head.feature_stage(model.detector.backbone(video)[0]),)
            )[0]
            for video in frames
        ]
    torch.testing.assert_close(seen[0], torch.stack(expected))
    assert not seen[0].requires_grad


def test_every_trainable_parameter_is_reached(build_model, batch):
    # A residual branch that starts at zero would pass no gradient yet.
    model = build_model(detector__backbone__zero_init_residual=False).train()
    # At the start the relation loss sits in a symmetric point; random
    # weights of the relations take it out of there.
    for parameter in model.detector.roi_head.bbox_head.parameters():
        if parameter.dim() > 1:
            torch.nn.init.xavier_normal_(parameter)
    total(model, batch).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize('preset', ['paper', 'released'])
def test_presets_reach_every_parameter(build_preset, batch, preset):
    model = build_preset(
        preset, detector__backbone__zero_init_residual=False
    ).train()
    for parameter in model.detector.roi_head.bbox_head.parameters():
        if parameter.dim() > 1:
            torch.nn.init.xavier_normal_(parameter)
    total(model, batch).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name
    found = predict(model, batch[0], batch[1][0])
    assert len(found.scores) > 0 and torch.isfinite(found.bboxes).all()


def test_conv5_as_a_stage_of_its_own(conv4_model, batch):
    """RPN and the choice of videos read conv4, RoI features conv5."""
    model = conv4_model.train()
    seen = {}
    roi_head = model.detector.roi_head
    for name, module in dict(
        rpn=model.detector.rpn_head,  # supports first, then targets
        conv5=roi_head.feature_stage,
        roi=roi_head.bbox_roi_extractor,
    ).items():
        module.register_forward_pre_hook(
            lambda m, args, name=name: seen.update({name: args[0]})
        )
    inputs, samples = batch
    kept = chosen_by_hand(model, batch)
    loss = total(model, batch)
    # The three target frames at stride 16.
    assert seen['rpn'][0].shape == (3, 32, 4, 4)
    assert seen['conv5'].shape == (3, 32, 4, 4)
    assert seen['roi'][0].shape == (3, 256, 4, 4)
    with torch.no_grad():
        maps = model.detector.backbone(inputs['img'][kept].flatten(0, 1))
    torch.testing.assert_close(seen['conv5'], maps[0])
    loss.backward()
    trained = [p for p in roi_head.feature_stage.parameters()]
    assert all(p.grad is not None and p.grad.any() for p in trained)
    found = predict(model, inputs, samples[0])
    assert 0 < len(found.scores) <= 100


def test_rejected_videos_bear_no_loss(build_model, batch):
    model = build_model(supervise='triplet').train()
    before = total(model, batch)
    kept = chosen_by_hand(model, batch)
    inputs, samples = batch
    for v in set(range(6)) - set(kept):
        # Other boxes and categories of objects in the frames left out.
        samples[v].gt_instances.bboxes += 9
        samples[v].gt_instances.labels[:] = 7
    assert torch.equal(total(model, batch), before)
    samples[kept[1]].gt_instances.bboxes += 9
    assert not torch.equal(total(model, (inputs, samples)), before)


def test_target_alone_may_bear_the_loss(build_model, batch):
    model = build_model(supervise='target').train()
    before = total(model, batch)
    positive = chosen_by_hand(model, batch)[1]
    # Its boxes are no targets; the sampled proposals still are related to.
    model.detector.roi_head.bbox_head.inter = None
    model.detector.roi_head.bbox_head.loss_relation = None
    alone = total(model, batch)
    batch[1][positive].gt_instances.labels[:] = 7
    assert torch.equal(total(model, batch), alone)
    assert not torch.equal(before, alone)


def test_every_video_of_the_batch_in_turn(build_model, batch):
    """Six targets, each with the triplet that it has as first video."""
    model = build_model(supervise='batch').train()
    seen = {}
    head = model.detector.roi_head.bbox_head
    original = head.loss_on_videos

    def spy(targets, supports, results, cfg, choice):
        seen.update(targets=targets, results=results, choice=choice)
        return original(targets, supports, results, cfg, choice)

    head.loss_on_videos = spy
    inputs, samples = batch
    for v, sample in enumerate(samples):
        sample.gt_instances.bboxes += v
    total(model, batch)
    # Boxes tell which video stands at which place.
    place = [int(r.pos_gt_bboxes[0, 0]) - 8 for r in seen['results']]
    assert sorted(place) == list(range(6))
    assert seen['choice'].num_supervised == 1
    expected = []
    for v in range(6):
        order = [v] + [u for u in range(6) if u != v]
        turned = (
            {key: value[order] for key, value in inputs.items()},
            [samples[u] for u in order],
        )
        expected.append([order[u] for u in chosen_by_hand(model, turned)])
    triplets = seen['choice'].triplets
    assert [[place[v] for v in t] for t in triplets] == expected


def test_every_video_of_the_batch_has_its_boxes(build_model, batch):
    model = build_model(supervise='batch').train()
    before = total(model, batch)
    for sample in batch[1]:
        other = copy.deepcopy(sample)
        sample.gt_instances.bboxes += 9
        assert not torch.equal(total(model, batch), before)
        sample.gt_instances = other.gt_instances
    assert torch.equal(total(model, batch), before)


def test_supports_without_gradient(build_model, batch):
    """No parameter learns from a support frame but those of the relations."""
    model = build_model(support_gradient=False).train()
    frames = torch.cat([batch[0]['img'], batch[0]['ref_img']], 1)
    for gradient in (False, True):
        model.support_gradient = gradient
        videos = [0, 2, 4]
        _, supports = maps_of_videos(
            model.detector.backbone, frames, videos, gradient
        )
        samples = [batch[1][v] for v in videos]
        features = model.support_features(supports, samples)
        assert len(features) == 3
        assert [f.requires_grad for f in features] == [gradient] * 3


@pytest.mark.parametrize('choice', [None, 'own', 'target'])
def test_what_support_frames_are_sampled_against(build_model, batch, choice):
    # The boxes of a video's two support frames and of its target frame lie
    # at different places.
    model = build_model(
        type='ReleasedHVRNet', support_ground_truth=choice
    ).train()
    # So many that no positive proposal is left out.
    model.detector.roi_head.bbox_sampler.num = 400
    inputs, samples = batch
    for v, sample in enumerate(samples):
        sample.gt_instances.bboxes += v
        sample.ref_gt_instances.bboxes += torch.tensor([[6.0], [12.0]]) + v
    seen = []
    roi_head = model.detector.roi_head
    original = roi_head.extract
    roi_head.extract = lambda x, boxes: (
        seen.append(boxes) or original(x, boxes)
    )
    total(model, batch)
    boxes = seen[0]  # support frames come first
    assert len(boxes) == 12
    for f, frame in enumerate(boxes):
        video, t = divmod(f, 2)
        target = torch.tensor([8.0, 8.0, 40.0, 44.0]) + video
        own = target + 6 * (t + 1)
        has_target, has_own = (
            bool((frame == box).all(1).any()) for box in (target, own)
        )
        assert (has_target, has_own) == (choice == 'target', choice == 'own')
        # support_proposal, or all of rpn_proposal that RPN finds.
        assert (len(frame) == 16) == (choice is None)


def test_support_frames_without_their_boxes(build_model, batch):
    model = build_model(
        type='ReleasedHVRNet', support_ground_truth='own'
    ).train()
    for sample in batch[1]:
        del sample.ref_gt_instances
    with pytest.raises(ValueError, match='ref_gt_instances.*LoadTrackAnno'):
        total(model, batch)


def test_frozen_parts_stay_and_bear_no_loss(conv4_model, batch):
    model = conv4_model
    parts = ['detector.backbone', 'detector.rpn_head']
    model.frozen = find_parts(model, parts)
    for part in model.frozen.values():
        part.requires_grad_(False)
    model.train()
    assert not any(m.training for m in model.detector.backbone.modules())
    assert model.detector.roi_head.training
    before = copy.deepcopy(model.state_dict())
    inputs, samples = batch
    losses = model.loss(inputs, samples)
    assert not [name for name in losses if 'rpn' in name]
    optimizer = torch.optim.SGD(
        [p for p in model.parameters() if p.requires_grad], lr=0.1
    )
    model.parse_losses(losses)[0].backward()
    optimizer.step()
    changed = {
        name
        for name, value in model.state_dict().items()
        if not torch.equal(value, before[name])
    }
    # conv5 trains, and the head.
    assert any('feature_stage' in name for name in changed)
    assert any('bbox_head.intra' in name for name in changed)
    assert not [n for n in changed if n.startswith(tuple(parts))]


def test_frozen_parts_by_name(build_model):
    model = build_model(frozen=['detector.rpn_head']).train()
    assert not model.detector.rpn_head.training
    assert model.detector.backbone.training
    trained = {n for n, p in model.named_parameters() if p.requires_grad}
    assert not [n for n in trained if 'rpn_head' in n]
    assert [n for n in trained if 'backbone' in n]
    with pytest.raises(ValueError, match="'rpn'.*detector.rpn_head"):
        build_model(frozen=['rpn'])


def test_frozen_backbone_passes_once_and_gives_the_same(build_model, batch):
    model = build_model(supervise='triplet', support_gradient=True).train()
    expected = total(model, batch)
    calls = []
    backbone = model.detector.backbone
    backbone.register_forward_hook(lambda m, i, o: calls.append(len(i[0])))
    torch.testing.assert_close(total(model, batch), expected)
    # All K N T frames, video by video, then those of the triplet.
    all_videos = [3] * 6
    assert calls == [*all_videos, 9]
    # Without gradient through the supports: the three target frames.
    model.support_gradient = False
    calls.clear()
    torch.testing.assert_close(total(model, batch), expected)
    assert calls == [*all_videos, 3]
    backbone.requires_grad_(False)
    calls.clear()
    torch.testing.assert_close(total(model, batch), expected)
    assert calls == all_videos


def test_every_frame_passes_once_if_every_video_goes_on(build_model, batch):
    model = build_model(supervise='batch', support_gradient=True).train()
    calls = []
    model.detector.backbone.register_forward_hook(
        lambda m, i, o: calls.append(len(i[0]))
    )
    expected = total(model, batch)
    assert calls == [18]
    # Support frames without gradient, target frames with it.
    model.support_gradient = False
    calls.clear()
    torch.testing.assert_close(total(model, batch), expected)
    assert calls == [12, 6]


def test_choosing_leaves_batch_statistics_alone(build_model, batch):
    norm = dict(type='BN', requires_grad=True)
    model = build_model(
        detector__backbone__norm_cfg=dict(_delete_=True, **norm),
        detector__backbone__norm_eval=False,
    ).train()
    state = copy.deepcopy(model.detector.backbone.state_dict())
    frames = torch.cat([batch[0]['img'], batch[0]['ref_img']], 1)
    maps_without_gradient(model.detector.backbone, frames)
    for key, value in model.detector.backbone.state_dict().items():
        assert torch.equal(value, state[key]), key
    assert all(m.training for m in model.detector.backbone.modules())


def test_twenty_steps_lower_the_loss(build_model, batch):
    model = build_model().train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = total(model, batch)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_same_seed_same_loss(build_model, batch):
    one, two = (total(build_model().train(), batch) for _ in range(2))
    assert torch.equal(one, two)


def test_videos_of_different_sizes(build_model, batch):
    # The last three videos are 48 x 64, padded to 64 x 64: the cells of the
    # padding do not enter their vectors.
    model = build_model().train()
    inputs, samples = batch
    for v in (3, 4, 5):
        samples[v].set_metainfo(dict(img_shape=(48, 64)))
    vectors = []
    model.video_selector.register_forward_pre_hook(
        lambda m, args: vectors.append(pool_videos(args[0], args[2]))
    )
    assert torch.isfinite(total(model, batch))
    maps = model.detector.backbone(
        torch.cat([inputs['img'], inputs['ref_img']], 1)[3]
    )[0]
    torch.testing.assert_close(
        vectors[0][3], maps[:, :, :6].mean(dim=(0, 2, 3))
    )  # 48 / 8 rows


@pytest.mark.parametrize('length', [1, 2, 5])
def test_any_number_of_frames(build_model, batch, length):
    model = build_model(supervise='triplet').train()
    inputs, samples = batch
    frames = torch.cat([inputs['img'], inputs['ref_img']], 1)
    frames = frames.repeat(1, 2, 1, 1, 1)[:, :length]
    inputs = dict(img=frames[:, :1], ref_img=frames[:, 1:])
    loss = total(model, (inputs, samples))
    assert torch.isfinite(loss)
    loss.backward()


def test_frames_without_objects(build_model, batch, make_sample):
    model = build_model().train()
    inputs, samples = batch
    samples = [make_sample(s.video_label, boxes=()) for s in samples]
    losses = model.loss(inputs, samples)
    assert losses['num_triplets'] == 0
    assert losses['loss_relation'] == 0
    loss = model.parse_losses(losses)[0]
    assert torch.isfinite(loss)
    loss.backward()
    assert all(p.grad is not None for p in model.parameters())


def test_frames_without_proposals(build_model, batch, make_sample):
    model = build_model().train()
    for cfg in (
        model.detector.train_cfg.rpn_proposal,
        model.detector.train_cfg.support_proposal,
        model.detector.test_cfg.rpn,
    ):
        cfg.min_bbox_size = 10_000
    inputs, samples = batch
    empty = [make_sample(s.video_label, boxes=()) for s in samples]
    loss = model.parse_losses(model.loss(inputs, empty))[0]
    assert torch.isfinite(loss)
    loss.backward()
    assert all(p.grad is not None for p in model.parameters())
    # With objects, the boxes themselves are proposals of target frames.
    assert torch.isfinite(total(model, batch))
    model.eval()
    found = predict(model, inputs, samples[0])
    assert found.bboxes.shape == (0, 4)
    assert found.scores.shape == found.labels.shape == (0,)


@torch.no_grad()
def predict(model, inputs, sample, video=0):
    window = {k: v[video : video + 1] for k, v in inputs.items()}
    sample = copy.deepcopy(sample)
    return model.eval().predict(window, [sample])[0].pred_det_instances


def test_prediction_without_video_label(build_model, batch):
    inputs, samples = batch
    model = build_model()
    found = predict(model, inputs, samples[0])
    assert 0 < len(found.scores) <= 100
    del samples[0].gt_instances
    again = predict(model, inputs, samples[0])
    assert torch.equal(found.bboxes, again.bboxes)


def test_training_without_video_label(build_model, batch):
    inputs, samples = batch
    bare = [s.new() for s in samples]
    for s in bare:
        s.gt_instances = samples[0].gt_instances
    bare[2].pop('video_label')
    with pytest.raises(ValueError, match='video_label.*TripletVideoDataset'):
        build_model().train().loss(inputs, bare)


def test_videos_do_not_mix(build_model, batch):
    # Nothing is kept between calls: A, B, A gives A's result again, and a
    # batch of two gives what each alone gives.
    inputs, samples = batch
    model = build_model()
    first = predict(model, inputs, samples[0], 0)
    other = predict(model, inputs, samples[1], 1)
    again = predict(model, inputs, samples[0], 0)
    assert torch.equal(first.bboxes, again.bboxes)
    assert not torch.equal(first.bboxes, other.bboxes)
    both = {k: v[:2] for k, v in inputs.items()}
    with torch.no_grad():
        pair = model.predict(both, copy.deepcopy(samples[:2]))
    assert torch.equal(pair[0].pred_det_instances.scores, first.scores)
    assert torch.equal(pair[1].pred_det_instances.scores, other.scores)


def test_order_of_the_support_frames_does_not_matter(build_model, batch):
    inputs, samples = batch
    model = build_model()
    flipped = dict(img=inputs['img'], ref_img=inputs['ref_img'].flip(1))
    torch.testing.assert_close(
        predict(model, inputs, samples[0]).scores,
        predict(model, flipped, samples[0]).scores,
    )


def test_boxes_in_pixels_of_the_original_image(build_model, batch):
    inputs, samples = batch
    model = build_model()
    small = predict(model, inputs, samples[0]).bboxes
    samples[0].set_metainfo(dict(scale_factor=(0.5, 0.25)))
    large = predict(model, inputs, samples[0]).bboxes
    torch.testing.assert_close(
        large, small * torch.tensor([2.0, 4.0, 2.0, 4.0])
    )


def test_wrong_arguments(build_model, batch):
    with pytest.raises(ValueError, match="supervise.*'all'"):
        build_model(supervise='all')
    with pytest.raises(ValueError, match="triplet_source.*'conv5'"):
        build_model(type='ReleasedHVRNet', triplet_source='conv5')
    with pytest.raises(ValueError, match="support_ground_truth.*'all'"):
        build_model(type='ReleasedHVRNet', support_ground_truth='all')
    inputs, samples = batch
    with pytest.raises(ValueError, match=r'\(6, 2, 3, 64, 64\)'):
        build_model().loss(dict(img=inputs['ref_img']), samples)
