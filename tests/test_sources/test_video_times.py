# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Videos of variable frame rate."""

import warnings

import numpy as np
import pytest

from mmhvr.sources import VideoFile
from mmhvr.visualization.video import VideoWriter

# In tenths of a second: a screen recording that rests between changes.
TENTHS = [0, 1, 2, 3, 10, 11, 25, 40, 41, 60]
KINDS = {
    'mp4': (),
    'mov': (),
    'mkv': (),
    'webm': ('-c:v', 'libvpx', '-b:v', '1M'),
    'avi': ('-c:v', 'mpeg4', '-q:v', '2'),
    'ts': ('-c:v', 'libx264'),
    'flv': ('-c:v', 'libx264'),
    'wmv': ('-c:v', 'wmv2', '-q:v', '2'),
    'gif': (),
}


@pytest.fixture(scope='module')
def changes(tmp_path_factory):
    """A video of variable rate; frame t is grey 20 t + 20."""
    path = tmp_path_factory.mktemp('video') / 'changes.mp4'
    with VideoWriter(str(path), fps=10) as writer:
        for t, tenths in enumerate(TENTHS):
            frame = np.full((48, 64, 3), 20 * t + 20, np.uint8)
            writer.write(frame, tenths / 10)
    return path


@pytest.mark.parametrize('ending', KINDS)
def test_all_frames_with_their_times(changes, tmp_path, ffmpeg, ending):
    path = tmp_path / f'video.{ending}'
    ffmpeg('-i', changes, *KINDS[ending], '-fps_mode', 'vfr', path)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        frames = list(VideoFile(path))  # SourceEndedEarly: not complete
    assert [frame.index for frame in frames] == list(range(len(TENTHS)))
    times = [frame.time for frame in frames]
    # A .gif counts hundredths, .flv and .mkv thousandths.
    assert times == pytest.approx([t / 10 for t in TENTHS], abs=0.001)
    for t, frame in enumerate(frames):
        assert abs(frame.image.mean() - 20 * t - 20) <= 6
    assert VideoFile(path).count() == len(TENTHS)


def test_times_begin_with_the_file(changes, tmp_path, ffmpeg):
    path = tmp_path / 'late.ts'
    ffmpeg('-i', changes, '-output_ts_offset', '5000', path)
    assert [f.time for f in VideoFile(path)] == pytest.approx(
        [t / 10 for t in TENTHS], abs=0.002
    )


def test_the_rate_of_broadcasts(tmp_path, ffmpeg):
    for given, rate in (('30000/1001', 30000 / 1001), ('25', 25), ('7', 7)):
        path = tmp_path / 'rate.mp4'
        source = f'color=size=32x32:rate={given}:duration=1'
        ffmpeg('-f', 'lavfi', '-i', source, path)
        video = VideoFile(path)
        assert video.fps == pytest.approx(rate, rel=1e-7)
        assert video.length == video.count()
        times = [frame.time for frame in video]
        assert np.diff(times) == pytest.approx(1 / rate, abs=2e-5)
