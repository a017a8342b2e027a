# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import os
import subprocess

import cv2
import numpy as np
import pytest

from mmhvr.visualization import VideoWriter, video


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
    program = video.imageio_ffmpeg.get_ffmpeg_exe()
    # Without an output file ffmpeg describes its input and exits with 1.
    text = subprocess.run(
        [program, '-i', str(path)], stderr=subprocess.PIPE, timeout=60
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


def test_falls_back_to_opencv(tmp_path, monkeypatch):
    monkeypatch.setattr(video, 'imageio_ffmpeg', None)
    path = tmp_path / 'out.mp4'
    with VideoWriter(str(path)) as writer:
        with pytest.warns(UserWarning, match='pip install imageio-ffmpeg'):
            writer.write(frame(33, 32, 50))
        writer.write(frame(33, 32, 60))
    frames, tag, _ = read_back(path)
    assert len(frames) == 2 and frames[0].shape == (34, 32, 3)
    assert tag.lower() in ('mp4v', 'fmp4')


def test_bad_path_fails_before_the_first_frame(tmp_path):
    blocker = tmp_path / 'file'
    blocker.write_text('')
    with pytest.raises(OSError, match='cannot write the video'):
        VideoWriter(str(blocker / 'out.mp4'))
    with pytest.raises(ValueError, match='.mp4'):
        VideoWriter(str(tmp_path / 'out.avi'))
    with pytest.raises(ValueError, match='fps is 0'):
        VideoWriter(str(tmp_path / 'out.mp4'), fps=0)
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
