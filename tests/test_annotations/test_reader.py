# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import json

import numpy as np
import pytest

from mmhvr.annotations.reader import AnnotationError, read_annotations

NAN = float('nan')


def test_what_is_read(write, data, log):
    file = read_annotations(write(data))
    assert file.boxes.tolist() == [a['bbox'] for a in data['annotations']]
    assert file.boxes.dtype == np.float64
    assert file.image_index.tolist() == [1, 0, 1, 3]
    assert file.category_index.tolist() == [1, 0, 0, 0]
    assert file.ignored.tolist() == [False, False, True, True]
    assert file.counts.tolist() == [True] * 4
    assert file.annotations_of() == [[1], [0, 2], [], [3]]
    assert file.tally() == dict(dog=(1, 2, 0), cat=(1, 0, 0))
    assert file.images == data['images'] and file.videos == data['videos']
    assert log == []


def test_what_a_valid_file_may_lack(write, data, log):
    del data['videos'], data['annotations']
    for image in data['images']:
        for key in ('video_id', 'frame_id', 'width', 'height'):
            del image[key]
    file = read_annotations(write(data))
    assert file.videos == [] and file.boxes.shape == (0, 4)
    assert file.tally() == dict(dog=(0, 0, 0), cat=(0, 0, 0))
    assert log == []


@pytest.mark.parametrize('area', [0, -3, None, 'x', 'missing'])
def test_area_is_not_read(write, data, area):
    for ann in data['annotations']:
        if area != 'missing':
            ann['area'] = area
    assert read_annotations(write(data)).counts.all()


@pytest.mark.parametrize(
    'section, key, value, message',
    [
        ('annotations', 'image_id', None, '1 of 4 annotations have no image'),
        ('annotations', 'image_id', [10], r'image_id must be .*\[10\] of ann'),
        ('annotations', 'image_id', 10.5, 'image_id must be a whole number'),
        ('annotations', 'image_id', True, 'image_id must be a whole number'),
        ('annotations', 'category_id', None, 'annotations have no category'),
        ('annotations', 'category_id', {}, 'category_id must be'),
        ('annotations', 'bbox', None, 'annotations have no bbox'),
        ('annotations', 'bbox', [], r'bbox must be four .* \[\] of ann'),
        ('annotations', 'bbox', [1, 2, 3], r'bbox must be four numbers'),
        ('annotations', 'bbox', [1, 2, 3, None], 'bbox must be four numbers'),
        ('annotations', 'bbox', ['1', 2, 3, 4], 'bbox must be four numbers'),
        ('annotations', 'bbox', [[1, 2], [3, 4]], 'bbox must be four numbers'),
        ('annotations', 'bbox', '1 2 3 4', 'bbox must be four numbers'),
        ('annotations', 'iscrowd', '0', "iscrowd must be true.* '0' of ann"),
        ('annotations', 'iscrowd', 2, 'iscrowd must be true, false, 1 or 0'),
        ('annotations', 'ignore', 'no', 'ignore must be true, false'),
        ('annotations', 'instance_id', [7], 'instance_id must be'),
        ('annotations', 'id', None, '1 of 4 annotations have no id'),
        ('annotations', 'id', NAN, 'id must be a whole number'),
        ('images', 'id', None, '1 of 4 images have no id'),
        ('images', 'file_name', None, r'images have no file_name.*\(id 10\)'),
        ('images', 'file_name', ' ', 'file_name must be a text'),
        ('images', 'width', 0, r"width must be pixels above 0.* 0 of 'v/0"),
        ('images', 'height', -48, 'height must be pixels above 0'),
        ('images', 'height', NAN, 'height must be pixels above 0'),
        ('images', 'width', '64', "width must be .* '64' of 'v/0.png'"),
        ('images', 'width', 64.5, 'width must be pixels above 0'),
        ('images', 'width', None, '1 of 4 images have no width'),
        ('images', 'frame_id', '0', 'frame_id must be a whole number'),
        ('images', 'frame_id', -1, 'frame_id must be a whole number from 0'),
        ('images', 'is_vid_train_frame', 'false', 'is_vid_train_frame must'),
        ('categories', 'id', None, '1 of 2 categories have no id'),
        ('categories', 'name', None, '1 of 2 categories have no name'),
        ('categories', 'name', 7, 'name must be a text.* 7 of 7'),
        ('videos', 'id', None, '1 of 2 videos have no id'),
    ],
)
def test_fields_that_are_missing_or_mistyped(
    write, data, section, key, value, message
):
    data[section][1][key] = value
    path = write(data)
    with pytest.raises(AnnotationError, match=message) as error:
        read_annotations(path)
    assert path in str(error.value)


@pytest.mark.parametrize('key', ['iscrowd', 'image_id', 'instance_id'])
def test_lists_of_four_numbers_are_boxes_alone(write, data, key):
    for annotation in data['annotations']:
        annotation[key] = [0, 0, 0, 0]
    with pytest.raises(AnnotationError, match=f'{key} must be .* in 4 of 4'):
        read_annotations(write(data))


@pytest.mark.parametrize(
    'section, message',
    [
        ('images', r"2 images share their id .* 20 is that of 'v/1.png'"),
        ('videos', '2 videos share their id'),
        ('annotations', '2 annotations share their id .* 1 is that of ann'),
        ('categories', '2 categories share their id'),
    ],
)
def test_ids_that_collide(write, data, section, message):
    data[section][1]['id'] = data[section][0]['id']
    with pytest.raises(AnnotationError, match=message):
        read_annotations(write(data))


def test_equal_numbers_are_one_id(write, data):
    data['images'][1]['id'] = 20.0
    with pytest.raises(AnnotationError, match='2 images share their id'):
        read_annotations(write(data))


def test_a_merged_file_is_counted(write, data):
    # Each of two files counted from the start: all are there twice.
    for section in ('images', 'videos', 'annotations'):
        data[section] *= 2
    with pytest.raises(AnnotationError) as error:
        read_annotations(write(data))
    text = str(error.value)
    for message in (
        '8 images share their id',
        '4 videos share their id',
        '8 annotations share their id',
    ):
        assert message in text


def test_a_category_name_twice(write, data):
    data['categories'][1]['name'] = 'dog'
    with pytest.raises(AnnotationError, match="their name .* 'dog' is that"):
        read_annotations(write(data))


@pytest.mark.parametrize(
    'section, key, value, message',
    [
        ('annotations', 'image_id', 99, '1 of 4 annotations name a image_id'),
        ('annotations', 'category_id', 0, 'category_id that is not .* such a'),
        ('images', 'video_id', 9, '1 of 4 images name a video_id .* 9 of '),
        ('annotations', 'image_id', '10', 'texts and numbers differ'),
    ],
)
def test_references_to_nothing(write, data, section, key, value, message):
    data[section][1][key] = value
    with pytest.raises(AnnotationError, match=message):
        read_annotations(write(data))


def test_evaluation_needs_no_list_of_videos(write, data):
    del data['videos']
    assert len(read_annotations(write(data)).images) == 4


def test_everything_is_said_at_once_the_costliest_first(write, data):
    data['categories'][1]['name'] = 'dog'  # 2 categories
    for ann in data['annotations'][:3]:
        ann['image_id'] = 77  # 3 annotations
    data['images'][0]['width'] = 'wide'  # 1 image
    with pytest.raises(AnnotationError) as error:
        read_annotations(write(data))
    first, *lines = str(error.value).split('\n')
    assert first.endswith('3 things, the costliest first')
    for line, part in zip(lines, ('77', "'dog'", "'wide'")):
        assert part in line


def test_a_frame_twice_in_a_video(write, data):
    data['images'][0]['frame_id'] = 0
    with pytest.raises(AnnotationError, match='2 images share their frame_id'):
        read_annotations(write(data))


def test_a_file_twice_in_a_video(write, data):
    # A tool that writes a record for each box.
    data['images'][0]['file_name'] = 'v/0.png'
    with pytest.raises(AnnotationError, match="'v/0.png' .ids 20, 10.: each"):
        read_annotations(write(data))


def test_a_file_in_two_videos_is_warned_of(write, data, log):
    data['images'][2]['file_name'] = 'v/0.png'
    read_annotations(write(data))
    assert '2 images name a file that another image names' in log[0]


# --- files ------------------------------------------------------------------


@pytest.mark.parametrize(
    'text, message',
    [
        ('', 'ann.json is empty'),
        ('{"images": [', 'ann.json, line 1 column 1.: it is cut off'),
        ('[1, 2]', 'holds a list in place of an object'),
        ('null', 'holds a NoneType'),
        ('"text"', 'holds a str'),
        ('{"images": {"1": {}}}', 'images is not a list of records'),
        ('{"annotations": [[1, 2]]}', 'annotations is not a list of records'),
        ('{"shapes": [], "version": "4"}', r"none of .*'shapes', 'version'"),
        ('{}', 'has none of images'),
    ],
)
def test_files_of_another_form(write, text, message):
    with pytest.raises(AnnotationError, match=message):
        read_annotations(write(text))


def test_other_encodings(tmp_path, data):
    path = tmp_path / 'ann.json'
    data['categories'][0]['name'] = 'Kätzchen'
    text = json.dumps(data, ensure_ascii=False)
    for encoding in ('utf-8', 'utf-8-sig', 'utf-16', 'utf-32'):
        path.write_bytes(text.encode(encoding))
        assert 'Kätzchen' in read_annotations(str(path)).tally()
    path.write_bytes(text.encode('latin-1'))
    with pytest.raises(AnnotationError, match='line 1: byte 0xe4 .*latin-1'):
        read_annotations(str(path))


@pytest.mark.parametrize('path', ['', 'no/where.json'])
def test_missing_files(path):
    with pytest.raises(FileNotFoundError, match=f"'{path}' does not .*mend"):
        read_annotations(path, remedy='mend it')
