# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import os
import subprocess

import cv2
import numpy as np
import pytest

from mmhvr.utils.ffmpeg import ffmpeg_program
from mmhvr.visualization.video import VideoWriter


def frame(height, width, value):
    return np.full((height, width, 3), value, np.uint8)


def read_back(path):
    capture = cv2.VideoCapture(str(path))
    frames = []
    while True:
        found, image = capture.read()
        if not found:
            break
        frames.append(image)
    tag = int(capture.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, 'little')
    fps = capture.get(cv2.CAP_PROP_FPS)
    capture.release()
    return frames, tag.decode(), fps


@pytest.mark.parametrize(
    'size, stored', [((48, 64), (48, 64)), ((47, 65), (48, 66))]
)
def test_round_trip(tmp_path, size, stored):
    path = tmp_path / 'new' / 'out.mp4'
    values = [20, 90, 160, 230]
    with VideoWriter(str(path), fps=8) as writer:
        for value in values:
            writer.write(frame(*size, value))
    frames, tag, fps = read_back(path)
    assert [f.shape for f in frames] == [(*stored, 3)] * 4
    # H.264 keeps a plain grey frame to a few steps of 255.
    for image, value in zip(frames, values):
        assert abs(image.astype(int) - value).max() <= 6
    assert tag in ('avc1', 'h264', 'H264')
    assert fps == pytest.approx(8)
    # The index is in front of the pictures, so that a browser can start.
    data = path.read_bytes()
    assert 0 < data.index(b'moov') < data.index(b'mdat')


def test_pixel_format_is_one_that_browsers_play(tmp_path):
    path = tmp_path / 'out.mp4'
    with VideoWriter(str(path)) as writer:
        writer.write(frame(32, 32, 128))
    # Without an output file ffmpeg describes its input and exits with 1.
    text = subprocess.run(
        [ffmpeg_program(), '-i', str(path)], stderr=subprocess.PIPE, timeout=60
    ).stderr.decode()
    assert 'Video: h264' in text and 'yuv420p(' in text


def test_colours_are_not_swapped(tmp_path):
    path = tmp_path / 'out.mp4'
    blue = frame(32, 32, 0)
    blue[..., 0] = 250
    with VideoWriter(str(path)) as writer:
        writer.write(blue)
    image = read_back(path)[0][0].mean(axis=(0, 1))
    assert image[0] > 220 and image[2] < 30


def test_what_was_written_survives_an_exception(tmp_path):
    path = tmp_path / 'out.mp4'
    with pytest.raises(RuntimeError), VideoWriter(str(path)) as writer:
        for _ in range(3):
            writer.write(frame(32, 32, 50))
        raise RuntimeError
    assert len(read_back(path)[0]) == 3


@pytest.mark.parametrize(
    'times',
    [
        [0.0, 0.04, 0.08, 0.5, 1.7, 1.71, 5.0],
        [0.0, 10.0],
        [0.25 * t for t in range(5)],
    ],
)
def test_each_frame_is_shown_at_its_time(tmp_path, times):
    path = tmp_path / 'out.mp4'
    with VideoWriter(str(path), fps=25) as writer:
        for t, time in enumerate(times):
            writer.write(frame(32, 32, 30 * t), time)
    # OpenCV has its own ffmpeg and its own reading of the times.
    capture = cv2.VideoCapture(str(path))
    found = []
    while True:
        there, image = capture.read()
        if not there:
            break
        found.append(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        assert abs(image.mean() - 30 * (len(found) - 1)) <= 6
    assert found == pytest.approx(times, abs=1e-4)


def test_no_frame_is_lost_to_equal_times(tmp_path):
    path = tmp_path / 'out.mp4'
    with VideoWriter(str(path)) as writer:
        for t, time in enumerate([0.0, 0.2, 0.2, 0.1, 0.4]):
            writer.write(frame(32, 32, 50 * t), time)
    assert [round(f.mean() / 50) for f in read_back(path)[0]] == [
        0,
        1,
        2,
        3,
        4,
    ]


@pytest.mark.parametrize('number', [1, 2, 40])
@pytest.mark.parametrize('fps', [0.5, 24, 30000 / 1001])
def test_a_constant_rate(tmp_path, number, fps):
    path = tmp_path / 'out.mp4'
    with VideoWriter(str(path), fps=fps) as writer:
        for t in range(number):
            writer.write(frame(32, 32, 6 * t))
    frames, _, found = read_back(path)
    assert len(frames) == number
    assert found == pytest.approx(fps, rel=1e-4)


@pytest.mark.parametrize(
    'name', ['out:1.mp4', 'a b%03d.mp4', "it's [1].mp4", '-y.mp4', 'ö猫.mp4']
)
def test_unusual_names(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with VideoWriter(name) as writer:
        writer.write(frame(32, 32, 90))
    assert os.listdir() == [name]
    assert len(read_back(tmp_path / name)[0]) == 1


def test_an_encoder_that_fails_says_why(tmp_path):
    path = tmp_path / 'out.mp4'
    path.symlink_to('/dev/full')
    with pytest.raises(OSError, match='out.mp4 cannot be written .*No space'):
        with VideoWriter(str(path)) as writer:
            for _ in range(3):
                writer.write(frame(320, 320, 50))


def test_bad_path_fails_before_the_first_frame(tmp_path):
    blocker = tmp_path / 'file'
    blocker.write_text('')
    with pytest.raises(OSError, match='cannot write the video'):
        VideoWriter(str(blocker / 'out.mp4'))
    with pytest.raises(ValueError, match='.mp4'):
        VideoWriter(str(tmp_path / 'out.avi'))
    for fps in (0, float('nan'), float('inf')):
        with pytest.raises(ValueError, match='fps is'):
            VideoWriter(str(tmp_path / 'out.mp4'), fps=fps)
    # Asking leaves nothing behind.
    VideoWriter(str(tmp_path / 'out.mp4'))
    assert os.listdir(tmp_path) == ['file']


@pytest.mark.parametrize(
    'bad, error, message',
    [
        (frame(32, 30, 0), ValueError, 'frame 1 is 30x32, the first one'),
        (np.zeros((32, 32), np.uint8), TypeError, r'uint8 \(32, 32\)'),
        (np.zeros((32, 32, 3)), TypeError, 'float64'),
        ('a.jpg', TypeError, 'str'),
    ],
)
def test_bad_frame(tmp_path, bad, error, message):
    with VideoWriter(str(tmp_path / 'out.mp4')) as writer:
        writer.write(frame(32, 32, 0))
        with pytest.raises(error, match=message):
            writer.write(bad)
