# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The inferencer against the loop of `mim test`, and what goes wrong."""

import copy
import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import DefaultScope
from mmtrack.registry import DATASETS

from mmhvr.apis import HVRInferencer, VideoStream
from mmhvr.engine import VideoFeeder
from mmhvr.sources import FrameSource, open_source
from mmhvr.sources.base import SourceEndedEarly
from mmhvr.streaming import VideoEngine
from mmhvr.visualization.draw import draw_detections
from mmhvr.visualization.hook import legible_factor


@pytest.fixture(scope='module')
def inferencer(model):
    return HVRInferencer(model)


@pytest.fixture
def folder(tmp_path, make_frames):
    """Seven frames of noise in a folder, f8.png to f14.png."""
    path = tmp_path / 'frames'
    path.mkdir()
    for t, frame in enumerate(make_frames(7)):
        cv2.imwrite(str(path / f'f{t + 8}.png'), frame)
    return path


def assert_same(results, expected, tolerance=0.0):
    """Equal frames, boxes, scores and labels; at least one detection."""
    assert [r.frame_id for r in results] == [e.frame_id for e in expected]
    for one, two in zip(results, expected):
        assert len(one.scores) == len(two.scores) > 0
        for name in ('boxes', 'scores', 'labels'):
            np.testing.assert_allclose(
                getattr(one, name),
                getattr(two, name),
                rtol=tolerance,
                atol=tolerance,
            )


def loop_of_the_test(model, folder, frame_sampler, mode):
    """What `mim test` computes: data set, pipeline, collation, loop."""
    names = sorted(os.listdir(folder), key=lambda n: int(n[1:-4]))
    data = dict(
        categories=[
            dict(id=i + 1, name=name)
            for i, name in enumerate(model.class_names)
        ],
        videos=[dict(id=1, name='v')],
        images=[
            dict(
                id=i + 1,
                file_name=name,
                height=48,
                width=64,
                frame_id=i,
                video_id=1,
                is_vid_train_frame=True,
            )
            for i, name in enumerate(names)
        ],
        annotations=[],
    )
    (folder.parent / 'truth.json').write_text(json.dumps(data))
    cfg = copy.deepcopy(model.cfg.test_dataloader.dataset)
    cfg.update(
        data_root='',
        ann_file=str(folder.parent / 'truth.json'),
        data_prefix=dict(img_path=str(folder)),
    )
    with DefaultScope.overwrite_default_scope('mmtrack'):
        dataset = DATASETS.build(cfg)
        feeder = VideoFeeder(model, frame_sampler, mode)
    samples = []
    for i in range(len(dataset)):
        samples += feeder.feed(pseudo_collate([dataset[i]]))
    feeder.finish()
    return samples


@pytest.mark.parametrize('mode', VideoEngine.modes)
@pytest.mark.parametrize(
    'num_frames, sampler',
    [
        (None, dict(type='WindowFrameSampler', num_frames=15)),
        (3, dict(type='WindowFrameSampler', num_frames=3)),
        (4, dict(type='WindowFrameSampler', num_frames=4)),
    ],
)
def test_equals_mim_test(inferencer, model, folder, num_frames, sampler, mode):
    if num_frames is None:
        assert model.cfg.test_cfg.frame_sampler == sampler
        assert model.cfg.test_cfg.mode == 'cached'
    result = inferencer(
        folder, num_frames=num_frames, mode=mode, score_thr=0.0
    )
    expected = loop_of_the_test(model, folder, sampler, mode)
    assert result.num_frames == len(expected) == 7 and result.complete
    assert result.num_detections == sum(
        len(s.pred_det_instances) for s in expected
    )
    for one, two in zip(result.frames, expected):
        found = two.pred_det_instances
        assert one.frame_id == two.frame_id and len(found) > 0
        np.testing.assert_allclose(one.boxes, found.bboxes, atol=1e-4)
        np.testing.assert_allclose(one.scores, found.scores, atol=1e-6)
        np.testing.assert_array_equal(one.labels, found.labels)


def test_a_global_window_equals_mim_test(model, folder):
    sampler = dict(type='GlobalFrameSampler', num_frames=4)
    changed = copy.copy(model)
    changed.cfg = copy.deepcopy(model.cfg)
    changed.cfg.test_cfg.frame_sampler = sampler
    result = HVRInferencer(changed)(folder, score_thr=0.0)
    expected = loop_of_the_test(model, folder, sampler, 'cached')
    for one, two in zip(result.frames, expected):
        found = two.pred_det_instances
        np.testing.assert_allclose(one.scores, found.scores, atol=1e-6)


@pytest.mark.parametrize('batch_size', [2, 3, 50])
@pytest.mark.parametrize('lookahead', [None, 1])
def test_batches_change_nothing(
    inferencer, make_frames, batch_size, lookahead
):
    options = dict(num_frames=3, lookahead=lookahead, score_thr=0.0)
    frames = make_frames(7)
    expected = inferencer(frames, **options).frames
    found = inferencer(frames, batch_size=batch_size, **options).frames
    # Convolutions sum in another order.
    assert_same(found, expected, 1e-3)


def test_every_source_gives_the_same(inferencer, folder, make_frames):
    frames = make_frames(7)
    expected = inferencer(frames, num_frames=3, score_thr=0.0).frames
    for source in (
        folder,
        f'{folder}/f*.png',
        [folder / f'f{t}.png' for t in range(8, 15)],
        np.stack(frames),
        iter(frames),
        open_source(frames),
    ):
        found = inferencer(source, num_frames=3, score_thr=0.0)
        assert_same(found.frames, expected)


def test_a_lookahead_is_that_of_a_stream(inferencer, model, make_frames):
    frames = make_frames(6)
    for lookahead in (0, 2):
        stream = VideoStream(model, lookahead, 3, score_thr=0.1)
        expected = [stream.push(frame) for frame in frames] + stream.flush()
        expected = [result for result in expected if result is not None]
        options = dict(lookahead=lookahead, num_frames=3, score_thr=0.1)
        assert_same(inferencer(frames, **options).frames, expected)
        assert_same(list(inferencer.iterate(frames, **options)), expected)


class Live(FrameSource):
    """A camera of six frames, which is asked for one at a time."""

    is_live, name = True, 'camera 3'

    def __init__(self, frames, breaks=True):
        self.source, self.breaks = open_source(frames), breaks
        self.taken = 0

    def __iter__(self):
        for frame in self.source:
            self.taken += 1
            yield frame
        if self.breaks:
            raise SourceEndedEarly('camera 3 went away')


def test_a_camera_gives_results_without_delay(inferencer, make_frames):
    camera = Live(make_frames(6))
    results = inferencer.iterate(camera, num_frames=3, score_thr=0.0)
    for t in range(6):
        assert next(results).frame_id == t
        assert camera.taken == t + 1
    with pytest.warns(UserWarning, match='camera 3 went away'):
        assert list(results) == []


def test_a_camera_that_goes_away(inferencer, make_frames, tmp_path):
    out = tmp_path / 'out.json'
    with pytest.warns(UserWarning, match='camera 3 went away'):
        result = inferencer(Live(make_frames(6)), out_json=str(out))
    assert result.num_frames == len(result.frames) == 6
    assert not result.complete and 'went away' in result.message
    data = json.loads(out.read_text())
    assert data['num_frames'] == 6 and data['complete'] is False
    assert data['message'] == 'camera 3 went away'
    # It could have gone on: after six frames it is left.
    result = inferencer(Live(make_frames(6)), max_frames=4)
    assert result.num_frames == 4 and result.complete


def test_a_video_is_read_no_further_than_its_windows(inferencer, make_frames):
    taken = []

    def frames():
        for frame in make_frames(12):
            taken.append(1)
            yield frame

    results = inferencer.iterate(
        frames(), num_frames=5, score_thr=0.0, batch_size=2
    )
    # Windows of five: frame 0 waits for frame 4, frame t for t + 2; in
    # batches of two.
    for t, number in enumerate([6, 6, 6, 6, 8, 8, 10]):
        assert next(results).frame_id == t
        assert len(taken) == number


def test_outputs(inferencer, folder, make_frames, tmp_path):
    frames = make_frames(7)
    everything = inferencer(frames, score_thr=0.0).frames
    middle = float(np.median(np.concatenate([r.scores for r in everything])))
    paths = [str(tmp_path / 'new' / n) for n in ('o.mp4', 'o.json', 'o')]
    result = inferencer(
        folder,
        out_video=Path(paths[0]),
        out_json=paths[1],
        out_dir=paths[2],
        score_thr=middle,
        return_results=False,
        fps=12,
    )
    assert result.frames == [] and result.num_frames == 7
    kept = [r.scores >= middle for r in everything]
    assert result.num_detections == sum(k.sum() for k in kept)
    data = json.loads((tmp_path / 'new' / 'o.json').read_text())
    assert data['complete'] and data['source'] == str(folder)
    assert data['score_thr'] == middle and data['mode'] == 'cached'
    assert data['num_window_frames'] == 15
    assert data['post_processor'] is None
    assert data['classes'] == list(inferencer.class_names)
    capture = cv2.VideoCapture(paths[0])
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(12)
    assert sorted(os.listdir(paths[2])) == [f'00000{t}.jpg' for t in range(7)]
    for t, (frame, found) in enumerate(zip(frames, everything)):
        record = data['frames'][t]
        assert (record['frame'], record['name']) == (t, f'f{t + 8}.png')
        boxes = [d['box'] for d in record['detections']]
        np.testing.assert_allclose(
            np.reshape(boxes, (-1, 4)), found.boxes[kept[t]], atol=0.006
        )
        expected = draw_detections(
            frame,
            found.boxes[kept[t]],
            found.labels[kept[t]],
            found.scores[kept[t]],
            inferencer.class_names,
            factor=legible_factor(frame),
        )
        picture = cv2.imread(f'{paths[2]}/00000{t}.jpg')
        assert picture.shape == expected.shape == (384, 512, 3)
        # JPEG, and H.264: alike in the mean, and unlike other frames.
        assert abs(picture.astype(int) - expected).mean() < 12
        there, picture = capture.read()
        assert there and picture.shape == expected.shape
        assert abs(picture.astype(int) - expected).mean() < 20
    assert not capture.read()[0]


def test_a_file_that_is_cut_off(inferencer, make_frames, make_video, tmp_path):
    path = make_video(make_frames(30))
    whole = inferencer(path, score_thr=0.0, num_frames=5)
    assert whole.num_frames == 30 and whole.complete
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    out = tmp_path / 'out.mp4'
    with pytest.warns(UserWarning, match='video.mp4 is cut off or damaged'):
        result = inferencer(
            path, score_thr=0.0, num_frames=5, out_video=str(out)
        )
    assert 10 < result.num_frames < 25 and not result.complete
    assert open_source(out).count() == result.num_frames
    # The windows of the last two frames are shifted, all else is the same.
    number = result.num_frames - 3
    assert_same(result.frames[:number], whole.frames[:number])


@pytest.mark.parametrize(
    'spoil, error, message',
    [
        (lambda f: f[:, :60], ValueError, r'frame 4 is \(48, 60, 3\)'),
        (lambda f: f / 255.0, TypeError, 'frame 4 must be a uint8.*float64'),
        (lambda f: f * np.nan, TypeError, '9216 of its values NaN'),
        (lambda f: None, TypeError, 'frame 4 .* NoneType'),
    ],
)
@pytest.mark.parametrize('batch_size', [1, 3])
def test_a_bad_frame_after_good_ones(
    inferencer, make_frames, tmp_path, spoil, error, message, batch_size
):
    frames = make_frames(6)
    expected = inferencer(frames[:4], num_frames=3, score_thr=0.0).frames
    frames[4] = spoil(frames[4])
    options = dict(num_frames=3, score_thr=0.0, batch_size=batch_size)
    seen, out = [], tmp_path / 'o.json'
    with pytest.raises(error, match=message):
        for result in inferencer.iterate(iter(frames), **options):
            seen.append(result)
    assert_same(seen, expected, 1e-3)
    with pytest.raises(error, match=message):
        inferencer(iter(frames), out_json=str(out), **options)
    data = json.loads(out.read_text())
    assert data['num_frames'] == 4 and data['complete'] is False


def test_a_broken_image_is_named(inferencer, folder, tmp_path):
    (folder / 'f12.png').write_bytes(b'nonsense')
    out = tmp_path / 'o.mp4'
    with pytest.raises(ValueError, match='f12.png cannot be read'):
        inferencer(folder, out_video=str(out))
    assert open_source(out).count() == 4


def test_frames_without_proposals(model, make_frames, tmp_path):
    empty = copy.deepcopy(model)
    # No proposal is as large as that.
    empty.detector.test_cfg.rpn.min_bbox_size = 1e4
    out = tmp_path / 'o.json'
    result = HVRInferencer(empty)(
        make_frames(4), out_json=str(out), score_thr=0.0, batch_size=3
    )
    assert result.num_frames == 4 and result.num_detections == 0
    assert result.frames[0].boxes.shape == (0, 4)
    frames = json.loads(out.read_text())['frames']
    assert [frame['detections'] for frame in frames] == [[]] * 4


@pytest.mark.parametrize(
    'options, error, message',
    [
        (dict(batch_size=0), ValueError, 'batch_size must be at least 1'),
        (dict(max_frames=0), ValueError, 'max_frames must be at least 1'),
        (dict(num_frames=0), ValueError, 'num_frames must be at least 1'),
        (dict(lookahead=15), ValueError, 'lookahead must be 0 to 14'),
        (dict(mode='fast'), ValueError, "mode must be .* got 'fast'"),
        (dict(score_thr=30), ValueError, 'score_thr must be 0 to 1'),
        (dict(fps=0), ValueError, 'fps is 0'),
        (dict(out_video='o.avi'), ValueError, r"'o.avi'; .*\.mp4"),
        (dict(out_json='o.txt'), ValueError, r"'o.txt'; .*\.json"),
        (dict(out_json='file/o.json'), OSError, 'cannot write the JSON'),
        (dict(out_video='file/o.mp4'), OSError, 'cannot write the video'),
        (dict(out_dir='file/o'), OSError, 'cannot write the picture'),
        (dict(out_video='in.mp4'), ValueError, 'would overwrite the source'),
    ],
)
def test_bad_options_fail_before_the_work(
    inferencer, make_frames, make_video, monkeypatch, options, error, message
):
    path = make_video(make_frames(3), 'in.mp4')
    (path.parent / 'file').write_text('')
    before = path.read_bytes()
    monkeypatch.chdir(path.parent)

    def no_work(*arguments):
        raise AssertionError('the work has begun')

    monkeypatch.setattr(inferencer.encoder, 'encode', no_work)
    with pytest.raises(error, match=message):
        inferencer('in.mp4', **options)
    assert sorted(os.listdir()) == ['file', 'in.mp4']
    assert path.read_bytes() == before


def test_iterate_checks_its_options_at_once(inferencer, make_frames):
    with pytest.raises(ValueError, match='batch_size must be at least 1'):
        inferencer.iterate(make_frames(2), batch_size=0)
    with pytest.raises(FileNotFoundError, match='nowhere'):
        inferencer.iterate('nowhere')


def test_pictures_among_the_frames_are_refused(inferencer, folder):
    with pytest.raises(ValueError, match='would lie among the images'):
        inferencer(folder, out_dir=str(folder))
    assert len(os.listdir(folder)) == 7


def test_models(request, tmp_path, model):
    path = str(tmp_path / 'c.pth')
    state = model.state_dict()
    meta = dict(cfg=model.cfg.pretty_text)
    torch.save(dict(state_dict=state, meta=meta), path)
    # The config is in the checkpoint.
    again = HVRInferencer(weights=Path(path), device='cpu')
    assert again.class_names == model.class_names
    for key, value in again.model.state_dict().items():
        assert torch.equal(value, state[key])
    torch.save(dict(state_dict=state), path)
    with pytest.raises(ValueError, match='no config in it'):
        HVRInferencer(weights=path)
    with pytest.raises(ValueError, match='neither a config nor a checkpoint'):
        HVRInferencer()
    with pytest.raises(ValueError, match='weights would be ignored'):
        HVRInferencer(model, path)
    # By name, from any folder; it is the full mini model.
    with pytest.raises(ValueError, match='c.pth does not fit HVRNet'):
        HVRInferencer('mini', path, 'cpu')
    with pytest.warns(UserWarning, match='no weights .* mean nothing'):
        HVRInferencer('hvr_faster-rcnn_r18_mini-demo', device='cpu')
    with pytest.raises(ValueError, match="device is 'gpu'; give 'cpu'"):
        HVRInferencer(model.cfg, device='gpu')
    with pytest.raises(ValueError, match='cuda:99.* torch sees'):
        HVRInferencer(model.cfg, device='cuda:99')
    root = request.config.rootpath
    single = Config.fromfile(root / 'configs/mini/faster-rcnn_r18_mini.py')
    with pytest.warns(UserWarning, match='no weights'):
        with pytest.raises(TypeError, match='FasterRCNN.*begins with hvr_'):
            HVRInferencer(single, device='cpu')
