# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Rotated, mirrored and squeezed videos come as a player shows them."""

import cv2
import numpy as np
import pytest

from mmhvr.sources import VideoFile, open_source
from mmhvr.visualization.video import VideoWriter

# Colours of the quarters: left and right above, left and right below.
QUARTERS = np.array(
    [[(250, 20, 20), (20, 250, 20)], [(20, 20, 250), (230, 230, 230)]],
    np.uint8,
)
# By its documentation ffmpeg's mark turns counterclockwise.
TURNS = {
    '0': lambda image: image,
    '90': lambda image: np.rot90(image, 1),
    '180': lambda image: np.rot90(image, 2),
    '270': lambda image: np.rot90(image, 3),
    '-90': lambda image: np.rot90(image, -1),
}


@pytest.fixture(scope='module')
def plain(tmp_path_factory):
    """An unmarked video of four coloured quarters, 96 x 64 pixels."""
    path = tmp_path_factory.mktemp('video') / 'plain.mp4'
    with VideoWriter(str(path), fps=10) as writer:
        for _ in range(3):
            writer.write(picture())
    return path


def picture():
    return np.kron(QUARTERS, np.ones((32, 48, 1), np.uint8))


def check(path, expected):
    frames = list(VideoFile(path))
    assert len(frames) == 3
    for frame in frames:
        assert frame.image.shape == expected.shape
        # Compression blurs the edges of the quarters.
        assert np.abs(frame.image.astype(int) - expected).mean() < 8


@pytest.mark.parametrize('angle', TURNS)
@pytest.mark.parametrize('ending', ['mp4', 'mov', '3gp', 'mkv'])
def test_a_mark_in_the_container(plain, tmp_path, ffmpeg, angle, ending):
    target = tmp_path / f'marked.{ending}'
    ffmpeg('-display_rotation', angle, '-i', plain, '-c', 'copy', target)
    check(target, TURNS[angle](picture()))
    # Another library agrees where it can: OpenCV has the four right angles.
    capture = cv2.VideoCapture(str(target))
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
    there, image = capture.read()
    ours = next(iter(open_source(str(target)))).image
    assert there and np.abs(image.astype(int) - ours).mean() < 2


@pytest.mark.parametrize('angle', ['90', '180'])
def test_a_mark_in_webm(plain, tmp_path, ffmpeg, angle):
    flat, target = tmp_path / 'flat.webm', tmp_path / 'marked.webm'
    ffmpeg('-i', plain, '-c:v', 'libvpx', '-b:v', '1M', flat)
    ffmpeg('-display_rotation', angle, '-i', flat, '-c', 'copy', target)
    check(target, TURNS[angle](picture()))


@pytest.mark.parametrize('ending', ['mp4', 'mkv', 'ts', 'avi'])
def test_a_mark_in_the_stream(plain, tmp_path, ffmpeg, ending):
    # H.264 can say it itself, so containers that have no mark carry it, too.
    target = tmp_path / f'marked.{ending}'
    mark = 'h264_metadata=display_orientation=insert:rotate=90'
    ffmpeg('-i', plain, '-c', 'copy', '-bsf:v', mark, target)
    check(target, np.rot90(picture(), 1))


@pytest.mark.parametrize('ending', ['mp4', 'mov'])
@pytest.mark.parametrize(
    'options, expected',
    [
        (['-display_hflip'], np.fliplr),
        (['-display_vflip'], np.flipud),
        (['-display_hflip', '-display_vflip'], lambda x: np.rot90(x, 2)),
        # The turn comes first.
        (
            ['-display_rotation', '90', '-display_hflip'],
            lambda x: np.fliplr(np.rot90(x, 1)),
        ),
    ],
)
def test_mirrors(plain, tmp_path, ffmpeg, ending, options, expected):
    target = tmp_path / f'marked.{ending}'
    ffmpeg(*options, '-i', plain, '-c', 'copy', target)
    check(target, expected(picture()))


@pytest.mark.parametrize('ending', ['mp4', 'mkv'])
@pytest.mark.parametrize('angle', [30, -45])
def test_other_angles(plain, tmp_path, ffmpeg, angle, ending):
    target = tmp_path / f'marked.{ending}'
    ffmpeg('-display_rotation', angle, '-i', plain, '-c', 'copy', target)
    # Around the centre, in a frame of the same size, black outside.
    turn = cv2.getRotationMatrix2D((47.5, 31.5), angle, 1)
    check(target, cv2.warpAffine(picture(), turn, (96, 64)))


@pytest.mark.parametrize(
    'ratio, angle, size',
    [
        ('2', '0', (64, 192)),  # pixels twice as wide as high
        ('1/2', '0', (128, 96)),
        ('2', '90', (192, 64)),  # as high, once they are turned
        ('1280/1281', '0', (64, 96)),  # rounding, not meant
        ('1/1000', '0', (64, 96)),  # nonsense
    ],
)
def test_pixels_that_are_not_square(
    plain, tmp_path, ffmpeg, ratio, angle, size
):
    flat, target = tmp_path / 'flat.mp4', tmp_path / 'marked.mp4'
    ffmpeg('-i', plain, '-vf', f'setsar={ratio}', flat)
    ffmpeg('-display_rotation', angle, '-i', flat, '-c', 'copy', target)
    check(target, cv2.resize(TURNS[angle](picture()), size[::-1]))


def test_a_cover_picture_is_no_video(plain, tmp_path, ffmpeg):
    cover, target = tmp_path / 'cover.png', tmp_path / 'song.mp4'
    cv2.imwrite(str(cover), np.zeros((10, 10, 3), np.uint8))
    # The cover is the first stream, and the video the second.
    maps = ['-map', '1', '-map', '0', '-c', 'copy']
    maps += ['-disposition:v:0', 'attached_pic']
    ffmpeg('-i', plain, '-i', cover, *maps, target)
    check(target, picture())
    maps = ['-map', '0', '-c', 'copy', '-disposition:v:0', 'attached_pic']
    ffmpeg('-i', cover, *maps, target)
    with pytest.raises(ValueError, match='song.mp4 is not a video'):
        VideoFile(target)
