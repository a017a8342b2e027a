# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Known boxes, written as each tool writes them, come back as they were."""

import json

import export_writers as writers
import pytest
from export_writers import CLASSES, make_video

from mmhvr.formats.coco import Coco
from mmhvr.formats.coco_vid import CocoVid
from mmhvr.formats.cvat_video import CvatVideo
from mmhvr.formats.datumaro import Datumaro
from mmhvr.formats.detection import FORMATS, detect, open_export
from mmhvr.formats.imagenet_vid import ImagenetVid
from mmhvr.formats.label_studio import LabelStudio
from mmhvr.formats.mot import MotChallenge
from mmhvr.formats.yolo import Yolo
from mmhvr.formats.youtube_vis import YoutubeVis

VIDEOS = [make_video('my yard'), make_video('Straße', 3)]
# Writer, whether it gets a file, name, reader, rounding in pixels, tracks.
ALL = {
    'cvat': (writers.write_cvat, 'a.xml', 'cvat', CvatVideo, 0.005, True),
    'datumaro': (writers.write_datumaro, 'a.json', 'cvat', Datumaro, 0, True),
    'mot': (writers.write_mot, '', 'mot', MotChallenge, 0, True),
    # 6 digits of 64 pixels.
    'yolo': (writers.write_yolo, '', 'yolo', Yolo, 1e-4, False),
    'coco': (writers.write_coco, 'a.json', 'coco', Coco, 0, True),
    'tao': (writers.write_coco_vid, 'a.json', 'coco-vid', CocoVid, 0, True),
    # A mask has whole pixels.
    'youtube-vis': (
        writers.write_youtube_vis,
        'a.json',
        'youtube-vis',
        YoutubeVis,
        1,
        True,
    ),
    'label studio': (
        writers.write_labelstudio,
        'a.json',
        'labelstudio',
        LabelStudio,
        1e-9,
        True,
    ),
    'imagenet-vid': (
        writers.write_imagenet_vid,
        '',
        'imagenet-vid',
        ImagenetVid,
        0,
        True,
    ),
}


def rows(video, tolerance=0):
    """Boxes in pixels with frames from 0, in an order of their own."""
    width, height = writers.SIZE if video.shares else (1, 1)
    found = []
    for b in video.boxes:
        x1, y1, x2, y2 = b.xyxy
        corners = (x1 * width, y1 * height, x2 * width, y2 * height)
        found.append((b.frame - video.base, b.name, b.track, corners))
    return sorted(found, key=lambda row: (row[0], row[1]))


@pytest.mark.parametrize('kind', ALL)
def test_round_trip(tmp_path, kind):
    write, file, name, reader, rounding, tracks = ALL[kind]
    path = write(tmp_path / 'export' / file, VIDEOS)
    export, reason = open_export(path, name)
    assert type(export) is reader and reason == ''
    found = {v.name.split('/')[-1]: v for v in export.videos()}
    assert sorted(found) == ['Straße', 'my yard']
    assert set(export.classes) == set(CLASSES)
    for video in VIDEOS:
        read = found[video.name]
        assert len(read.boxes) == len(video.boxes)
        for row, expected in zip(rows(read), rows(video)):
            assert row[:2] == expected[:2]
            assert row[2] == (expected[2] if tracks else None)
            assert row[3] == pytest.approx(expected[3], abs=rounding, rel=0)
        if read.frames is not None:
            numbers = [frame.number - read.base for frame in read.frames]
            assert numbers == list(range(len(video.frames)))
    # A second pass gives the same.
    assert [rows(v) for v in export.videos()] == [
        rows(v) for v in found.values()
    ]


@pytest.mark.parametrize('kind', ALL)
def test_the_format_is_detected(tmp_path, kind):
    write, file, _, reader, *_ = ALL[kind]
    path = write(tmp_path / 'export' / file, VIDEOS[:1])
    found, reason = detect(path)
    assert found is reader and reason
    export, again = open_export(path)
    assert type(export) is reader and again == reason
    # The folder that holds it says the same.
    assert detect(tmp_path / 'export')[0] is reader


def test_what_was_seen_when_nothing_is_known(tmp_path):
    (tmp_path / 'a.json').write_text('{"frames": [], "meta": 1}')
    (tmp_path / 'b.csv').write_text('x')
    with pytest.raises(ValueError, match='it has frames, meta') as error:
        open_export(tmp_path / 'a.json')
    with pytest.raises(ValueError) as error:
        open_export(tmp_path)
    for text in (
        '1 .json',
        '1 .csv',
        'it has frames, meta',
        '|'.join(FORMATS),
    ):
        assert text in str(error.value)
    with pytest.raises(ValueError, match='is none of cvat, mot'):
        open_export(tmp_path, 'voc')
    with pytest.raises(FileNotFoundError):
        open_export(tmp_path / 'c')


def test_a_file_with_a_mark_at_its_head(tmp_path):
    path = writers.write_coco(tmp_path / 'a.json', VIDEOS[:1])
    data = json.loads(path.read_text(encoding='utf-8'))
    text = json.dumps(data, ensure_ascii=False)
    path.write_text(text, encoding='utf-16')
    (video,) = open_export(path)[0].videos()
    assert rows(video) == rows(VIDEOS[0])
    path.write_bytes(text.encode('latin-1'))
    with pytest.raises(ValueError, match='line 1: byte 0xdf .*iconv'):
        open_export(path)
