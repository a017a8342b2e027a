# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What cannot be used: a line that says where, status 2, nothing written."""

import json

import cv2
import export_writers as writers
import numpy as np
import pytest
from export_writers import (
    SIZE,
    make_video,
    run_import,
    write_clip,
    write_images,
)

from mmhvr.annotations.reader import read_annotations


@pytest.fixture
def fails(tmp_path, capsys):
    """Imports what must fail; returns what was said."""

    def fails(*words):
        out = tmp_path / 'out'
        assert run_import(*words, '--out', out) == 2
        said = capsys.readouterr()
        assert said.err.startswith('error: ') and not said.out
        # Frames may be there, so that they need not be extracted again.
        assert {path.name for path in out.glob('*')} <= {'frames'}
        return said.err

    return fails


@pytest.fixture
def coco(tmp_path, monkeypatch):
    """Two videos of images, and their export, which may be changed."""
    monkeypatch.setattr(
        'mmhvr.annotations.findings.print_log', lambda *_, **__: None
    )
    videos = [make_video('a'), make_video('b c')]
    for number, video in enumerate(videos):
        write_images(tmp_path / video.name, number, 4)

    def write(change=lambda data: None):
        data = writers.coco_data(videos)
        change(data)
        return writers.write_json(tmp_path / 'export.json', data)

    return write


def test_an_image_that_is_cut_off(coco, fails, tmp_path):
    image = tmp_path / 'b c' / '000002.png'
    pixels = cv2.imread(str(image))
    image.unlink()
    data = cv2.imencode('.jpg', pixels)[1].tobytes()
    image.with_suffix('.jpg').write_bytes(data[:-40])
    text = fails(coco())
    assert "the video 'b c' cannot be used" in text
    assert f'frame 2: image {image.with_suffix(".jpg")} cannot be' in text


def test_an_image_that_is_missing(coco, fails, tmp_path):
    (tmp_path / 'a' / '000001.png').unlink()
    assert '1 of 4 images' in fails(coco())


def test_an_image_of_another_size(coco, fails, tmp_path):
    small = np.zeros((24, 32, 3), np.uint8)
    cv2.imwrite(str(tmp_path / 'a' / '000003.png'), small)
    assert '000003.png has 32 x 24 pixels, but' in fails(coco())


def test_an_image_that_has_a_mark_of_turning(coco, fails, tmp_path):
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / 'a' / '000003.png'
    Image.open(path).save(path, exif=exif)
    assert 'EXIF' in fails(coco())


def test_two_boxes_of_a_track_in_a_frame(coco, fails):
    def change(data):
        data['annotations'].append(dict(data['annotations'][0], id=99))

    assert "track 7 of the video 'a' has 2 boxes in frame 0" in fails(
        coco(change)
    )


@pytest.mark.parametrize('section', ['images', 'annotations', 'categories'])
def test_lists_that_are_empty(coco, fails, section):
    assert 'export.json' in fails(coco(lambda data: data[section].clear()))


def test_windows_paths_and_non_ascii_names(tmp_path, capsys):
    video = make_video('Lager/Straße 1')
    write_images(tmp_path / 'Lager' / 'Straße 1', 0, 4)
    data = writers.coco_data([video])
    for image in data['images']:
        image['file_name'] = image['file_name'].replace('/', '\\')
    export = writers.write_json(tmp_path / 'x y' / 'a.json', data)
    out = tmp_path / 'my data'
    words = ('--frames', tmp_path, '--out', out, '--val-share', 0)
    assert run_import(export, *words) == 0
    file = read_annotations(str(out / 'annotations' / 'train.json'))
    assert [v['name'] for v in file.videos] == ['Lager/Straße 1']
    assert file.images[2]['file_name'] == '../Lager/Straße 1/000002.png'


def test_two_videos_of_one_name(fails, tmp_path):
    write_clip(tmp_path / 'a.mp4', 0, 4)
    for name in ('1.xml', '2.xml'):
        writers.write_cvat(tmp_path / 'export' / name, [make_video('a')])
    text = fails(tmp_path / 'export', '--frames', tmp_path)
    assert "2.xml: a second video is called 'a'" in text


@pytest.mark.parametrize('name', ['../a', ' '])
def test_a_name_that_leads_elsewhere(fails, tmp_path, name):
    data = writers.coco_data([make_video('a')])
    data['videos'] = [dict(id=1, name=name)]
    for image in data['images']:
        image['video_id'] = 1
    text = fails(writers.write_json(tmp_path / 'a.json', data))
    assert 'cannot be the name of a folder' in text or 'name' in text


def test_two_videos_without_names_of_their_own(fails, tmp_path):
    write_clip(tmp_path / 'clip.mp4', 0, 4)
    videos = [make_video('a'), make_video('b')]
    export = writers.write_cvat(tmp_path / 'a.xml', videos)
    assert "'a' and 'b' would both have their frames" in fails(export)


def test_boxes_beyond_the_end_of_the_video(fails, tmp_path):
    export = writers.write_cvat(tmp_path / 'a.xml', [make_video('a', 5)])
    write_clip(tmp_path / 'a.mp4', 0, 3)
    text = fails(export, '--val-share', 0)
    assert 'annotated to frame 4 from 0' in text and 'has 3 frames' in text


def test_boxes_beyond_the_end_of_the_images(fails, tmp_path):
    video = make_video('a', 4)
    writers.write_mot(tmp_path / 'export', [video], seqinfo=False)
    write_images(tmp_path / 'export' / 'a' / 'img1', 0, 3)
    text = fails(tmp_path / 'export', '--val-share', 0)
    assert 'is in frame 4 of' in text and '3 frames, 1 to 3' in text


def test_a_video_of_another_size(fails, tmp_path, ffmpeg):
    export = writers.write_cvat(tmp_path / 'a.xml', [make_video('a')])
    clip = tmp_path / 'plain' / 'a.mp4'
    write_clip(clip, 0, 4)
    turned = tmp_path / 'a.mp4'
    ffmpeg('-display_rotation', '90', '-i', clip, '-c', 'copy', turned)
    text = fails(export, '--val-share', 0)
    assert '64 x 48 pixels, but' in text and 'a.mp4 shows 48 x 64' in text
    assert 'rotation mark' in text


def test_a_video_of_variable_rate_is_noted(tmp_path, capsys):
    from mmhvr.visualization.video import VideoWriter

    export = writers.write_labelstudio(tmp_path / 'a.json', [make_video('a')])
    with VideoWriter(str(tmp_path / 'a.mp4'), fps=10) as writer:
        for time in (0, 0.1, 0.5, 0.6):
            writer.write(np.zeros((*SIZE[::-1], 3), np.uint8), time)
    words = ('--out', tmp_path / 'out', '--val-share', 0)
    assert run_import(export, *words) == 0
    assert 'note: ' in (said := capsys.readouterr().out)
    assert 'a.mp4 has a variable frame rate' in said


def test_an_xml_file_that_is_missing(fails, tmp_path):
    root = writers.write_imagenet_vid(tmp_path / 'export', [make_video('a')])
    (root / 'Annotations/VID/train/a/000002.xml').unlink()
    assert 'no XML file between frame 1 and 3' in fails(root)


def test_xml_without_a_size(fails, tmp_path):
    root = writers.write_imagenet_vid(tmp_path / 'export', [make_video('a')])
    file = root / 'Annotations/VID/train/a/000002.xml'
    file.write_text('<annotation></annotation>')
    assert '000002.xml is malformed: no <size>' in fails(root)


def test_entities_in_xml(fails, tmp_path):
    export = writers.write_cvat(tmp_path / 'a.xml', [make_video('a')])
    text = export.read_text(encoding='utf-8')
    head = '<!DOCTYPE a [<!ENTITY x "y">]><annotations>'
    export.write_text(text.replace('<annotations>', head, 1))
    assert 'declares entities' in fails(export, '--format', 'cvat')


def test_an_export_without_boxes(fails, coco):
    assert '2 videos and no box' in fails(
        coco(lambda data: data.update(annotations=[]))
    )


def test_one_video_cannot_be_shared(fails, tmp_path):
    write_images(tmp_path / 'a', 0, 4)
    export = writers.write_coco(tmp_path / 'a.json', [make_video('a')])
    assert '--val-share 0' in fails(export)


def test_what_is_written_must_not_become_a_part_of_the_export(tmp_path):
    writers.write_yolo(tmp_path / 'e', [make_video('a')])
    for out in (tmp_path / 'e', tmp_path / 'e' / 'x'):
        assert run_import(tmp_path / 'e', '--out', out) == 2
    assert not list((tmp_path / 'e').glob('*/train.json'))


def test_a_source_that_is_not_there(fails, tmp_path):
    assert 'does not exist' in fails(tmp_path / 'x')
    (tmp_path / 'a.json').write_text(json.dumps(dict(frames=1)))
    assert 'of no known kind' in fails(tmp_path / 'a.json')
