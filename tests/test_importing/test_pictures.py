# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Where frames are found."""

import pytest

from mmhvr.formats.structures import Frame, Video
from mmhvr.importing.pictures import PictureFinder


def video(name='clip', names=None, length=None, base=0, **more):
    frames = None
    if names:
        frames = [Frame(n + base, name) for n, name in enumerate(names)]
    elif length:
        frames = [Frame(n + base) for n in range(length)]
    return Video(name, 'a.json', [], frames, base=base, **more)


@pytest.fixture
def find(tmp_path):
    """Finds a video among files of these names."""

    def find(files, video, place=''):
        for name in files:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b'')
        found = PictureFinder([tmp_path / place]).find(video)
        if found.video is not None:
            return found.video.relative_to(tmp_path).as_posix()
        return {
            number: path.relative_to(tmp_path).as_posix()
            for number, path in found.images.items()
        }

    return find


@pytest.mark.parametrize(
    'files, asked, expected',
    [
        # By the names that the export has, whatever folder is before them.
        (['a/0.png'], video(names=['a/0.png']), {0: 'a/0.png'}),
        (['images/a/0.png'], video(names=['a/0.png']), {0: 'images/a/0.png'}),
        (['0.png'], video(names=['x/a/0.png']), {0: '0.png'}),
        (['a b/0.png'], video(names=['C:\\x\\a b\\0.png']), {0: 'a b/0.png'}),
        (['clip/0.png'], video(names=['0.png']), {0: 'clip/0.png'}),
        # With another ending, or without one.
        (['a/0.jpg'], video(names=['a/0.PNG']), {0: 'a/0.jpg'}),
        (['a/0.webp'], video(names=['a/0']), {0: 'a/0.webp'}),
        # A folder of frames in natural order.
        (
            ['clip/f10.png', 'clip/f9.png', 'clip/notes.txt'],
            video(length=2, base=1),
            {1: 'clip/f9.png', 2: 'clip/f10.png'},
        ),
        (
            ['a/img1/1.jpg'],
            video(source='a/img1', length=1),
            {0: 'a/img1/1.jpg'},
        ),
        (['img1/1.jpg'], video(source='a/img1', length=1), {0: 'img1/1.jpg'}),
        (['1.jpg'], video(length=1), {0: '1.jpg'}),
        (
            ['clip/1.jpg', 'clip/2.jpg'],
            video(),
            {0: 'clip/1.jpg', 1: 'clip/2.jpg'},
        ),
        # Names that tell the numbers of frames, as YOLO's do.
        (
            ['clip/f_7.jpg', 'clip/f_5.jpg'],
            video(numbered=True, base=1),
            {5: 'clip/f_5.jpg', 7: 'clip/f_7.jpg'},
        ),
        # Frame numbers are places where there are more images.
        (
            [f'clip/{n}.jpg' for n in range(4)],
            video(length=2),
            {0: 'clip/0.jpg', 1: 'clip/1.jpg'},
        ),
        # Video files, by name or because there is only one.
        (['Clip.mp4', 'clip.MOV'], video(source='x/clip.MOV'), 'clip.MOV'),
        (
            ['videos/clip.mkv', 'b.mp4'],
            video(source='clip.mp4'),
            'videos/clip.mkv',
        ),
        (['my clip.mp4'], video('my clip'), 'my clip.mp4'),
        (['other.mp4'], video(), 'other.mp4'),
    ],
)
def test_what_is_found(find, files, asked, expected):
    assert find(files, asked) == expected


def test_a_video_file_as_the_place(find):
    assert find(['x.mp4'], video(), 'x.mp4') == 'x.mp4'


@pytest.mark.parametrize(
    'files, asked, error, text',
    [
        (['b.txt'], video(source='clip.mp4'), FileNotFoundError, 'clip.mp4'),
        (['b.mp4', 'c.mp4'], video(), FileNotFoundError, '--frames'),
        (
            ['a/0.png'],
            video(names=['a/0.png', 'a/1.png', 'a/2.png']),
            FileNotFoundError,
            r'2 of 3 images .* first is a/1.png \(frame 1\)',
        ),
        (
            ['clip/0.png'],
            video(length=3, base=1),
            ValueError,
            'annotated to frame 3, but .*clip has 1 images',
        ),
        (['clip.mp4', 'clip.mov'], video(), ValueError, 'both could be'),
        (
            ['clip/a_1.jpg', 'clip/b_1.jpg'],
            video(numbered=True),
            ValueError,
            'frames of 2 videos, by their names: a, b',
        ),
    ],
)
def test_what_is_missing_is_named(find, files, asked, error, text):
    with pytest.raises(error, match=text):
        find(files, asked)


def test_a_place_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match='does not exist'):
        PictureFinder([tmp_path / 'x'])
