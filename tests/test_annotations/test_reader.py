# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import copy
import json

import numpy as np
import pytest

from mmhvr.annotations import AnnotationError, read_annotations

NAN, INF = float('nan'), float('inf')
# Two videos of two frames; ids and order are not what an index would be.
DATA = dict(
    categories=[dict(id=5, name='dog'), dict(id=2, name='cat')],
    videos=[dict(id=3, name='v'), dict(id='w', name='w')],
    images=[
        dict(id=20, file_name='v/1.png', video_id=3, frame_id=1),
        dict(id=10, file_name='v/0.png', video_id=3, frame_id=0),
        dict(id=30, file_name='w/0.png', video_id='w', frame_id=0),
        dict(id=40, file_name='w/1.png', video_id='w', frame_id=1),
    ],
    annotations=[
        dict(id=1, image_id=10, category_id=2, bbox=[1, 2, 30, 4]),
        dict(id=2, image_id=20, category_id=5, bbox=[0, 0, 9.5, 8]),
        dict(id=3, image_id=10, category_id=5, bbox=[5, 5, 1, 1], iscrowd=1),
        dict(id=4, image_id=40, category_id=5, bbox=[2, 2, 8, 8], ignore=True),
    ],
)
for image in DATA['images']:
    image.update(width=64, height=48)


@pytest.fixture
def data():
    return copy.deepcopy(DATA)


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


@pytest.mark.parametrize(
    'names, wrong',
    [
        (['1.png', '10.png', '11.png', '2.png'], True),
        (['f-1', 'f-12', 'f-3', 'f-4'], True),
        (['1.png', '2.png', '10.png', '11.png'], False),
        (['01.png', '02.png', '10.png', '11.png'], False),
        (['d', 'ccc', 'bb', 'a'], False),
    ],
)
def test_frames_in_the_order_of_the_alphabet(write, data, log, names, wrong):
    data['annotations'] = []
    data['images'] = [
        dict(id=n, file_name=name, video_id=3, frame_id=n)
        for n, name in enumerate(names)
    ]
    read_annotations(write(data))
    assert bool(log) == wrong
    if wrong:
        assert 'in the order of the alphabet' in log[0]
        assert f'{names[0]!r}, {names[1]!r}' in log[0]


@pytest.mark.parametrize(
    'boxed, stride',
    [
        ([0, 5, 10, 15, 20, 25], 5),
        ([3, 7, 11, 19, 27], 4),
        ([0, 5, 10, 11, 20, 25], None),
        (range(30), None),
        ([0, 5], None),  # too few to tell
    ],
)
def test_videos_of_which_every_nth_frame_is_annotated(
    write, data, log, boxed, stride
):
    data['images'] = [
        dict(id=100 * v + t, file_name=f'{v}/{t:03}', video_id=w, frame_id=t)
        for v, w in enumerate((3, 'w'))
        for t in range(30)
    ]
    data['annotations'] = [
        dict(id=n, image_id=100 * v + t, category_id=2, bbox=[1, 1, 9, 9])
        for n, (v, t) in enumerate((v, t) for v in (0, 1) for t in boxed)
    ]
    read_annotations(write(data))
    assert bool(log) == bool(stride)
    if stride:
        number = 2 * len(boxed)
        assert f'only one frame in {stride} of the videos has boxes' in log[0]
        assert f', {number} of 60: if the others are not annotated' in log[0]


def test_a_video_of_several_sizes_is_warned_of(write, data, log):
    data['images'][0]['height'] = 50
    read_annotations(write(data))
    assert (
        '1 videos have frames of several sizes, such as video 3 of '
        in (log[0])
    )
    assert '64 x 48 and 64 x 50' in log[0]


# --- boxes ------------------------------------------------------------------


def test_boxes_that_are_left_out_are_counted(write, data, log):
    boxes = [[9, 9, -4, 5], [9, 9, -1, 5], [NAN, 1, 2, 3], [99, 9, 5, 5]]
    data['annotations'] += [
        dict(id=10 + n, image_id=30, category_id=2, bbox=box)
        for n, box in enumerate(boxes)
    ]
    file = read_annotations(write(data))
    assert file.counts.tolist() == [True] * 4 + [False] * 4
    assert file.annotations_of()[2] == []
    assert file.tally()['cat'] == (1, 0, 4)
    (line,) = log
    assert '4 of 8 boxes are left out, in training and in evaluation' in line
    assert ': 2 inverted (width or height below 0), such as [9, 9, -4' in line
    assert '5] of annotation 10 of image 30; 1 NaN or infinite' in line
    assert '1 wholly outside of its image, such as [99, 9, 5, 5]' in line


@pytest.mark.parametrize(
    'boxes, message',
    [
        ([[9, 9, -4, 5]] * 4, 'none of 4 boxes can be used: 4 inverted'),
        ([[NAN] * 4] * 4, 'none of 4 boxes can be used: 4 NaN'),
        ([[0.1, 0.2, 0.5, 0.5]] * 4, 'they are shares of the image'),
    ],
)
def test_no_box_that_counts_is_an_error(write, data, boxes, message):
    for ann, box in zip(data['annotations'], boxes):
        ann['bbox'] = box
    with pytest.raises(AnnotationError, match=message):
        read_annotations(write(data))


def corners(number, size=(64, 48), seed=0):
    """Boxes inside of an image as corners x1, y1, x2, y2."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 30, (number, 2))
    last = first + rng.integers(5, 18, (number, 2))
    return np.hstack([first, last]).tolist()


def test_corners_in_place_of_a_size(write, data, log):
    boxes = corners(40)
    records = [
        dict(id=n, image_id=30, category_id=2, bbox=box)
        for n, box in enumerate(boxes)
    ]
    data['annotations'] = records
    # Those that would end beyond 64 x 48, counted by hand's rule.
    beyond = sum(a + c > 65 or b + d > 49 for a, b, c, d in boxes)
    assert beyond > 4
    with pytest.raises(
        AnnotationError, match=f'{beyond} of 40 .* fit as corners'
    ):
        read_annotations(write(data))
    # The same boxes written rightly are read without a word.
    for ann, (a, b, c, d) in zip(records, boxes):
        ann['bbox'] = [a, b, c - a, d - b]
    assert read_annotations(write(data)).counts.all()
    assert log == []


def test_boxes_beyond_the_border_count_and_are_warned_of(write, data, log):
    data['annotations'][0]['bbox'] = [-3, 5, 70, 9]
    assert read_annotations(write(data)).counts.all()
    assert '1 of 4 boxes end beyond their image, such as [-3, 5, 70' in log[0]
    assert ', 9] of annotation 1 of image 10 (64 x 48): they count' in log[0]
    # A pixel too far is rounding.
    data['annotations'][0]['bbox'] = [-1, 5, 66, 9]
    del log[:]
    read_annotations(write(data))
    assert log == []


def test_boxes_of_images_of_another_size(write, data, log):
    # Twice as large as the images: 30 of 40 corners lie beyond.
    data['annotations'] = [
        dict(id=n, image_id=30, category_id=2, bbox=[x, 30, 20, 30])
        for n, x in enumerate(np.linspace(0, 100, 40).tolist())
    ]
    with pytest.raises(AnnotationError, match='40 of 40 .* of another size'):
        read_annotations(write(data))
    for ann in data['annotations']:
        ann['bbox'] = [value / 2 for value in ann['bbox']]
    del log[:]
    assert read_annotations(write(data)).counts.all()
    assert log == []


def test_repeated_boxes_count_and_are_warned_of(write, data, log):
    data['annotations'].append(dict(data['annotations'][1], id=9))
    data['annotations'].append(
        dict(data['annotations'][1], id=11, category_id=2)
    )
    assert read_annotations(write(data)).counts.all()
    assert '1 of 6 boxes repeat another one' in log[0]
    assert 'annotation 9 of image 20' in log[0]


@pytest.mark.parametrize('key', ['iscrowd', 'ignore'])
def test_all_ignored_is_warned_of(write, data, log, key):
    for ann in data['annotations']:
        ann[key] = 1
    assert read_annotations(write(data)).ignored.all()
    assert 'all 4 boxes have iscrowd or ignore' in log[0]


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
