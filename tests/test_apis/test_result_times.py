# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Results of videos whose frames do not come at a constant rate."""

import json

import pytest

from mmhvr.apis import HVRInferencer
from mmhvr.sources import Frame, FrameSource, open_source
from mmhvr.visualization.video import VideoWriter

TIMES = [0.0, 0.1, 0.2, 1.0, 1.1, 4.0]


@pytest.fixture(scope='module')
def inferencer(model):
    return HVRInferencer(model)


def times_of(path):
    return [frame.time for frame in open_source(str(path))]


@pytest.mark.parametrize('ending', ['mp4', 'mkv', 'avi'])
def test_a_video_of_variable_rate(
    inferencer, make_frames, tmp_path, ffmpeg, ending
):
    path, clip = tmp_path / 'made.mp4', tmp_path / f'clip.{ending}'
    with VideoWriter(str(path), fps=10) as writer:
        for frame, time in zip(make_frames(6), TIMES):
            writer.write(frame, time)
    ffmpeg('-i', path, '-fps_mode', 'vfr', clip)
    outputs = dict(
        out_video=tmp_path / 'out.mp4', out_json=tmp_path / 'out.json'
    )
    result = inferencer(clip, num_frames=3, **outputs)
    assert result.complete and result.num_frames == 6
    assert result.times == pytest.approx(TIMES, abs=0.001)
    data = json.loads((tmp_path / 'out.json').read_text())
    assert data['complete'] and data['message'] == ''
    assert [f['time'] for f in data['frames']] == pytest.approx(
        TIMES, abs=0.001
    )
    assert times_of(tmp_path / 'out.mp4') == pytest.approx(TIMES, abs=0.001)
    # Who asks for a rate gets it.
    inferencer(clip, num_frames=3, fps=5, out_video=tmp_path / 'five.mp4')
    assert times_of(tmp_path / 'five.mp4') == pytest.approx(
        [t / 5 for t in range(6)]
    )


class SlowCamera(FrameSource):
    """A camera that claims 30 frames a second and gives fewer."""

    name, fps, is_live, can_be_read_again = 'camera', 30.0, True, False

    def __init__(self, frames):
        self.frames = frames

    def __iter__(self):
        for index, (image, time) in enumerate(zip(self.frames, TIMES)):
            yield Frame(index, image, time=time)


def test_a_camera_plays_as_fast_as_it_was(inferencer, make_frames, tmp_path):
    out = tmp_path / 'out.mp4'
    inferencer(SlowCamera(make_frames(6)), num_frames=3, out_video=out)
    assert times_of(out) == pytest.approx(TIMES, abs=1e-4)


def test_images_have_no_times(inferencer, make_frames, tmp_path):
    outputs = dict(
        out_video=tmp_path / 'out.mp4', out_json=tmp_path / 'out.json'
    )
    result = inferencer(make_frames(4), num_frames=3, **outputs)
    assert result.times == [None] * 4
    data = json.loads((tmp_path / 'out.json').read_text())
    assert [f['time'] for f in data['frames']] == [None] * 4
    assert times_of(tmp_path / 'out.mp4') == [0, 0.04, 0.08, 0.12]
