# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Batches of a data loader through the engine, against plain windows."""

import copy

import pytest
import torch
from mmengine.evaluator import BaseMetric
from mmengine.registry import METRICS
from mmengine.runner import Runner

from mmhvr.datasets.frame_samplers import WindowFrameSampler
from mmhvr.engine import VideoFeeder
from mmhvr.evaluation import SeqNMS

WINDOW = dict(type='WindowFrameSampler', num_frames=3)


def batches(videos, size):
    """Single frames in order, as a data loader yields them."""
    frames = torch.cat([video[0] for video in videos])
    samples = [sample for video in videos for sample in video[1]]
    # The preprocessor divides by the standard deviations.
    images = [(f * 40 + 110).clamp(0, 255).byte()[None] for f in frames]
    return [
        dict(
            inputs=dict(img=images[i : i + size]),
            data_samples=copy.deepcopy(samples[i : i + size]),
        )
        for i in range(0, len(samples), size)
    ]


def plain(model, videos):
    """Each window through :meth:`HVRNet.predict`."""
    sampler, found = WindowFrameSampler(3), []
    for batch in batches(videos, 1):
        data = model.data_preprocessor(batch, False)
        frame, (sample,) = data['inputs']['img'], data['data_samples']
        if sample.frame_id == 0:
            found.append([])
        found[-1].append((frame, sample))
    results = []
    for video in found:
        for t, (frame, sample) in enumerate(video):
            inputs = dict(img=frame)
            supports = sampler(t, len(video), None)
            if supports:
                inputs['ref_img'] = torch.cat(
                    [video[s][0] for s in supports], dim=1
                )
            with torch.no_grad():
                results += model.predict(inputs, [sample])
    return results


@pytest.mark.parametrize('size', [1, 3])
def test_feeder_equals_plain_windows(model, make_video, size):
    videos = [make_video(n, seed=n) for n in (4, 1, 5)]
    feeder = VideoFeeder(model, WINDOW, 'exact')
    found = []
    for batch in batches(videos, size):
        found += feeder.feed(batch)
    feeder.finish()
    expected = plain(model, videos)
    assert [s.img_id for s in found] == [s.img_id for s in expected]
    for one, two in zip(found, expected):
        torch.testing.assert_close(
            one.pred_det_instances.scores, two.pred_det_instances.scores
        )
        torch.testing.assert_close(
            one.pred_det_instances.bboxes, two.pred_det_instances.bboxes
        )


def test_wrong_order_and_missing_frames(model, make_video):
    one, two, three = batches([make_video(3)], 1)
    feeder = VideoFeeder(model, WINDOW, 'exact')
    feeder.feed(one)
    with pytest.raises(ValueError, match='frame 2 .* in place of frame 1'):
        feeder.feed(three)
    feeder.feed(two)
    with pytest.raises(ValueError, match='with 3 frames, but only 2 came'):
        feeder.finish()
    wide = dict(one, inputs=dict(one['inputs'], ref_img=one['inputs']['img']))
    with pytest.raises(ValueError, match='num_frames=1'):
        VideoFeeder(model, WINDOW, 'exact').feed(wide)


def test_other_models_need_the_ordinary_loop():
    with pytest.raises(TypeError, match="Linear has no encode.*'TestLoop'"):
        VideoFeeder(torch.nn.Linear(1, 1), WINDOW, 'exact')


@METRICS.register_module()
class CountingMetric(BaseMetric):
    """Notes which images it gets."""

    def process(self, data_batch, data_samples):
        self.results += [s['img_id'] for s in data_samples]

    def compute_metrics(self, results):
        assert results == sorted(set(results))
        return dict(images=len(results))


class Frames(torch.utils.data.Dataset):
    """Single frames of two videos."""

    def __init__(self, make_video):
        self.batches = batches([make_video(3, 1), make_video(4, 2)], 1)

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        batch = self.batches[index]
        return dict(
            inputs=dict(img=batch['inputs']['img'][0]),
            data_samples=batch['data_samples'][0],
        )


def make_runner(model, make_video, folder, phase, metric, **loop):
    """A runner over two videos, two frames a batch."""
    loader = dict(
        batch_size=2,
        num_workers=0,
        sampler=dict(type='DefaultSampler', shuffle=False),
        dataset=Frames(make_video),
        collate_fn=dict(type='pseudo_collate'),
    )
    return Runner(
        model=model,
        work_dir=str(folder),
        default_scope='mmtrack',
        **{
            f'{phase}_dataloader': loader,
            f'{phase}_cfg': dict(
                type=f'Video{phase.capitalize()}Loop',
                frame_sampler=WINDOW,
                **loop,
            ),
            f'{phase}_evaluator': metric,
        },
    )


@pytest.mark.parametrize('phase', ['val', 'test'])
def test_loops_evaluate_every_frame_once(model, make_video, tmp_path, phase):
    seen = []
    runner = make_runner(
        model,
        make_video,
        tmp_path,
        phase,
        dict(type='CountingMetric'),
        mode='cached',
    )
    for hook in runner.hooks:
        if type(hook).__name__ == 'RuntimeInfoHook':
            original = getattr(hook, f'after_{phase}_iter')

            def spy(runner, batch_idx, data_batch=None, outputs=None):
                seen.append([s.img_id for s in outputs])
                return original(runner, batch_idx, data_batch, outputs)

            setattr(hook, f'after_{phase}_iter', spy)
    assert getattr(runner, phase)() == dict(images=7)
    # Windows of three: frame 1 of the first video closes frames 0 and 1 of
    # it only when frame 2 is there.
    assert seen == [[], [100, 101, 102], [200, 201], [202, 203]]


@METRICS.register_module()
class KeepingMetric(BaseMetric):
    """Keeps the detections of each frame."""

    kept = {}

    def process(self, data_batch, data_samples):
        for sample in data_samples:
            assert 'candidate_instances' not in sample
            self.results.append((sample['img_id'], sample))

    def compute_metrics(self, results):
        assert len(results) == len(dict(results)) == 7
        self.kept[self.prefix] = {
            img_id: sample['pred_det_instances'] for img_id, sample in results
        }
        return dict(frames=len(results))


@pytest.mark.parametrize('phase', ['val', 'test'])
def test_with_and_without_seq_nms_in_one_run(
    model, make_video, tmp_path, phase
):
    metric = dict(type='KeepingMetric', prefix='vid')
    options = dict(rescore='max', link_iou=0.2)
    kept = KeepingMetric.kept
    kept.clear()
    runner = make_runner(model, make_video, tmp_path, phase, metric)
    assert getattr(runner, phase)() == {'vid/frames': 7}
    without = kept.pop('vid')
    runner = make_runner(
        model,
        make_video,
        tmp_path,
        phase,
        [metric, dict(type='CountingMetric')],
        post_processor=dict(type='SeqNMS', **options),
    )
    assert getattr(runner, phase)() == {
        'vid/frames': 7,
        'images': 7,
        'vid/seq_nms/frames': 7,
    }
    changed = 0
    head = model.detector.roi_head
    nms = head.test_cfg
    post = SeqNMS(nms.score_thr, nms.nms, nms.max_per_img, **options)
    for video, length in ((1, 3), (2, 4)):
        # The plain computation: each window through the network, up to NMS.
        raw = plain_before_nms(model, make_video(length, video))
        expected = post(
            [r.bboxes for r in raw], [r.scores[:, :-1] for r in raw]
        )
        for t, frame in enumerate(expected):
            img_id = 100 * video + t
            found = kept['vid/seq_nms'][img_id]
            assert found['labels'].tolist() == frame['labels'].tolist()
            for key in ('bboxes', 'scores'):
                torch.testing.assert_close(
                    found[key], torch.from_numpy(frame[key])
                )
            own = kept['vid'][img_id]
            for key, values in without[img_id].items():
                assert torch.equal(own[key], values)
            changed += found['scores'].tolist() != own['scores'].tolist()
    assert changed > 0


def plain_before_nms(model, video):
    """Boxes and scores of each frame of a video, windows of three."""
    sampler, found = WindowFrameSampler(3), []
    data = [
        model.data_preprocessor(batch, False) for batch in batches([video], 1)
    ]
    with torch.no_grad():
        encoded = [
            model.encode(d['inputs']['img'][:, 0], d['data_samples'])[0]
            for d in data
        ]
        head = model.detector.roi_head
        for t, frame in enumerate(encoded):
            window = [t, *sampler(t, len(encoded), None)]
            scores, deltas = head.bbox_head.predict_on_window(
                [encoded[i].features for i in window]
            )
            rois = torch.nn.functional.pad(frame.boxes, (1, 0))
            found += head.bbox_head.predict_by_feat(
                (rois,),
                (scores,),
                (deltas,),
                [frame.sample.metainfo],
                rescale=True,
            )
    return found


def test_post_processor_needs_a_prefix(model, make_video, tmp_path):
    runner = make_runner(
        model,
        make_video,
        tmp_path,
        'test',
        dict(type='CountingMetric'),
        post_processor=dict(type='SeqNMS'),
    )
    with pytest.raises(ValueError, match='seq_nms, but no metric .* prefix'):
        runner.test()


def test_half_precision_needs_a_gpu(model, make_video, tmp_path):
    if torch.cuda.is_available():
        pytest.skip('there is a GPU')
    runner = make_runner(
        model,
        make_video,
        tmp_path,
        'test',
        dict(type='CountingMetric'),
        fp16=True,
    )
    with pytest.raises(ValueError, match='fp16=True needs a GPU.*leave'):
        runner.test()
