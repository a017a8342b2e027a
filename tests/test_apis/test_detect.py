# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The inferencer with Seq-NMS, against Seq-NMS of the raw boxes by hand."""

import json

import cv2
import numpy as np
import pytest

from mmhvr.apis import HVRInferencer
from mmhvr.evaluation import SeqNMS
from mmhvr.sources import FrameSource, open_source
from mmhvr.sources.base import SourceEndedEarly
from mmhvr.streaming import VideoEngine
from mmhvr.streaming.window import SymmetricWindow
from mmhvr.visualization.draw import draw_detections
from mmhvr.visualization.hook import legible_factor

OPTIONS = dict(link_iou=0.2, rescore='max')


@pytest.fixture(scope='module')
def inferencer(model):
    return HVRInferencer(model)


def by_hand(inferencer, frames, **options):
    """The engine's raw boxes of a video in windows of three, and Seq-NMS."""
    head = inferencer.model.detector.roi_head
    engine = VideoEngine(head, 'cached', before_nms=True)
    state = engine.open(SymmetricWindow(3))
    raw = []
    for t, frame in enumerate(frames):
        raw += engine.push(state, inferencer.encoder.encode([frame], [t])[0])
    raw += engine.close(state)
    cfg = head.test_cfg
    post = SeqNMS(cfg.score_thr, cfg.nms, cfg.max_per_img, **options)
    return post(
        [found.bboxes for _, found in raw],
        [found.scores[:, :-1] for _, found in raw],
    )


def assert_found(results, expected, least=0.0):
    """Equal frames, and the expected detections from a score on."""
    assert [r.frame_id for r in results] == list(range(len(expected)))
    for one, two in zip(results, expected):
        strong = two['scores'] >= least
        assert strong.any()
        np.testing.assert_array_equal(one.labels, two['labels'][strong])
        np.testing.assert_array_equal(one.scores, two['scores'][strong])
        np.testing.assert_array_equal(one.boxes, two['bboxes'][strong])


def test_equals_seq_nms_by_hand(inferencer, make_frames):
    frames = make_frames(7)
    expected = by_hand(inferencer, frames, **OPTIONS)
    config = dict(type='SeqNMS', **OPTIONS)
    options = dict(num_frames=3, score_thr=0.0)
    found = inferencer(frames, post_processor=config, **options)
    assert_found(found.frames, expected)
    assert found.complete and found.num_frames == 7
    # A path changes something: else this would show nothing.
    without = inferencer(frames, **options).frames
    assert any(
        list(a.scores) != list(b.scores) for a, b in zip(found.frames, without)
    )
    # A function of one's own, and a score in the middle.
    middle = float(np.median(np.concatenate([r['scores'] for r in expected])))
    cfg = inferencer.model.detector.roi_head.test_cfg
    post = SeqNMS(cfg.score_thr, cfg.nms, cfg.max_per_img, **OPTIONS)
    options['score_thr'] = middle
    found = inferencer(np.stack(frames), post_processor=post, **options)
    assert_found(found.frames, expected, middle)


def test_outputs_of_a_folder_and_of_a_part(inferencer, make_frames, tmp_path):
    frames, folder = make_frames(6), tmp_path / 'frames'
    folder.mkdir()
    for t, frame in enumerate(frames):
        cv2.imwrite(str(folder / f'{t}.png'), frame)
    # The video ends after five frames.
    expected = by_hand(inferencer, frames[:5])
    result = inferencer(
        folder,
        out_video=tmp_path / 'o.mp4',
        out_json=tmp_path / 'o.json',
        out_dir=tmp_path / 'o',
        post_processor=dict(type='SeqNMS'),
        num_frames=3,
        score_thr=0.0,
        max_frames=5,
        return_results=False,
    )
    assert result.num_frames == 5 and result.frames == []
    data = json.loads((tmp_path / 'o.json').read_text())
    assert data['post_processor'] == 'seq_nms' and data['complete']
    assert open_source(tmp_path / 'o.mp4').count() == 5
    for t, (record, found) in enumerate(zip(data['frames'], expected)):
        assert (record['frame'], record['name']) == (t, f'{t}.png')
        scores = [d['score'] for d in record['detections']]
        np.testing.assert_allclose(scores, found['scores'], atol=6e-7)
        picture = cv2.imread(str(tmp_path / 'o' / f'00000{t}.jpg'))
        drawn = draw_detections(
            frames[t],
            found['bboxes'],
            found['labels'],
            found['scores'],
            inferencer.class_names,
            factor=legible_factor(frames[t]),
        )
        assert abs(picture.astype(int) - drawn).mean() < 12


def test_a_file_that_is_cut_off(inferencer, make_frames, make_video):
    path = make_video(make_frames(30))
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    options = dict(num_frames=3, score_thr=0.0)
    with pytest.warns(UserWarning, match='video.mp4 is cut off or damaged'):
        result = inferencer(
            path, post_processor=dict(type='SeqNMS'), **options
        )
    good = []
    with pytest.raises(SourceEndedEarly):
        for frame in open_source(path):
            good.append(frame.image)
    assert not result.complete and 10 < len(good) < 25
    assert_found(result.frames, by_hand(inferencer, good))


class Breaking(FrameSource):
    """Frames, then an exception, each time; fewer the second time."""

    name = 'tape'

    def __init__(self, frames, error=None, second=None):
        self.frames, self.error, self.second = frames, error, second

    def __iter__(self):
        yield from open_source(self.frames)
        if self.error is not None:
            raise self.error
        self.frames = self.frames[: self.second]


@pytest.mark.parametrize(
    'error', [ValueError('frame 4 is torn'), KeyboardInterrupt('Ctrl-C')]
)
def test_what_there_was_before_it_broke_off(
    inferencer, make_frames, tmp_path, error
):
    out = tmp_path / 'o.json'
    frames = make_frames(4)
    expected = by_hand(inferencer, frames)
    with pytest.raises(type(error), match=str(error)):
        inferencer(
            Breaking(frames, error),
            post_processor=dict(type='SeqNMS'),
            out_json=out,
            num_frames=3,
            score_thr=0.0,
        )
    data = json.loads(out.read_text())
    assert data['complete'] is False
    # An interrupt does not wait for the windows of the last frames.
    whole = isinstance(error, ValueError)
    assert data['num_frames'] == (4 if whole else 3)
    if whole:
        for record, found in zip(data['frames'], expected):
            scores = [d['score'] for d in record['detections']]
            np.testing.assert_allclose(scores, found['scores'], atol=6e-7)


def test_fewer_frames_the_second_time(inferencer, make_frames):
    source = Breaking(make_frames(5), second=3)
    with pytest.warns(UserWarning, match='tape had 5 frames, but only 3'):
        result = inferencer(
            source, post_processor=dict(type='SeqNMS'), num_frames=3
        )
    assert result.num_frames == 3 and not result.complete


class Live(FrameSource):
    """A camera."""

    is_live, name = True, 'camera 3'


def test_what_cannot_be_read_twice_is_refused(
    inferencer, make_frames, tmp_path
):
    out = tmp_path / 'o.json'
    taken = []

    def frames():
        for frame in make_frames(3):
            taken.append(1)
            yield frame

    for source, name in (
        (Live(), 'camera 3'),
        (frames(), 'generator'),
        (iter(make_frames(3)), 'list_iterator'),
    ):
        with pytest.raises(ValueError, match=f'and {name} can be read only'):
            inferencer(
                source, post_processor=dict(type='SeqNMS'), out_json=out
            )
    assert not taken and not out.exists()


@pytest.mark.parametrize(
    'post_processor, error, message',
    [
        ('SeqNMS', TypeError, r"dict\(type='SeqNMS'\), got 'SeqNMS'"),
        (dict(type='SeqNms'), ValueError, "'SeqNms'} cannot be built"),
        (dict(rescore='max'), ValueError, 'cannot be built: .*"type"'),
        (dict(type='SeqNMS', rescore='x'), ValueError, "must be 'avg'"),
        (dict(type='SeqNMS', rscore='max'), TypeError, 'rscore'),
    ],
)
def test_wrong_post_processors(
    inferencer, make_frames, post_processor, error, message
):
    with pytest.raises(error, match=message):
        inferencer(make_frames(2), post_processor=post_processor)


def test_no_frame_before_the_first_that_cannot_be_used(inferencer):
    with pytest.raises(TypeError, match='frame 0 must be a uint8'):
        inferencer([None, None], post_processor=dict(type='SeqNMS'))
