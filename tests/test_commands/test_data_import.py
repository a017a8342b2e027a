# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""From what a tool exports, and clips, to what training reads."""

import json
import re
import sys
from pathlib import Path

import export_writers as writers
import numpy as np
import pytest
from export_writers import (
    CLASSES,
    SIZE,
    grey,
    make_video,
    write_clip,
    write_images,
)
from export_writers import (
    run_import as run,
)

from mmhvr.annotations.reader import read_annotations
from mmhvr.commands.data_import import NAMES
from mmhvr.datasets import TripletVideoDataset
from mmhvr.formats.detection import FORMATS


def contents(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in sorted(folder.rglob('*'))
        if path.is_file()
    }


@pytest.fixture
def yard(tmp_path):
    """Two clips and a CVAT export of both."""
    videos = [make_video('my yard', 5), make_video('Straße', 4)]
    for number, video in enumerate(videos):
        clip = tmp_path / 'clips' / video.source
        write_clip(clip, number, len(video.frames))
    export = writers.write_cvat(
        tmp_path / 'export' / 'annotations.xml', videos
    )
    return tmp_path, export, videos


def test_from_clips_and_a_cvat_export_to_training(yard, capsys, mmtrack_scope):
    root, export, videos = yard
    out = root / 'data'
    words = (export, '--frames', root / 'clips', '--out', out)
    assert run(*words, '--val-share', 0) == 0
    said = capsys.readouterr().out
    assert 'format: cvat, since its root is <annotations>' in said
    assert 'train.json: 2 videos, 9 images, 16 annotations' in said
    assert '  car: 9 boxes, in 2 videos of training and 0 of' in said
    assert 'tracks: those of the export' in said
    assert not (out / 'annotations' / 'val.json').exists()
    data = TripletVideoDataset(
        data_root=str(out),
        ann_file='annotations/train.json',
        data_prefix=dict(img_path=''),
        metainfo=dict(CLASSES=CLASSES),
        pipeline=[dict(type='LoadVideoFrames')],
    )
    assert len(data) == 9
    for index, (video, frame) in enumerate(
        (v, f) for v in (0, 1) for f in range(len(videos[v].frames))
    ):
        sample = data[index]
        image = sample['img'][0]
        assert image.shape == (*SIZE[::-1], 3)
        # The frame is the one that was annotated, within compression.
        assert abs(image.mean() - grey(video, frame)) < 4
        boxes = [
            box.xyxy
            for box in videos[video].boxes
            if box.frame == videos[video].frames[frame].number
        ]
        found = [item['bbox'] for item in sample['instances'][0]]
        assert np.allclose(found, boxes)


def test_the_same_bytes_and_nothing_done_twice(yard, monkeypatch, capsys):
    root, export, _ = yard
    words = (export, '--frames', root / 'clips', '--out')
    assert run(*words, root / 'a') == run(*words, root / 'b') == 0
    first = contents(root / 'a')
    assert first == contents(root / 'b')
    assert Path('frames/Straße/000003.jpg') in first
    # With everything there no video is decoded.
    monkeypatch.setattr(
        'mmhvr.importing.extraction._decode', lambda *_: pytest.fail('again')
    )
    assert run(*words, root / 'a') == 0
    assert contents(root / 'a') == first
    # Another seed changes the sides at most.
    assert run(*words, root / 'a', '--seed', 1) == 0
    train, val = (
        read_annotations(str(root / 'a' / 'annotations' / f'{part}.json'))
        for part in ('train', 'val')
    )
    names = [video['name'] for video in (*train.videos, *val.videos)]
    assert sorted(names) == ['Straße', 'my yard']


def test_an_extraction_goes_on(yard, monkeypatch, capsys):
    root, export, _ = yard
    words = (export, '--frames', root / 'clips', '--out')
    assert run(*words, root / 'a') == 0
    from mmhvr.importing import extraction

    real, room = extraction._encode, [3]

    def full(image):
        if not room[0]:
            raise OSError(28, 'No space left on device')
        room[0] -= 1
        return real(image)

    monkeypatch.setattr(extraction, '_encode', full)
    assert run(*words, root / 'b') == 2
    assert 'No space left' in capsys.readouterr().err
    assert not (root / 'b' / 'annotations').exists()
    # The rest is written, and no frame a second time.
    room[0] = 9 - 3
    assert run(*words, root / 'b') == 0
    assert room[0] == 0
    assert contents(root / 'a') == contents(root / 'b')


def test_a_full_disk_leaves_the_old_files(yard, monkeypatch, capsys):
    root, export, _ = yard
    words = (export, '--frames', root / 'clips', '--out', root / 'a')
    assert run(*words) == 0
    before = contents(root / 'a')
    import shutil

    from mmhvr.datasets.converters import coco_writer

    calls = []

    def copy(source, target, size):
        calls.append(1)
        if len(calls) == 5:  # within the second file
            raise OSError(28, 'No space left on device')
        shutil.copyfileobj(source, target, size)

    class Full:
        copyfileobj = staticmethod(copy)

    monkeypatch.setattr(coco_writer, 'shutil', Full)
    assert run(*words, '--seed', 5) == 2
    assert contents(root / 'a') == before


KINDS = {
    'cvat': (writers.write_cvat, 'a.xml'),
    'datumaro': (writers.write_datumaro, 'a.json'),
    'mot': (writers.write_mot, ''),
    'yolo': (writers.write_yolo, ''),
    'coco': (writers.write_coco, 'a.json'),
    'coco-vid': (writers.write_coco_vid, 'a.json'),
    'youtube-vis': (writers.write_youtube_vis, 'a.json'),
    'labelstudio': (writers.write_labelstudio, 'a.json'),
    'imagenet-vid': (writers.write_imagenet_vid, ''),
}


@pytest.mark.parametrize('kind', KINDS)
def test_each_format_with_images_in_place(tmp_path, kind, capsys):
    write, file = KINDS[kind]
    videos = [make_video('my yard', 5), make_video('Straße', 4)]
    write(tmp_path / 'export' / file, videos)
    frames = tmp_path / 'pictures'
    for number, video in enumerate(videos):
        folder = 'train/' * (kind == 'imagenet-vid') + video.name
        write_images(frames / folder, number, len(video.frames))
    out = tmp_path / 'data'
    status = run(
        tmp_path / 'export', '--frames', frames, '--out', out, '--val-share', 0
    )
    said = capsys.readouterr()
    assert status == 0, said.err
    assert ('by linking' in said.out) == (kind == 'yolo')
    assert not (out / 'frames').exists()
    file = read_annotations(str(out / 'annotations' / 'train.json'))
    names = {v['id']: v['name'].split('/')[-1] for v in file.videos}
    tolerance = 1 if kind == 'youtube-vis' else 0.006
    for video in videos:
        images = [i for i in file.images if names[i['video_id']] == video.name]
        assert [image['frame_id'] for image in images] == list(
            range(len(video.frames))
        )
        for frame, image in zip(video.frames, images):
            assert (out / image['file_name']).is_file()
            assert (image['width'], image['height']) == SIZE
            found = sorted(
                (
                    file.categories[a['category_id'] - 1]['name'],
                    a['bbox'],
                    a['instance_id'],
                )
                for a in file.annotations
                if a['image_id'] == image['id']
            )
            known = sorted(
                (b.name, writers.xywh(b), b.track)
                for b in writers.boxes_in(video, frame)
            )
            assert [f[0] for f in found] == [k[0] for k in known]
            for (_, box, track), (_, box_known, track_known) in zip(
                found, known
            ):
                assert box == pytest.approx(box_known, abs=tolerance)
                if kind != 'yolo':
                    assert track == track_known


def test_both_sides_by_a_file(yard, capsys):
    root, export, _ = yard
    names = root / 'val.txt'
    names.write_text('Stra*\n', encoding='utf-8')
    words = (export, '--frames', root / 'clips', '--out', root / 'a')
    assert run(*words, '--val-videos', names) == 0
    val = json.loads((root / 'a/annotations/val.json').read_text())
    assert [video['name'] for video in val['videos']] == ['Straße']
    names.write_text('Stra*\nhouse\n')
    assert run(*words, '--val-videos', names) == 2
    assert "val.txt:2: 'house' is none of the 2" in capsys.readouterr().err


def test_as_a_script_of_mim(yard, load_tool, monkeypatch, capsys):
    root, export, _ = yard
    tool = load_tool('dataset_converters/data_import.py')

    def status(*words):
        monkeypatch.setattr(sys, 'argv', ['x', *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            tool.main()
        return stop.value.code

    # The clips are not beside the export.
    assert status(export, '--out', root / 'a') == 2
    error = capsys.readouterr().err
    assert error.startswith('error: ') and "'my yard.mp4'" in error
    words = (export, '--frames', root / 'clips', '--out', root / 'a')
    assert status(*words) == 0


def test_each_format_is_on_the_page(request):
    assert NAMES == ('auto', *FORMATS)
    path = request.config.rootpath / 'docs' / 'en' / 'own_data.md'
    page = path.read_text(encoding='utf-8')
    named = re.findall(r'^mmhvr data import .*--format (\S+)', page, re.M)
    # YOLO's has no need of it.
    assert {*named, 'yolo'} == set(FORMATS)


def test_a_stop_by_a_person(yard, monkeypatch, capsys):
    root, export, _ = yard
    from mmhvr.importing import extraction

    def stop(image):
        raise KeyboardInterrupt

    monkeypatch.setattr(extraction, '_encode', stop)
    words = (export, '--frames', root / 'clips', '--out', root / 'a')
    assert run(*words) == 130
    assert 'the same command goes on' in capsys.readouterr().err
    monkeypatch.undo()
    assert run(*words) == 0


def test_labels_of_a_part_of_the_images(tmp_path, capsys):
    """YOLO's frames without a text file have no boxes, wherever they are."""
    video = make_video('clip', 4)
    writers.write_yolo(tmp_path / 'e', [video])
    for n in (0, 2):
        (tmp_path / f'e/labels/train/clip/{n:06d}.txt').unlink()
    write_images(tmp_path / 'images' / 'clip', 0, 4)
    words = ('--frames', tmp_path / 'images', '--val-share', 0)
    assert run(tmp_path / 'e', *words, '--out', tmp_path / 'a') == 0
    # The same of a video file, whose frames count from 1 if none is 0.
    write_clip(tmp_path / 'v' / 'clip.mp4', 0, 4)
    words = ('--frames', tmp_path / 'v', '--val-share', 0)
    assert run(tmp_path / 'e', *words, '--out', tmp_path / 'b') == 0
    boxed = []
    for name in 'ab':
        file = read_annotations(
            str(tmp_path / name / 'annotations/train.json')
        )
        assert [i['frame_id'] for i in file.images] == [0, 1, 2, 3]
        boxed.append(sorted(set(file.image_index.tolist())))
    assert boxed == [[1, 3], [0, 2]]
    assert 'count from 1' in capsys.readouterr().out


def test_frames_under_another_name_are_noted(tmp_path, capsys):
    export = writers.write_cvat(tmp_path / 'a.xml', [make_video('clip', 4)])
    write_clip(tmp_path / 'v' / 'other.mp4', 0, 4)
    words = ('--val-share', 0, '--out', tmp_path / 'out', '--frames')
    assert run(export, *words, tmp_path / 'v') == 0
    assert "frames of 'clip' are taken from" in capsys.readouterr().out
    # Whoever names the file knows it.
    assert run(export, *words, tmp_path / 'v' / 'other.mp4') == 0
    assert 'taken from' not in capsys.readouterr().out
