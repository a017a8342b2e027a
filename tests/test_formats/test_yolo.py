# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""YOLO's layouts, literally."""

import pytest

from mmhvr.formats.yolo import Yolo


@pytest.fixture
def write(tmp_path):
    """Writes files by their path."""

    def write(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding='utf-8')
        return tmp_path

    return write


def read(root):
    export = Yolo(root)
    return {video.name: video for video in export.videos()}, export


YAML = {'data.yaml': 'names: [cat, dog]\nnc: 2\n'}


@pytest.mark.parametrize(
    'names, classes',
    [
        ({'data.yaml': 'names: [cat, dog]\n'}, ['cat', 'dog']),
        ({'my.yml': 'names:\n  0: cat\n  1: yes\n'}, ['cat', 'yes']),
        ({'obj.names': 'cat\nfire dog\n\n'}, ['cat', 'fire dog']),
        ({'labels/classes.txt': '\ufeffcat\ndog\n'}, ['cat', 'dog']),
    ],
)
def test_class_names(write, names, classes):
    root = write({**names, 'labels/a/0.txt': '1 .5 .5 .25 .5\n'})
    videos, export = read(root)
    assert export.classes == classes
    (box,) = videos['a'].boxes
    # Centre .5, width .25: from .375 to .625.
    assert box.xyxy == (0.375, 0.25, 0.625, 0.75)
    assert (box.name, box.track, box.frame) == (classes[1], None, 0)


def test_tracks_and_polygons(write):
    root = write(
        {
            **YAML,
            'labels/a_1.txt': '0 .5 .5 .5 .5 12\n1 .1 .2 .3 .2 .2 .6\n',
            'labels/a_3.txt': '',
        }
    )
    videos, _ = read(root)
    first, second = videos['a'].boxes
    assert (first.track, first.xyxy) == (12, (0.25, 0.25, 0.75, 0.75))
    assert (second.name, second.xyxy) == ('dog', (0.1, 0.2, 0.3, 0.6))
    # Without images nothing says which frames there are.
    assert videos['a'].frames is None
    assert (videos['a'].base, videos['a'].shares) == (1, True)


def test_images_without_a_label_are_frames_without_boxes(write):
    root = write(
        {
            **YAML,
            'train/images/a/000000.jpg': '',
            'train/images/a/000001.JPG': '',
            'train/labels/a/000001.txt': '0 .5 .5 .5 .5\n',
            'valid/images/a/000002.png': '',
            'valid/labels/a/000002.txt': '0 .5 .5 .5 .5\n',
            'train.txt': 'train/images/a/000000.jpg\n',
            'README.dataset.txt': 'made by hand\n',
        }
    )
    videos, _ = read(root)
    # Frames of both parts make the video whole again.
    assert [(f.number, f.name) for f in videos['a'].frames] == [
        (0, 'train/images/a/000000.jpg'),
        (1, 'train/images/a/000001.JPG'),
        (2, 'valid/images/a/000002.png'),
    ]
    assert [box.frame for box in videos['a'].boxes] == [1, 2]


@pytest.mark.parametrize(
    'line, text',
    [
        ('0 .5 .5 .5', r'a/0.txt:1: expected class'),
        ('0 .5 .5 .5 x', r'a/0.txt:1: expected class'),
        ('0 .5 .5 nan .5', r'a/0.txt:1: expected class'),
        ('2 .5 .5 .5 .5', 'class 2 is none of the 2 named, 0 to 1'),
        ('-1 .5 .5 .5 .5', 'class -1 is none'),
        ('0 320 240 64 48', 'not in shares of the image'),
        ('0 .5 .5 .5 .5 .9', 'take confidences out'),
    ],
)
def test_lines_that_are_wrong(write, line, text):
    root = write({**YAML, 'labels/a/0.txt': f'{line}\n'})
    with pytest.raises(ValueError, match=text):
        read(root)


@pytest.mark.parametrize(
    'files, text',
    [
        ({'labels/a/0.txt': ''}, 'no class names'),
        ({'data.yaml': 'names: cat\n', 'labels/0.txt': ''}, 'write a list'),
        ({'data.yaml': 'names: {1: cat}\n', 'labels/0.txt': ''}, 'count the'),
        ({'data.yaml': 'names: [a, a]\n', 'labels/0.txt': ''}, "'a' twice"),
        ({'data.yaml': 'names: [\n', 'labels/0.txt': ''}, 'is not YAML'),
        (YAML, 'no text file with labels'),
        (
            {**YAML, 'labels/0.txt': '', 'images/0.jpg': '', '0.png': ''},
            'have one name',
        ),
    ],
)
def test_layouts_that_are_wrong(write, files, text):
    with pytest.raises(ValueError, match=text):
        read(write(files))
