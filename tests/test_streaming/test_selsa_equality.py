# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""HVRNet with the weights of MMTracking's SELSA detects what SELSA does."""

import pytest
import torch
from mmtrack.structures import TrackDataSample

from mmhvr.datasets import ReferenceFrameSampler
from mmhvr.run.config import load_config
from mmhvr.run.conversion import convert_state
from mmhvr.run.model_index import find_model
from mmhvr.run.starting_model import starting_model
from mmhvr.streaming import VideoEngine
from mmhvr.streaming.window import RecordedWindow

REFERENCES = 14
HEIGHT, WIDTH = 64, 96


@pytest.fixture(scope='module')
def models():
    """MMTracking's SELSA with loud random weights, and ours with the same.

    Scores spread over all classes, and many detections are far from every
    threshold.
    """
    theirs, ours = (
        starting_model(load_config(find_model(name)[0])).eval()
        for name in (
            'selsa_faster-rcnn_r18_mini',
            'hvr-selsa_faster-rcnn_r18_mini',
        )
    )
    generator = torch.Generator().manual_seed(3)
    head = theirs.detector.roi_head.bbox_head
    with torch.no_grad():
        for parameter in head.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            spread = (2 / parameter.shape[-1]) ** 0.5
            parameter.copy_(noise * (spread if parameter.dim() > 1 else 0.1))
        head.fc_cls.weight.mul_(3)
    conversion = convert_state(theirs.state_dict(), ours.state_dict())
    assert not (conversion.new or conversion.left or conversion.misfits)
    ours.load_state_dict(conversion.state)
    return theirs, ours


def metainfo(frame):
    return dict(
        img_shape=(HEIGHT, WIDTH),
        ori_shape=(2 * HEIGHT, 2 * WIDTH),
        pad_shape=(HEIGHT, WIDTH),
        batch_input_shape=(HEIGHT, WIDTH),
        scale_factor=(0.5, 0.5),
        frame_id=frame,
    )


def references(length):
    """As MMTracking's test_with_adaptive_stride chooses them."""
    stride = float(length - 1) / (REFERENCES - 1)
    return [round(i * stride) for i in range(REFERENCES)]


def selsa_detections(model, frames):
    """MMTracking's own way: references with frame 0, then frame by frame."""
    chosen = references(len(frames))
    found = []
    for t, frame in enumerate(frames):
        inputs, meta = dict(img=frame[None, None]), metainfo(t)
        if t == 0:
            inputs['ref_img'] = frames[chosen][None]
            for key in metainfo(0):
                meta[f'ref_{key}'] = [metainfo(c)[key] for c in chosen]
        sample = TrackDataSample(metainfo=meta)
        found.append(model.predict(inputs, [sample])[0].pred_det_instances)
    return found


@pytest.mark.parametrize('length', [1, 3, 17])
@pytest.mark.parametrize('mode', VideoEngine.modes)
def test_detections_are_those_of_mmtracking(models, length, mode):
    theirs, ours = models
    generator = torch.Generator().manual_seed(length)
    frames = torch.randn(length, 3, HEIGHT, WIDTH, generator=generator)
    engine = VideoEngine(ours.detector.roi_head, mode)
    state = engine.open(
        RecordedWindow(ReferenceFrameSampler(REFERENCES + 1), length)
    )
    found = []
    with torch.no_grad():
        expected = selsa_detections(theirs, frames)
        for t, frame in enumerate(frames):
            sample = TrackDataSample(metainfo=metainfo(t))
            (encoded,) = ours.encode(frame[None], [sample])
            found += engine.push(state, encoded)
        found += engine.close(state)
    assert sum(map(len, expected)) > 20 * length
    for wanted, (_, got) in zip(expected, found):
        assert torch.equal(got.labels, wanted.labels)
        assert (got.bboxes - wanted.bboxes).abs().max() < 1e-3  # pixels
        assert (got.scores - wanted.scores).abs().max() < 1e-5
