# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Video files that are whole, cut off, damaged, or none."""

import subprocess

import numpy as np
import pytest

from mmhvr.sources import SourceEndedEarly, VideoFile
from mmhvr.visualization import VideoWriter, video

LENGTH = 40


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    """The bytes of an mp4 with its index in front; frame t is grey 6 t."""
    path = tmp_path_factory.mktemp('video') / 'video.mp4'
    rng = np.random.default_rng(0)
    with VideoWriter(str(path), fps=8) as writer:
        for t in range(LENGTH):
            frame = np.full((48, 64, 3), 6 * t, np.uint8)
            # Something to encode, so that the bytes spread over the frames.
            frame[:16] = rng.integers(0, 256, (16, 64, 3))
            writer.write(frame)
    return path.read_bytes()


@pytest.fixture
def write(tmp_path):
    def write(content, name='video.mp4'):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def test_frames_in_order(data, write):
    source = VideoFile(write(data))
    assert source.fps == pytest.approx(8)
    assert source.length == source.count() == LENGTH
    assert not source.is_live
    # Twice: a source can be gone through again.
    for _ in range(2):
        frames = list(source)
        assert [frame.index for frame in frames] == list(range(LENGTH))
        for frame in frames:
            grey = float(np.median(frame.image[20:]))
            assert abs(grey - 6 * frame.index) <= 5  # of 6 to the next
            assert frame.image.dtype == np.uint8


def convert(data, write, name, *options):
    """The video in another format, by ffmpeg."""
    source = write(data, 'original.mp4')
    target = source.parent / name
    program = video.imageio_ffmpeg.get_ffmpeg_exe()
    command = [program, '-v', 'error', '-i', str(source), *options]
    subprocess.run([*command, str(target)], check=True, timeout=60)
    return target.read_bytes()


@pytest.mark.parametrize('name', ['video.mp4', 'video.avi', 'video.mkv'])
def test_results_up_to_the_break(data, write, name):
    if name != 'video.mp4':
        data = convert(data, write, name)
    source = VideoFile(write(data[: len(data) * 6 // 10], name))
    assert source.length == LENGTH
    frames, text = [], ''
    try:
        for frame in source:
            frames.append(frame)
    except SourceEndedEarly as error:
        text = str(error)
    # About six tenths of the bytes, about so many frames.
    assert 15 <= len(frames) <= 32
    assert f'announces 40 frames, but only {len(frames)} can' in text
    assert 'cut off or damaged' in text
    assert source.count() == len(frames)


def test_a_header_that_is_off_by_one_is_no_break(data, write):
    source = VideoFile(write(data))
    source.length = LENGTH + 1
    assert len(list(source)) == LENGTH


def test_damage_in_the_middle_is_a_break(data, write):
    noise = np.random.default_rng(1).integers(0, 256, 2000, dtype=np.uint8)
    middle = len(data) // 2
    damaged = data[:middle] + noise.tobytes() + data[middle + 2000 :]
    with pytest.raises(SourceEndedEarly, match='announces 40 frames'):
        list(VideoFile(write(damaged)))


def test_an_index_at_the_end_that_is_missing(data, write):
    late = convert(data, write, 'late.mp4', '-c', 'copy')
    assert late.index(b'moov') > late.index(b'mdat')
    with pytest.raises(ValueError, match='index at the end'):
        VideoFile(write(late[: len(late) * 6 // 10]))


@pytest.mark.parametrize(
    'change, message',
    [
        (lambda data: b'', 'is empty: 0 bytes'),
        (lambda data: b'No video at all.\n' * 99, 'is not a video'),
        # A codec that nobody knows.
        (lambda data: data.replace(b'avc1', b'zzzz'), 'codec is unknown'),
        # The index, and not one whole frame.
        (
            lambda data: data[: data.index(b'mdat') + 200],
            r'not one frame .*codec h264.*ffmpeg -i',
        ),
    ],
)
def test_what_cannot_be_read(data, write, change, message):
    with pytest.raises(ValueError, match=message) as caught:
        VideoFile(write(change(data)))
    assert 'video.mp4' in str(caught.value)


def test_sound_is_no_video(tmp_path):
    path = tmp_path / 'sound.mp4'
    program = video.imageio_ffmpeg.get_ffmpeg_exe()
    command = [program, '-v', 'error', '-f', 'lavfi', '-i', 'sine=duration=1']
    subprocess.run([*command, str(path)], check=True, timeout=60)
    with pytest.raises(ValueError, match='sound.mp4 is not a video'):
        VideoFile(path)


def test_missing_and_folder(tmp_path):
    for path in (tmp_path / 'none.mp4', tmp_path):
        with pytest.raises(FileNotFoundError, match=str(path)):
            VideoFile(path)
