# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""File names as other tools and other systems write them."""

import json

import cv2
import numpy as np
import pytest

from mmhvr.analysis.annotated_videos import load_videos
from mmhvr.datasets import TripletVideoDataset
from mmhvr.datasets.converters.classes import read_classes
from mmhvr.datasets.converters.imagenet_det import convert_det
from mmhvr.datasets.converters.imagenet_vid import convert_vid
from mmhvr.datasets.converters.lists import (
    read_det_list,
    read_train_list,
    read_val_list,
)
from mmhvr.datasets.file_names import with_slashes

XML = """<annotation><size><width>64</width><height>48</height></size>
<object><trackid>0</trackid><name>{name}</name><bndbox><xmin>5</xmin>
<ymin>6</ymin><xmax>30</xmax><ymax>40</ymax></bndbox></object></annotation>
"""


def names(*words):
    return [dict(id=n, file_name=word) for n, word in enumerate(words)]


def test_backslashes_become_slashes():
    images = names('a\\b\\0.jpg', 'c/1.jpg', '\\d\\2.jpg')
    with_slashes(images, 'data')
    assert images == names('a/b/0.jpg', 'c/1.jpg', '/d/2.jpg')


def test_files_whose_names_have_backslashes_are_left_alone(tmp_path):
    (tmp_path / 'a\\0.jpg').write_text('')
    images = names('a\\0.jpg', 'a\\1.jpg')
    with_slashes(images, str(tmp_path))
    assert images == names('a\\0.jpg', 'a\\1.jpg')


@pytest.mark.parametrize('name', ['C:\\data\\0.jpg', 'd:\\0.jpg'])
def test_paths_of_another_machine(name):
    with pytest.raises(
        ValueError, match='id 0.* is a path of another machine'
    ):
        with_slashes(names(name), 'data')


@pytest.mark.usefixtures('mmtrack_scope')
def test_training_and_pictures_on_names_of_windows(coco_vid):
    data = coco_vid.write([coco_vid.video(0, 3), coco_vid.video(1, 3)])
    for image in data['images']:
        image['file_name'] = image['file_name'].replace('/', '\\')
    coco_vid.save(data)
    dataset = TripletVideoDataset(
        data_root=coco_vid.data_root,
        ann_file='annotations/imagenet_vid_train.json',
        data_prefix=dict(img_path='Data/VID'),
        metainfo=dict(CLASSES=('ant', 'bee')),
        filter_cfg=dict(min_size=0),
        pipeline=[dict(type='LoadVideoFrames')],
    )
    assert len(dataset) == 6
    # Blue is the number of the video.
    assert [dataset[i]['img'][0][0, 0, 0] for i in range(6)] == [0] * 3 + [
        1
    ] * 3
    file = f'{coco_vid.data_root}annotations/imagenet_vid_train.json'
    videos = load_videos(file, f'{coco_vid.data_root}Data/VID')
    assert videos[1].frames[2].image()[0, 0].tolist() == [1, 2, 0]


@pytest.mark.parametrize(
    'name', ['yard', 'my yard', 'a  b c', 'train/my yard/cam 1', '1 2']
)
def test_names_with_blanks_in_lists(tmp_path, name):
    file = tmp_path / 'list.txt'
    file.write_text(f'{name} 1 0 3\n  {name} 1 2 3 \n')
    (video,) = read_train_list(file)
    assert (video.name, video.length, video.key_frames) == (name, 3, {0, 2})
    file.write_text(f'{name}\t1\t0\t7\n')
    (video,) = read_val_list(file)
    assert (video.name, video.length) == (name, 7)
    file.write_text(f'{name} 1\n')
    assert read_det_list(file) == [name]


def test_backslashes_in_lists(tmp_path):
    file = tmp_path / 'list.txt'
    file.write_text('train\\my yard 1 0 3\r\n')
    assert read_train_list(file)[0].name == 'train/my yard'


def test_names_with_blanks_in_a_class_table(tmp_path):
    file = tmp_path / 'classes.txt'
    file.write_text('n1 traffic light\ncar car\nroad sign\tsign\nx\ta  b\n')
    assert list(read_classes(file).items()) == [
        ('n1', 'traffic light'),
        ('car', 'car'),
        ('road sign', 'sign'),
        ('x', 'a  b'),
    ]
    for line in ('one\n', 'a\tb\tc\n', '\tb\n', 'a\t\n'):
        file.write_text(line)
        with pytest.raises(ValueError, match="expected 'ID NAME'"):
            read_classes(file)


@pytest.fixture
def layout(tmp_path):
    """Two frames of a video and a still image, without images."""
    for part, name in (
        ('VID', 'my yard/000000'),
        ('VID', 'my yard/000001'),
        ('DET', 'my yard/000000'),
    ):
        path = tmp_path / 'Annotations' / part / f'{name}.xml'
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(XML.format(name='road sign'))
    (tmp_path / 'Lists').mkdir()
    (tmp_path / 'vid.txt').write_text('my yard 1 0 2\n')
    (tmp_path / 'det.txt').write_text('my yard/000000 1\n')
    return tmp_path


def convert(root, part):
    out = root / 'out.json'
    options = dict(classes={'road sign': 'sign'}, progress=False)
    if part == 'VID':
        convert_vid(root, 'train', out, list_file=root / 'vid.txt', **options)
    else:
        convert_det(root, out, list_file=root / 'det.txt', **options)
    images = json.loads(out.read_text())['images']
    return [image['file_name'] for image in images]


def put(root, part, *images):
    folder = root / 'Data' / part / 'my yard'
    folder.mkdir(parents=True, exist_ok=True)
    for image in images:
        path = folder / image
        assert cv2.imwrite(str(path), np.zeros((48, 64, 3), np.uint8))


@pytest.mark.parametrize('ending', ['.jpg', '.png', '.JPEG', '.JPG', '.webp'])
@pytest.mark.parametrize('part', ['VID', 'DET'])
def test_the_ending_of_the_images(layout, part, ending):
    put(layout, part, f'000000{ending}', f'000001{ending}')
    found = convert(layout, part)
    assert found[0] == f'my yard/000000{ending}'
    for name in found:
        assert (layout / 'Data' / part / name).is_file()


@pytest.mark.parametrize('part', ['VID', 'DET'])
def test_without_images_it_is_that_of_imagenet(layout, part):
    assert convert(layout, part)[0] == 'my yard/000000.JPEG'
    put(layout, part)  # a folder that is empty
    assert convert(layout, part)[0] == 'my yard/000000.JPEG'


@pytest.mark.parametrize('part', ['VID', 'DET'])
def test_images_that_are_missing_or_twice_there(layout, part):
    put(layout, part, '000007.png')
    with pytest.raises(FileNotFoundError, match='1 images, but none for'):
        convert(layout, part)
    put(layout, part, '000000.png', '000000.jpg')
    with pytest.raises(ValueError, match='000000 has 2 images, .jpg and .png'):
        convert(layout, part)
