# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Video files that are whole, cut off, damaged, or none."""

import sys
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from mmhvr.sources import VideoFile, open_source
from mmhvr.sources.base import SourceEndedEarly
from mmhvr.utils.ffmpeg import ffmpeg_program
from mmhvr.visualization.video import VideoWriter

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


@pytest.fixture
def convert(ffmpeg, data, write):
    """The video in another format."""

    def convert(name, *options):
        source = write(data, 'original.mp4')
        return ffmpeg('-i', source, *options, source.parent / name)

    return convert


def read(path):
    """The frames of a video, and why it ended early."""
    frames = []
    try:
        for frame in VideoFile(path):
            frames.append(frame)
    except SourceEndedEarly as error:
        return frames, str(error)
    return frames, ''


@pytest.mark.parametrize(
    'name, options',
    [
        ('video.mp4', ['-c', 'copy', '-movflags', '+faststart']),
        ('video.mov', ['-c', 'copy', '-movflags', '+faststart']),
        ('parts.mp4', ['-movflags', 'frag_keyframe+empty_moov', '-g', '10']),
        ('video.avi', []),
        ('h264.avi', ['-c:v', 'libx264']),
        ('video.mkv', []),
        ('video.webm', ['-c:v', 'libvpx', '-b:v', '1M']),
        ('video.flv', ['-c', 'copy']),
    ],
)
def test_results_up_to_the_break(convert, write, name, options):
    data = convert(name, *options).read_bytes()
    assert read(write(data, name))[1] == ''
    path = write(data[: len(data) * 6 // 10], name)
    frames, text = read(path)
    # About six tenths of the bytes, about so many frames.
    assert 15 <= len(frames) <= 32
    assert 'cut off or damaged' in text
    assert f': {len(frames)} frames of it can be decoded' in text
    assert VideoFile(path).count() == len(frames)


@pytest.mark.parametrize('name', ['video.mp4', 'video.mkv', 'video.wmv'])
def test_damage_in_the_middle_is_a_break(convert, write, name):
    data = convert(name).read_bytes()
    noise = np.random.default_rng(1).integers(0, 256, 2000, dtype=np.uint8)
    middle = len(data) // 2
    damaged = data[:middle] + noise.tobytes() + data[middle + 2000 :]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        frames, text = read(write(damaged, name))
    assert 20 <= len(frames) < LENGTH
    # ffmpeg may take noise for a part of the container that it does not know.
    texts = [text, *(str(one.message) for one in caught)]
    assert any('damaged' in t or 'missing' in t for t in texts)


def test_frames_that_are_missing_are_warned_of(convert, write):
    for first, last in ((10, 17), (1, 1), (37, 38)):
        path = convert(
            'video.mkv',
            *('-vf', f"select='not(between(n,{first},{last}))'"),
            *('-fps_mode', 'passthrough'),
        )
        text = f'frames {first - 1} and {first} of .* apart, others 0.125 s'
        with pytest.warns(UserWarning, match=text):
            frames = list(VideoFile(path))
        assert len(frames) == LENGTH - (last - first + 1)


def test_of_a_varying_rate_no_frame_is_missing(convert):
    path = convert(
        'video.mkv',
        *('-vf', "select='lt(mod(n*n,7),3)'", '-fps_mode', 'passthrough'),
    )
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert 8 < len(list(VideoFile(path))) < LENGTH


def test_damaged_pictures_are_warned_of(convert, write):
    data = convert('video.mpg', '-r', '25').read_bytes()
    middle = len(data) // 2
    damaged = data[:middle] + b'mmhvr' * 40 + data[middle + 200 :]
    with pytest.warns(UserWarning, match=r'reports \d+ errors .* the first'):
        list(VideoFile(write(damaged, 'video.mpg')))


def test_another_size_in_the_middle(tmp_path, ffmpeg):
    # 48 x 64 has as many pixels as 64 x 48.
    for other in ('96x48', '48x64'):
        parts = []
        for size in ('64x48', other):
            path = tmp_path / 'part.ts'
            source = f'testsrc=size={size}:rate=10:duration=1'
            ffmpeg('-f', 'lavfi', '-i', source, path)
            parts.append(path.read_bytes())
        path.write_bytes(b''.join(parts))
        with pytest.raises(ValueError, match='size than those before, 64x48'):
            list(VideoFile(path))


def test_an_index_at_the_end_that_is_missing(convert, write):
    late = convert('late.mp4', '-c', 'copy').read_bytes()
    assert late.index(b'moov') > late.index(b'mdat')
    with pytest.raises(ValueError, match='index at the end'):
        VideoFile(write(late[: len(late) * 6 // 10]))


@pytest.mark.parametrize(
    'change, message',
    [
        (lambda data: b'', 'is empty: 0 bytes'),
        (lambda data: b'No video at all.\n' * 99, 'is not a video'),
        # A codec that nobody knows.
        (lambda data: data.replace(b'avc1', b'zzzz'), 'zzzz'),
        # The index, and not one whole frame.
        (lambda data: data[: data.index(b'mdat') + 200], 'h264.*NAL unit'),
        # The photos of phones: ffmpeg would show one of their tiles.
        (lambda data: data.replace(b'isom', b'heic'), 'a photo .*as .jpg'),
    ],
)
def test_what_cannot_be_read(data, write, change, message):
    with pytest.raises(ValueError, match=message) as caught:
        VideoFile(write(change(data)))
    assert 'video.mp4' in str(caught.value)


def test_sound_and_text_are_no_videos(tmp_path, ffmpeg):
    sound, text = tmp_path / 'sound.mp4', tmp_path / 'notes.txt'
    ffmpeg('-f', 'lavfi', '-i', 'sine=duration=1', sound)
    with pytest.raises(ValueError, match='sound.mp4 is not a video'):
        VideoFile(sound)
    text.write_text('no video\n' * 100)
    with pytest.raises(ValueError, match='notes.txt is not .* a text file'):
        VideoFile(text)


@pytest.mark.parametrize(
    'name',
    ['cam:1.mp4', '12:30:05.mp4', '-i.mp4', 'a%03d.mp4', "it's [x]?*.mp4"],
)
def test_unusual_names(data, write, monkeypatch, name):
    path = write(data, name)
    monkeypatch.chdir(path.parent)
    # A relative name, as it is typed.
    assert len(list(open_source(name))) == LENGTH


@pytest.fixture
def other_ffmpeg(monkeypatch):
    """Puts something in the place of the package imageio-ffmpeg."""
    yield lambda it: (
        monkeypatch.setitem(sys.modules, 'imageio_ffmpeg', it),
        ffmpeg_program.cache_clear(),
    )
    ffmpeg_program.cache_clear()


def test_without_ffmpeg(data, write, other_ffmpeg):
    path = write(data)
    other_ffmpeg(None)
    with pytest.raises(OSError, match='pip install "imageio-ffmpeg'):
        VideoFile(path)


@pytest.mark.parametrize(
    'version, works',
    [
        ('4.2.2-static', False),
        ('n5.0.1', False),
        ('5.1', True),
        ('n9.0.2-17-g2a57', True),
        ('N-115923-g8d24a28d06', True),
        ('git-2020-01-01', True),
    ],
)
def test_the_version_of_ffmpeg(other_ffmpeg, version, works):
    package = SimpleNamespace(
        get_ffmpeg_exe=lambda: '/bin/ffmpeg',
        get_ffmpeg_version=lambda: version,
    )
    other_ffmpeg(package)
    if works:
        assert ffmpeg_program() == '/bin/ffmpeg'
    else:
        message = f'/bin/ffmpeg is ffmpeg {version}, too old; pip install'
        with pytest.raises(OSError, match=message):
            ffmpeg_program()


def test_several_videos_in_a_file(convert, write, ffmpeg):
    path = write(convert('a.mkv', '-c', 'copy').read_bytes(), 'one.mkv')
    both = path.parent / 'two.mkv'
    ffmpeg('-i', path, '-i', path, '-map', 0, '-map', 1, '-c', 'copy', both)
    with pytest.warns(UserWarning, match='two.mkv has 2 videos.*-map 0:V:1'):
        video = VideoFile(both)
    assert video.count() == LENGTH
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        VideoFile(path)


@pytest.mark.parametrize('curve', ['arib-std-b67', 'smpte2084'])
def test_high_dynamic_range(convert, curve):
    colours = f'color_primaries=bt2020:color_trc={curve}:colorspace=bt2020nc'
    path = convert(
        'phone.mov',
        *('-vf', f'format=yuv420p10le,setparams={colours}'),
        *('-c:v', 'libx265', '-x265-params', 'log-level=error'),
    )
    with pytest.warns(UserWarning, match=rf'is HDR \({curve}\), .*tonemap'):
        video = VideoFile(path)
    assert video.count() == LENGTH
