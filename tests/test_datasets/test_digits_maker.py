# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import hashlib
import json
import runpy
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmhvr.datasets.digits import maker as maker_module
from mmhvr.datasets.digits.layout import annotation_xml, key_frames
from mmhvr.datasets.digits.maker import make_digits_vid
from mmhvr.datasets.digits.render import Box
from mmhvr.datasets.digits.samples import CLASSES

SMALL = dict(
    train_videos_per_class=1,
    val_videos_per_class=1,
    frames=4,
    det_images=3,
    progress=False,
)


def hashes(root):
    return {
        str(file.relative_to(root)): hashlib.sha256(
            file.read_bytes()
        ).hexdigest()
        for file in sorted(root.rglob('*'))
        if file.is_file()
    }


@pytest.fixture(scope='module')
def small(tmp_path_factory):
    """Ten videos of four frames a split; no test may change it."""
    return make_digits_vid(tmp_path_factory.mktemp('digits') / 'a', **SMALL)


def load(root, name):
    return json.loads((root / 'annotations' / f'{name}.json').read_text())


def test_same_seed_same_bytes(small, tmp_path):
    again = make_digits_vid(tmp_path / 'b', **SMALL)
    assert hashes(again) == hashes(small)


def test_other_seed_other_bytes(small, tmp_path):
    other = hashes(make_digits_vid(tmp_path / 'b', seed=1, **SMALL))
    mine = hashes(small)
    frames = [name for name in mine if name.endswith('.JPEG')]
    assert set(frames) == {n for n in other if n.endswith('.JPEG')}
    assert all(mine[name] != other[name] for name in frames)


def test_bytes_do_not_depend_on_global_state(small, tmp_path):
    np.random.seed(5)
    threads = cv2.getNumThreads()
    cv2.setNumThreads(3)
    try:
        again = make_digits_vid(tmp_path / 'b', **SMALL)
        assert cv2.getNumThreads() == 3
    finally:
        cv2.setNumThreads(threads)
    assert hashes(again) == hashes(small)


def test_a_video_does_not_depend_on_the_number_of_videos(small, tmp_path):
    more = dict(SMALL, train_videos_per_class=2, det_images=5)
    grown = hashes(make_digits_vid(tmp_path / 'b', **more))
    mine = hashes(small)
    same = [n for n in mine if n.startswith(('Data', 'Annotations'))]
    assert len(same) == 2 * (20 * 4 + 3)
    assert all(grown[name] == mine[name] for name in same)
    assert len(grown) > len(mine)


def test_layout_is_that_of_imagenet_vid(small):
    train = small / 'Data/VID/train/digits_VID_train_0000'
    assert sorted(p.name for p in train.iterdir()) == [
        f'digits_train_{n:08d}' for n in range(10)
    ]
    frames = sorted(
        p.name for p in (train / 'digits_train_00000003').iterdir()
    )
    assert frames == [f'{t:06d}.JPEG' for t in range(4)]
    for data in (small / 'Data').rglob('*.JPEG'):
        relative = data.relative_to(small / 'Data').with_suffix('.xml')
        size = ET.parse(str(small / 'Annotations' / relative)).find('size')
        shape = cv2.imread(str(data)).shape
        assert shape == (
            int(size.findtext('height')),
            int(size.findtext('width')),
            3,
        )
    lists = small / 'ImageSets'
    video = 'train/digits_VID_train_0000/digits_train_00000000'
    # All four frames are among the 15 evenly spread ones.
    head = (lists / 'VID/VID_train_15frames.txt').read_text().splitlines()
    assert head[:4] == [f'{video} 1 {t} 4' for t in range(4)]
    head = (lists / 'VID/VID_val_videos.txt').read_text().splitlines()
    assert head[1] == 'val/digits_val_00000001 5 0 4'
    head = (lists / 'VID/train.txt').read_text().splitlines()
    assert head[0] == 'digits_VID_train_0000/digits_train_00000000 1'
    head = (lists / 'VID/val.txt').read_text().splitlines()
    assert head[4] == 'digits_val_00000001/000000 5'


def test_annotation_files_agree_with_the_xml_files(small):
    for split, part in (('train', 'VID'), ('val', 'VID'), ('det', 'DET')):
        name = 'det_30plus1cls' if split == 'det' else f'vid_{split}'
        data = load(small, f'imagenet_{name}')
        assert [c['name'] for c in data['categories']] == list(CLASSES)
        boxes = {image['id']: [] for image in data['images']}
        for item in data['annotations']:
            x, y, w, h = item['bbox']
            boxes[item['image_id']].append(
                (item['category_id'] - 1, x, y, x + w, y + h)
            )
        assert sum(map(len, boxes.values())) > 0
        for image in data['images']:
            file = small / 'Annotations' / part / image['file_name']
            root = ET.parse(str(file.with_suffix('.xml'))).getroot()
            expected = [
                (
                    int(item.findtext('name')[1:]),
                    *(
                        int(item.findtext(f'bndbox/{tag}'))
                        for tag in ('xmin', 'ymin', 'xmax', 'ymax')
                    ),
                )
                for item in root.findall('object')
            ]
            assert boxes[image['id']] == expected
            for _, xmin, ymin, xmax, ymax in expected:
                assert 0 <= xmin <= xmax < image['width']
                assert 0 <= ymin <= ymax < image['height']


def test_video_shows_its_class_most(small):
    # Video n shows digit n % 10; a second digit is there for fewer frames.
    data = load(small, 'imagenet_vid_train')
    counts = {video['id']: Counter() for video in data['videos']}
    for item in data['annotations']:
        counts[item['video_id']][item['category_id'] - 1] += 1
    # A bar can hide a digit in all of a video's four frames.
    seen = {video_id: count for video_id, count in counts.items() if count}
    assert len(seen) >= 9
    for video_id, count in seen.items():
        most = min(count, key=lambda label: (-count[label], label))
        assert most == (video_id - 1) % 10


def test_a_track_has_one_class_and_one_box_a_frame(small):
    data = load(small, 'imagenet_vid_train')
    tracks = {}
    for item in data['annotations']:
        tracks.setdefault(item['instance_id'], []).append(item)
    assert len(tracks) >= 10
    for items in tracks.values():
        assert len({item['category_id'] for item in items}) == 1
        assert len({item['video_id'] for item in items}) == 1
        images = [item['image_id'] for item in items]
        assert len(set(images)) == len(images)


@pytest.mark.parametrize('frames', [300, 60, 450])
def test_key_frames_are_spread_as_in_imagenet_vid(frames):
    # The real list names 10, 30, ..., 290 of a video of 300 frames: the
    # middles of 15 equal parts.
    step = frames // 15
    middles = [step * k + step // 2 for k in range(15)]
    assert key_frames(frames) == middles


def test_key_frames_of_short_videos():
    assert key_frames(6) == [0, 1, 2, 3, 4, 5]
    assert key_frames(1) == [0]


def test_annotation_text_by_hand():
    box = Box(1, 4, (3, 5, 17, 30), True, 0.5)
    root = ET.fromstring(annotation_xml('val/v/000002', (96, 80), [box]))
    assert root.findtext('folder') == 'val/v'
    assert root.findtext('filename') == '000002'
    assert root.findtext('size/width') == '96'
    assert root.findtext('size/height') == '80'
    (item,) = root.findall('object')
    assert {e.tag: e.text for e in item.find('bndbox')} == dict(
        xmin='3', ymin='5', xmax='17', ymax='30'
    )
    tags = ('name', 'trackid', 'occluded', 'generated')
    values = [item.findtext(tag) for tag in tags]
    assert values == ['d00000004', '1', '1', '0']
    assert not ET.fromstring(annotation_xml('v/0', (9, 9), [])).findall(
        'object'
    )


class Made(Exception):
    """The data set was made again."""


def refuse(*args):
    raise Made


def test_finished_data_set_is_kept(small, monkeypatch):
    before = {p: p.stat().st_mtime_ns for p in small.rglob('*')}
    monkeypatch.setattr(maker_module, '_make', refuse)
    assert make_digits_vid(small, **SMALL) == small
    assert {p: p.stat().st_mtime_ns for p in small.rglob('*')} == before


def test_other_parameters_are_an_error_that_names_the_remedy(small):
    with pytest.raises(ValueError, match='seed 0 instead of 2.*--force'):
        make_digits_vid(small, seed=2, **SMALL)
    with pytest.raises(ValueError, match='frames 4 instead of 5'):
        make_digits_vid(small, **dict(SMALL, frames=5))


def test_interrupted_run_leaves_nothing_and_is_redone(
    small, tmp_path, monkeypatch
):
    root = tmp_path / 'b'

    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(maker_module, '_write_lists', stop)
        with pytest.raises(KeyboardInterrupt):
            make_digits_vid(root, **SMALL)
    assert not root.exists()
    rest = [p for p in tmp_path.iterdir() if p.name != 'b']
    assert rest
    (rest[0] / 'Data/VID/train/stale.JPEG').write_text('half')
    make_digits_vid(root, **SMALL)
    assert hashes(root) == hashes(small)
    assert [p.name for p in tmp_path.iterdir()] == ['b']


def test_force_makes_anew_and_keeps_the_old_until_then(tmp_path, monkeypatch):
    root = make_digits_vid(tmp_path / 'b', **SMALL)
    first = hashes(root)
    with monkeypatch.context() as patch:
        patch.setattr(maker_module, '_make', refuse)
        with pytest.raises(Made):
            make_digits_vid(root, seed=1, force=True, **SMALL)
    assert hashes(root) == first
    make_digits_vid(root, seed=1, force=True, **SMALL)
    assert json.loads((root / 'digits_vid.json').read_text())['seed'] == 1
    assert hashes(root) != first


@pytest.mark.parametrize('force', [False, True])
def test_folder_of_something_else_is_not_touched(tmp_path, force):
    (tmp_path / 'thesis.txt').write_text('mine')
    with pytest.raises(ValueError, match='something else'):
        make_digits_vid(tmp_path, force=force, **SMALL)
    assert (tmp_path / 'thesis.txt').read_text() == 'mine'


def test_file_damaged_stamp_and_empty_folder(tmp_path):
    file = tmp_path / 'file'
    file.write_text('')
    with pytest.raises(ValueError, match='is a file'):
        make_digits_vid(file, **SMALL)
    damaged = tmp_path / 'damaged'
    damaged.mkdir()
    (damaged / 'digits_vid.json').write_text('{"seed": ')
    with pytest.raises(ValueError, match='damaged'):
        make_digits_vid(damaged, **SMALL)
    empty = tmp_path / 'empty'
    empty.mkdir()
    assert (make_digits_vid(empty, **SMALL) / 'digits_vid.json').is_file()


@pytest.mark.parametrize(
    'bad, error, match',
    [
        (dict(frames=0), ValueError, 'frames must be at least 1, found 0'),
        (dict(train_videos_per_class=0), ValueError, 'train_videos'),
        (dict(det_images=-1), ValueError, 'det_images'),
        (dict(seed=-1), ValueError, 'seed must be at least 0'),
        (dict(frames=4.0), TypeError, 'frames must be an int, found 4.0'),
        (dict(seed=True), TypeError, 'seed must be an int'),
    ],
)
def test_bad_parameters(tmp_path, bad, error, match):
    with pytest.raises(error, match=match):
        make_digits_vid(tmp_path / 'b', **{**SMALL, **bad})
    assert not (tmp_path / 'b').exists()


def test_one_frame_a_video_and_no_stills(tmp_path):
    root = make_digits_vid(
        tmp_path / 'b', **dict(SMALL, frames=np.int64(1), det_images=0)
    )
    data = load(root, 'imagenet_vid_val')
    assert len(data['videos']) == len(data['images']) == 10
    names = {file.name for file in (root / 'annotations').iterdir()}
    assert names == {'imagenet_vid_train.json', 'imagenet_vid_val.json'}


def test_command_line(small, tmp_path, monkeypatch, capsys):
    tool = 'tools/dataset_converters/make_mini_dataset.py'
    tool = str(Path(__file__).resolve().parents[2] / tool)
    root = tmp_path / 'c'
    words = '--train-videos-per-class 1 --val-videos-per-class 1 --frames 4'
    command = [tool, str(root), *words.split(), '--det-images', '3']
    monkeypatch.setattr(sys, 'argv', command)
    runpy.run_path(tool, run_name='__main__')
    assert capsys.readouterr().out.endswith(f'digits data set: {root}\n')
    assert hashes(root) == hashes(small)
    monkeypatch.setattr(sys, 'argv', [*command, '--seed', '1'])
    with pytest.raises(SystemExit, match='--force'):
        runpy.run_path(tool, run_name='__main__')
