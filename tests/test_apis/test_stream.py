# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""A stream of frames against windows put together by hand."""

import cv2
import numpy as np
import pytest
import torch
from mmtrack.structures import TrackDataSample

from mmhvr.apis import VideoStream, init_model

CONFIG = 'configs/mini/hvr_faster-rcnn_r18_mini.py'
MEAN, STD = [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]


def windows_by_hand(model, frames, num_frames, lookahead):
    """Twice the size (96 / 48), RGB, normalised; each window whole."""
    images = []
    for frame in frames:
        large = cv2.resize(frame, (128, 96), interpolation=cv2.INTER_LINEAR)
        rgb = (large[..., ::-1].astype(np.float32) - MEAN) / STD
        images.append(torch.from_numpy(rgb.transpose(2, 0, 1)).float())
    results = []
    for t in range(len(frames)):
        last = min(t + lookahead, len(frames) - 1)
        first = max(0, last - num_frames + 1)
        supports = [images[i] for i in range(first, last + 1) if i != t]
        inputs = dict(img=images[t][None, None])
        if supports:
            inputs['ref_img'] = torch.stack(supports)[None]
        sample = TrackDataSample(
            metainfo=dict(
                img_shape=(96, 128),
                ori_shape=(48, 64),
                scale_factor=(2.0, 2.0),
            )
        )
        with torch.no_grad():
            results += model.predict(inputs, [sample])
    return [r.pred_det_instances for r in results]


@pytest.mark.parametrize('length', [1, 2, 6])
@pytest.mark.parametrize('lookahead', [0, 2])
def test_equals_windows_by_hand(model, make_frames, length, lookahead):
    frames = make_frames(length)
    stream = VideoStream(
        model, lookahead=lookahead, num_frames=3, mode='exact'
    )
    results = [stream.push(frame) for frame in frames]
    assert [r is None for r in results] == [
        t < lookahead for t in range(length)
    ]
    results = [r for r in results if r is not None] + stream.flush()
    assert [r.frame_id for r in results] == list(range(length))
    expected = windows_by_hand(model, frames, 3, lookahead)
    for one, two in zip(results, expected):
        assert len(one.scores) == len(two.scores) > 0
        np.testing.assert_allclose(one.scores, two.scores, rtol=1e-4)
        np.testing.assert_allclose(one.boxes, two.bboxes, rtol=1e-4, atol=1e-3)
        np.testing.assert_array_equal(one.labels, two.labels)
        assert one.boxes.dtype == one.scores.dtype == np.float32
        assert one.labels.dtype == np.int64
        assert (np.diff(one.scores) <= 0).all()
        # Pixels of the frame that was pushed.
        assert one.boxes.min() >= 0 and one.boxes[:, 2].max() <= 64


def test_names_of_frames_and_threshold(model, make_frames):
    frames = make_frames(3)
    stream = VideoStream(model, lookahead=1, num_frames=3)
    everything = [stream.push(f, n) for f, n in zip(frames, 'abc')]
    everything = everything[1:] + stream.flush()
    assert [r.frame_id for r in everything] == ['a', 'b', 'c']
    middle = float(np.median(everything[0].scores))
    stream = VideoStream(model, 1, 3, score_thr=middle)
    stream.push(frames[0])
    result = stream.push(frames[1])
    assert 0 < len(result.scores) < len(everything[0].scores)
    assert result.scores.min() >= middle


def test_a_stream_after_another_starts_from_nothing(model, make_frames):
    frames = make_frames(4)
    stream = VideoStream(model, num_frames=3)
    first = [stream.push(frame) for frame in frames]
    assert stream.flush() == []
    again = [stream.push(frame) for frame in frames]
    for one, two in zip(first, again):
        assert one.frame_id == two.frame_id
        np.testing.assert_array_equal(one.scores, two.scores)
    with stream:
        assert stream.state.received == 4
    assert stream.state.received == 0 and stream.state.nbytes == 0
    # Another size is welcome now.
    stream.push(make_frames(1, (96, 64))[0])


@pytest.mark.parametrize(
    'frame, error, text',
    [
        (np.zeros((48, 64, 3)), TypeError, 'uint8.*float64'),
        (None, TypeError, 'NoneType'),
        (np.zeros((48, 64), np.uint8), ValueError, r'\(48, 64\)'),
        (np.zeros((48, 64, 4), np.uint8), ValueError, r'\(48, 64, 4\)'),
        (np.zeros((0, 64, 3), np.uint8), ValueError, 'not empty'),
        (np.zeros((48, 60, 3), np.uint8), ValueError, r'48, 60.*flush'),
    ],
)
def test_a_bad_frame_changes_nothing(model, make_frames, frame, error, text):
    frames = make_frames(3)
    stream = VideoStream(model, num_frames=3)
    expected = [stream.push(f) for f in frames]
    stream.flush()
    results = [stream.push(frames[0])]
    with pytest.raises(error, match=text):
        stream.push(frame)
    results += [stream.push(f) for f in frames[1:]]
    for one, two in zip(results, expected):
        assert one.frame_id == two.frame_id
        np.testing.assert_array_equal(one.scores, two.scores)


def test_memory_does_not_grow(model, make_frames):
    frame = make_frames(1)[0]
    stream = VideoStream(model, lookahead=2, num_frames=4)
    sizes = []
    for _ in range(40):
        stream.push(frame)
        sizes.append(stream.state.nbytes)
    assert max(sizes) == sizes[10] > 0
    assert stream.state.received == 40


def test_wrong_arguments(model):
    with pytest.raises(ValueError, match='lookahead'):
        VideoStream(model, lookahead=5, num_frames=5)
    with pytest.raises(ValueError, match='mode'):
        VideoStream(model, mode='fast')


def test_init_model(request, tmp_path, model):
    path = request.config.rootpath / CONFIG
    with pytest.raises(FileNotFoundError, match='c.pth'):
        init_model(path, str(tmp_path / 'c.pth'))
    torch.save(dict(state_dict=model.state_dict()), tmp_path / 'c.pth')
    with pytest.raises(ValueError, match='c.pth does not fit HVRNet'):
        init_model(path, str(tmp_path / 'c.pth'))
    again = init_model(model.cfg, str(tmp_path / 'c.pth'))
    for key, value in model.state_dict().items():
        assert torch.equal(value, again.state_dict()[key])
    assert not again.training
    assert again.class_names[3] == 'three'
    # A recipe for ImageNet builds without fetching what it names.
    large = 'configs/hvr/hvr_faster-rcnn_r50-dc5_8xb9-7e_imagenetvid.py'
    assert 'zebra' in init_model(request.config.rootpath / large).class_names
