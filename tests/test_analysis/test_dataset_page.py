# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The page of a data set: its numbers, its frames, and that it is whole."""

import base64
import json
import os
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from clean_file import clean_content

from mmhvr import cli
from mmhvr.analysis.dataset_figures import histogram
from mmhvr.analysis.dataset_page import draw_frame, page_text
from mmhvr.analysis.dataset_summary import choose_frames, summarise
from mmhvr.evaluation.annotations import load_annotations
from mmhvr.visualization.draw import class_colour
from mmhvr.visualization.layout import caption


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes own data/annotations/train.json and its frames."""
    monkeypatch.chdir(tmp_path)
    folder = Path('own data')

    def write(spoil=None):
        content = clean_content()
        if spoil:
            spoil(content)
        for image in content['images']:
            path = folder / image['file_name']
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), np.full((48, 64, 3), 90, np.uint8))
        (folder / 'annotations').mkdir(parents=True)
        path = folder / 'annotations/train.json'
        path.write_text(json.dumps(content))
        return str(path)

    return write


def slow_and_fast(content):
    for n, annotation in enumerate(content['annotations']):
        video, frame = divmod(n, 6)
        # Video 1 stands still; in video 2 boxes of 20 pixels that move by
        # 20; the others move by 2 as before.
        if video == 0:
            annotation['bbox'] = [4, 5, 20, 18]
        if video == 1:
            annotation['bbox'] = [20 * (frame % 2), 5, 20, 18]
    del content['annotations'][-2:]
    content['categories'].append(dict(id=3, name='newt'))


def test_numbers(write):
    summary = summarise(load_annotations(write(slow_and_fast)))
    assert summary.names == ['cat', 'dog', 'newt']
    assert summary.boxes.tolist() == [18, 16, 0]
    assert summary.videos.tolist() == [3, 3, 0]
    assert (summary.num_images, summary.num_empty) == (36, 2)
    assert summary.video_lengths.tolist() == [6] * 6
    assert summary.box_sizes == pytest.approx(np.full(34, (20 * 18) ** 0.5))
    assert sorted(summary.track_lengths.tolist()) == [4, 6, 6, 6, 6, 6]
    # Still: motion IoU 1. By turns 20 pixels aside, of 21 with both ends: an
    # IoU of 1 / 41 or 1, 3 of 5 times the former: fast. A step of 2 is an IoU
    # of 19 / 23 = 0.83, of 4 17 / 25, of 6 15 / 27, of 8 13 / 29, of 10
    # 11 / 31. In the middle of six the mean of two steps of 2, two of 4 and
    # one of 6 is 0.71, next to it (2, 2, 4, 6, 8) 0.67; in videos of four
    # (2, 2, 4) 0.78 and (2, 4, 6) 0.69.
    assert summary.motion == dict(slow=6, medium=3 * 2 + 2, fast=6 + 3 * 4 + 2)


def test_without_tracks_there_is_no_motion(write):
    def no_track(content):
        del content['annotations'][5]['instance_id']

    summary = summarise(load_annotations(write(no_track)))
    assert summary.motion is None
    assert 'No motion: not every box' in page_text('a', summary, {}, {})


def test_frames_of_all_classes_from_the_middle_of_videos(write):
    annotations = load_annotations(write())
    # Cats are in videos 0, 2, 4, dogs in 1, 3, 5; the middle ones first, of
    # each the fourth frame of six.
    places = [6 * video + 3 for video in (2, 3, 0, 1, 4, 5)]
    assert choose_frames(annotations, 99) == places
    assert choose_frames(annotations, 3) == places[:3]


def test_a_frame_shows_its_boxes(write):
    annotations = load_annotations(write())
    # Image 3 is t = 3 of video 0: [10, 5, 20, 18] of class 0. It is enlarged
    # 6 times (360 / 64) below a strip.
    picture = draw_frame(annotations, 3, 'own data')
    strip = caption(picture, 'a').shape[0] - picture.shape[0]
    assert picture.shape == (48 * 6 + strip, 64 * 6, 3)
    drawn = (picture[strip:] == class_colour(0)).all(2)
    rows, columns = drawn.any(1).nonzero()[0], drawn.any(0).nonzero()[0]
    assert abs(rows.max() - 23 * 6) <= 1
    assert abs(columns.min() - 60) <= 1 and abs(columns.max() - 180) <= 1


def show(*words):
    with pytest.raises(SystemExit) as caught:
        cli.main(['data', 'show', *words])
    return caught.value.code


def test_the_page_holds_all_its_pictures(write, capsys):
    path = write()
    assert show(path, '--out', 'out/page') == 0
    assert 'open out/page/index.html' in capsys.readouterr().out
    text = Path('out/page/index.html').read_text()
    assert 'http' not in text and '<script' not in text
    inside = [
        base64.b64decode(code)
        for code in re.findall(r'src="data:image/\w+;base64,([^"]*)"', text)
    ]
    files = [
        file.read_bytes()
        for file in Path('out/page').iterdir()
        if file.suffix in ('.png', '.jpg')
    ]
    assert len(files) == 5 + 6 and sorted(inside) == sorted(files)
    for data in files:
        assert cv2.imdecode(np.frombuffer(data, np.uint8), 1) is not None
    # The same data give the same bytes.
    assert show(path, '--out', 'again') == 0
    assert Path('again/index.html').read_text() == text


def test_images_elsewhere(write, capsys):
    def windows(content):
        content['categories'][0]['name'] = '<cat> & "ü"'

    path = write(windows)
    os.rename('own data/v0', 'v0')
    assert show(path, '--out', 'page') == 0
    assert 'no sample frames' in capsys.readouterr().out
    text = Path('page/index.html').read_text()
    assert 'None: the images were not given' in text
    assert show(path, '--out', 'page', '--images', 'nowhere') == 2
    assert 'error: ' in capsys.readouterr().err


@pytest.mark.parametrize(
    'text, message',
    [
        ('{"images": [', 'it is cut off'),
        ('{"images": [{"id": 1, "file_name": "a"}]}', 'holds no annotations'),
    ],
)
def test_mistakes_are_one_line(tmp_path, capsys, text, message):
    path = tmp_path / 'a.json'
    path.write_text(text)
    assert show(str(path), '--out', str(tmp_path / 'page')) == 2
    error = capsys.readouterr().err
    assert error.startswith('error: ') and error.count('\n') == 1
    assert message in error
    assert not (tmp_path / 'page').exists()


@pytest.mark.parametrize(
    'values, counts, scale',
    [
        ([16] * 4, {16: 4}, 'linear'),
        ([1, 1, 3], {1: 2, 2: 0, 3: 1}, 'linear'),
        (np.geomspace(1, 1000, 31), None, 'log'),
    ],
)
def test_histograms(values, counts, scale):
    (axis,) = histogram(np.array(values), 'x', 'y').axes
    assert axis.get_xscale() == scale
    heights = [bar.get_height() for bar in axis.patches]
    assert sum(heights) == len(values)
    if counts:
        middles = [b.get_x() + b.get_width() / 2 for b in axis.patches]
        assert dict(zip(middles, heights)) == counts
