# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""One pass a frame against the plain computation of each window."""

import copy

import pytest
import torch

from mmhvr.datasets.frame_samplers import (
    GlobalFrameSampler,
    WindowFrameSampler,
)
from mmhvr.released import ShuffledFrameSampler
from mmhvr.streaming import VideoEngine
from mmhvr.streaming.window import LiveWindow, RecordedWindow, SymmetricWindow


def name_of(sampler):
    return type(sampler).__name__


WINDOWS = [
    WindowFrameSampler(1),
    WindowFrameSampler(3),
    WindowFrameSampler(4, stride=2),
    WindowFrameSampler(5, stride=3),
    WindowFrameSampler(50),
    GlobalFrameSampler(3),
    ShuffledFrameSampler(3),
]


def plain(model, frames, samples, supports_of):
    """Every window through the whole network: the oracle."""
    found = []
    for t, sample in enumerate(samples):
        inputs = dict(img=frames[None, t : t + 1])
        supports = supports_of(t)
        if supports:
            inputs['ref_img'] = frames[None, supports]
        with torch.no_grad():
            out = model.predict(inputs, [copy.deepcopy(sample)])
        found.append(out[0].pred_det_instances)
    return found


@torch.no_grad()
def stream(engine, state, model, frames, samples):
    """Push frame by frame; the results with the frame that brought them."""
    found = []
    for t, sample in enumerate(samples):
        (encoded,) = model.encode(frames[t : t + 1], [sample])
        found += [(t, *pair) for pair in engine.push(state, encoded)]
    found += [(None, *pair) for pair in engine.close(state)]
    return found


def assert_same(found, expected):
    """Equal detections; of nearly equal scores any may come first."""
    assert len(found) == len(expected)
    for one, two in zip(found, expected):
        assert len(one.scores) == len(two.scores) > 0
        torch.testing.assert_close(one.scores, two.scores)
        rows = [
            torch.cat([d.bboxes, d.scores[:, None], d.labels[:, None]], 1)
            for d in (one, two)
        ]
        apart = (rows[0][:, None] - rows[1][None]).abs().amax(-1)
        partner = apart.argmin(1)
        assert sorted(partner.tolist()) == list(range(len(partner)))
        torch.testing.assert_close(rows[0], rows[1][partner])


@pytest.mark.parametrize('length', [1, 2, 6])
@pytest.mark.parametrize('sampler', WINDOWS, ids=name_of)
def test_exact_equals_the_plain_computation(
    model, sampler, length, make_video
):
    frames, samples = make_video(length)
    engine = VideoEngine(model.detector.roi_head)
    state = engine.open(RecordedWindow(sampler, length))
    found = stream(engine, state, model, frames, samples)
    assert [s.frame_id for _, s, _ in found] == list(range(length))
    expected = plain(
        model, frames, samples, lambda t: sampler(t, length, None)
    )
    assert_same([f for _, _, f in found], expected)


@pytest.mark.parametrize('lookahead', [0, 1, 3])
def test_live_equals_the_plain_computation(model, lookahead, make_video):
    frames, samples = make_video(7)
    engine = VideoEngine(model.detector.roi_head)
    state = engine.open(LiveWindow(4, lookahead))
    found = stream(engine, state, model, frames, samples)
    # Frame t comes back when frame t + lookahead is there.
    assert [t for t, _, _ in found] == (
        list(range(lookahead, 7)) + [None] * lookahead
    )

    def supports(t):
        last = min(t + lookahead, 6)
        return [f for f in range(max(0, last - 3), last + 1) if f != t]

    assert_same(
        [f for _, _, f in found], plain(model, frames, samples, supports)
    )


def test_every_frame_passes_the_backbone_once(model, make_video):
    calls = []
    handle = model.detector.backbone.register_forward_hook(
        lambda m, i, o: calls.append(len(i[0]))
    )
    engine = VideoEngine(model.detector.roi_head)
    state = engine.open(LiveWindow(5, 2))
    stream(engine, state, model, *make_video(8))
    handle.remove()
    assert calls == [1] * 8


def test_batches_of_frames_give_the_same(model, make_video):
    frames, samples = make_video(5)
    with torch.no_grad():
        together = model.encode(frames, samples)
        for t, encoded in enumerate(together):
            (alone,) = model.encode(frames[t : t + 1], samples[t : t + 1])
            torch.testing.assert_close(alone.features, encoded.features)
            torch.testing.assert_close(alone.boxes, encoded.boxes)
            assert encoded.sample is samples[t]


@pytest.mark.parametrize('mode', VideoEngine.modes)
def test_interleaved_videos_do_not_mix(model, mode, make_video):
    engine = VideoEngine(model.detector.roi_head, mode)
    videos = [make_video(5, seed) for seed in (1, 2)]
    alone = [
        stream(engine, engine.open(LiveWindow(3, 1)), model, *video)
        for video in videos
    ]
    states = [engine.open(LiveWindow(3, 1)) for _ in videos]
    mixed = [[], []]
    with torch.no_grad():
        for t in range(5):
            for v, (frames, samples) in enumerate(videos):
                (frame,) = model.encode(frames[t : t + 1], samples[t : t + 1])
                mixed[v] += engine.push(states[v], frame)
        for v, state in enumerate(states):
            mixed[v] += engine.close(state)
    for one, two in zip(alone, mixed):
        assert_same([f for _, _, f in one], [f for _, f in two])


ONCE = ('cached', 'delayed')  # modes that enhance a frame once


def once_by_hand(mode, model, frames, samples, supports_of, reach):
    """Modes that enhance once as two loops over all frames, nothing kept."""
    head = model.detector.roi_head.bbox_head
    with torch.no_grad():
        encoded = [
            model.encode(frames[t : t + 1], samples[t : t + 1])[0]
            for t in range(len(frames))
        ]
        features = [e.features for e in encoded]
        alphas = []
        for t, x in enumerate(features):
            others = [features[i] for i in supports_of(t)]
            alphas.append(head.intra(x, torch.cat([x[:0], *others])))
        found = []
        for t, (frame, alpha) in enumerate(zip(encoded, alphas)):
            read = supports_of(t)
            if mode == 'cached':
                read = range(max(0, t - reach), t)
            window = torch.cat([alpha[:0], *(alphas[i] for i in read)])
            found.append(
                model.detector.roi_head.decode(
                    frame.boxes,
                    *head.classify(head.inter.predict(alpha, window)),
                    samples[t],
                )
            )
    return found


@pytest.mark.parametrize('mode', ONCE)
@pytest.mark.parametrize('lookahead', [0, 2])
@pytest.mark.parametrize('length', [1, 4, 9])
@pytest.mark.parametrize('inter', ['Pooled', 'Pooled x 2', 'Triplet'])
def test_enhanced_once_written_out(
    mode, inter, length, lookahead, make_video, build
):
    name, _, modules = inter.partition(' x ')
    model = build(
        **{
            'inter.type': f'{name}InterVideoRelation',
            'inter.num_modules': int(modules or 1),
        }
    )
    frames, samples = make_video(length)
    engine = VideoEngine(model.detector.roi_head, mode)
    state = engine.open(LiveWindow(4, lookahead))
    found = stream(engine, state, model, frames, samples)
    # Delayed: when the last frame of frame t's window is enhanced.
    latency = lookahead * (2 if mode == 'delayed' else 1)
    assert [t for t, _, _ in found] == [
        t + latency if t + latency < length else None for t in range(length)
    ]

    def supports(t):
        last = min(t + lookahead, length - 1)
        return [f for f in range(max(0, last - 3), last + 1) if f != t]

    assert_same(
        [f for _, _, f in found],
        once_by_hand(mode, model, frames, samples, supports, 3),
    )


def test_averaged_with_a_second_predictor(build, make_video):
    model = build(auxiliary=dict(after=2, at_test='averaged'))
    frames, samples = make_video(4)
    sampler = WindowFrameSampler(3)
    expected = plain(model, frames, samples, lambda t: sampler(t, 4, None))
    engine = VideoEngine(model.detector.roi_head)
    state = engine.open(RecordedWindow(sampler, 4))
    found = stream(engine, state, model, frames, samples)
    assert_same([f for _, _, f in found], expected)


MUTUAL = 'MutualIntraVideoRelation'


@pytest.mark.parametrize(
    'intra, at_test',
    [
        (dict(type=MUTUAL, skip='initial'), 'window'),
        (dict(type=MUTUAL, skip='initial'), 'off'),
        (dict(type=MUTUAL, num_modules=2, skip=True), 'window'),
        (dict(type='ReleasedIntraVideoRelation'), 'window'),
    ],
    ids=str,
)
def test_relations_of_the_released_code(build, make_video, intra, at_test):
    """Exact stays exact where the window changes what supports offer."""
    changes = {f'intra.{key}': value for key, value in intra.items()}
    model = build(**changes, **{'inter.at_test': at_test})
    frames, samples = make_video(6)
    sampler = WindowFrameSampler(4)
    supports = [sampler(t, 6, None) for t in range(6)]
    expected = plain(model, frames, samples, supports.__getitem__)
    engine = VideoEngine(model.detector.roi_head)
    state = engine.open(RecordedWindow(sampler, 6))
    found = stream(engine, state, model, frames, samples)
    assert_same([f for _, _, f in found], expected)
    # Otherwise every frame's alpha is exact in its own window.
    for mode in ONCE:
        engine = VideoEngine(model.detector.roi_head, mode)
        state = engine.open(RecordedWindow(sampler, 6))
        found = stream(engine, state, model, frames, samples)
        if at_test == 'window':
            expected = once_by_hand(
                mode, model, frames, samples, supports.__getitem__, 3
            )
        assert_same([f for _, _, f in found], expected)


@pytest.mark.parametrize('mode', ONCE)
@pytest.mark.parametrize('length', [1, 3, 7])
@pytest.mark.parametrize('sampler', WINDOWS, ids=name_of)
def test_enhanced_once_on_recorded_videos(
    model, make_video, sampler, length, mode
):
    # With a stride, or in a short video, windows differ in size.
    frames, samples = make_video(length)
    engine = VideoEngine(model.detector.roi_head, mode)
    state = engine.open(RecordedWindow(sampler, length))
    found = stream(engine, state, model, frames, samples)
    supports = [sampler(t, length, None) for t in range(length)]
    expected = once_by_hand(
        mode,
        model,
        frames,
        samples,
        supports.__getitem__,
        max(len(s) for s in supports),
    )
    assert_same([f for _, _, f in found], expected)


@pytest.mark.parametrize('length', [3, 9])
def test_delayed_in_a_video_of_unknown_length(model, make_video, length):
    frames, samples = make_video(length)
    engine = VideoEngine(model.detector.roi_head, 'delayed')
    found = stream(
        engine, engine.open(SymmetricWindow(5)), model, frames, samples
    )
    sampler = WindowFrameSampler(5)
    supports = [sampler(t, length, None) for t in range(length)]
    assert_same(
        [f for _, _, f in found],
        once_by_hand(
            'delayed', model, frames, samples, supports.__getitem__, 4
        ),
    )


def test_modes_are_one_where_supports_are_constants(
    model_without_inter, make_video
):
    frames, samples = make_video(6)
    results = []
    for mode in VideoEngine.modes:
        engine = VideoEngine(model_without_inter.detector.roi_head, mode)
        state = engine.open(RecordedWindow(WindowFrameSampler(4), 6))
        found = stream(engine, state, model_without_inter, frames, samples)
        results.append([f for _, _, f in found])
    for result in results[1:]:
        assert_same(result, results[0])


@pytest.mark.parametrize('mode', VideoEngine.modes)
def test_memory_does_not_grow_with_the_video(model, mode, make_video):
    frames, samples = make_video(3)
    engine = VideoEngine(model.detector.roi_head, mode)
    state = engine.open(LiveWindow(4, 2))
    sizes, kept = [], []
    with torch.no_grad():
        for t in range(40):
            i = t % 3
            (frame,) = model.encode(frames[i : i + 1], samples[i : i + 1])
            engine.push(state, frame)
            sizes.append(state.nbytes)
            kept.append(len(state.frames))
    # 4 frames of a window; those that cached mode looks back on are up to
    # lookahead + window behind the newest, as is what a delayed frame reads.
    assert max(kept) <= (5 if mode == 'exact' else 7)
    assert max(sizes[10:]) <= max(sizes[:10]) > 0
    engine.close(state)
    assert state.nbytes == 0 and not state.frames


def test_frames_without_proposals(model, make_video):
    frames, samples = make_video(4)
    engine = VideoEngine(model.detector.roi_head)
    for mode in VideoEngine.modes:
        engine = VideoEngine(model.detector.roi_head, mode)
        state = engine.open(LiveWindow(3, 1))
        found = []
        with torch.no_grad():
            encoded = model.encode(frames, samples)
            for t in (0, 2):
                encoded[t].boxes = encoded[t].boxes[:0]
                encoded[t].features = encoded[t].features[:0]
            for frame in encoded:
                found += engine.push(state, frame)
            found += engine.close(state)
        counts = [len(f.scores) > 0 for _, f in found]
        assert counts == [False, True, False, True]


def test_detections_are_mmdets(model, make_video):
    """One step from scores to detections in mmdet's head, two in ours."""
    frames, samples = make_video(2)
    roi_head = model.detector.roi_head
    engine = VideoEngine(roi_head, before_nms=True)
    state = engine.open(LiveWindow(1, 0))
    for t, sample in enumerate(samples):
        sample.set_metainfo(dict(scale_factor=(2.0, 2.0)))
        with torch.no_grad():
            (frame,) = model.encode(frames[t : t + 1], [sample])
            if t == 1:  # a frame without proposals
                frame.boxes, frame.features = (
                    frame.boxes[:0],
                    frame.features[:0],
                )
            scores, deltas = roi_head.bbox_head.predict_on_window(
                [frame.features]
            )
        arguments = dict(
            rois=(torch.nn.functional.pad(frame.boxes, (1, 0)),),
            cls_scores=(scores,),
            bbox_preds=(deltas,),
            batch_img_metas=[sample.metainfo],
            rescale=True,
        )
        predict = roi_head.bbox_head.predict_by_feat
        (expected,) = predict(rcnn_test_cfg=roi_head.test_cfg, **arguments)
        (raw,) = predict(rcnn_test_cfg=None, **arguments)
        found = roi_head.decode(frame.boxes, scores, deltas, sample)
        ((_, candidates),) = engine.push(state, frame)
        selected = roi_head.select(candidates)
        assert len(expected.scores) > 0 or t == 1
        for one, two in (
            (found, expected),
            (candidates, raw),
            (selected, expected),
        ):
            assert sorted(one.keys()) == sorted(two.keys())
            for key in one.keys():
                torch.testing.assert_close(one[key], two[key])


def test_wrong_use(model, make_video):
    with pytest.raises(ValueError, match="mode.*'fast'"):
        VideoEngine(model.detector.roi_head, 'fast')
    engine = VideoEngine(model.detector.roi_head)
    frames, samples = make_video(3)
    with torch.no_grad():
        one, two, three = model.encode(frames, samples)
    state = engine.open(RecordedWindow(WindowFrameSampler(3), 2))
    engine.push(state, one)
    with pytest.raises(ValueError, match='with 2 frames, but only 1 came'):
        engine.close(state)
    engine.push(state, two)
    with pytest.raises(ValueError, match='2 frames, but there is one more'):
        engine.push(state, three)
    engine.close(state)
    with pytest.raises(ValueError, match='closed'):
        engine.push(state, three)
