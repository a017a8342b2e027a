# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import copy
import json

import pytest

from mmhvr.evaluation import load_annotations

DATA = dict(
    images=[
        dict(id=20, file_name='b.JPEG'),
        dict(id=10, file_name='a.JPEG'),
    ],
    # The ids are not in the order of the names.
    categories=[dict(id=5, name='dog'), dict(id=2, name='cat')],
    annotations=[
        dict(id=1, image_id=10, category_id=2, bbox=[1, 2, 3, 4], iscrowd=0),
        dict(id=2, image_id=20, category_id=5, bbox=[0, 0, 9, 8], iscrowd=1),
        dict(id=3, image_id=10, category_id=5, bbox=[5, 5, 1, 1]),
    ],
)


def write(tmp_path, data):
    path = tmp_path / 'ann.json'
    path.write_text(json.dumps(data))
    return str(path)


def test_reads_boxes_by_name(tmp_path):
    annotations = load_annotations(write(tmp_path, DATA))
    assert annotations.image_ids == [20, 10]
    assert annotations.image_names == ['b.JPEG', 'a.JPEG']
    assert annotations.images.tolist() == [1, 0, 1]
    assert annotations.boxes.tolist() == [
        [1, 2, 4, 6],
        [0, 0, 9, 8],
        [5, 5, 6, 6],
    ]
    assert annotations.crowd.tolist() == [False, True, False]
    assert annotations.box_ids == [1, 2, 3]
    assert annotations.rows.tolist() == [0, 1, 2]
    assert not annotations.has_tracks


@pytest.mark.parametrize(
    'classes, labels, boxes',
    [
        (
            ['cat', 'dog'],
            [0, 1, 1],
            [[1, 2, 4, 6], [0, 0, 9, 8], [5, 5, 6, 6]],
        ),
        (
            ['dog', 'cow', 'cat'],
            [2, 0, 0],
            [[1, 2, 4, 6], [0, 0, 9, 8], [5, 5, 6, 6]],
        ),
        (['cat'], [0], [[1, 2, 4, 6]]),
    ],
)
def test_labels_follow_the_names(tmp_path, classes, labels, boxes):
    gt = load_annotations(write(tmp_path, DATA)).ground_truth(classes)
    assert gt.labels.tolist() == labels
    assert gt.boxes.tolist() == boxes


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.json' does not"):
        load_annotations(str(tmp_path / 'nowhere.json'))


@pytest.mark.parametrize(
    'section, others, message',
    [
        ('annotations', (), 'holds no annotations'),
        ('images', ('annotations',), 'holds no images'),
        ('categories', ('annotations',), 'holds no annotations'),
    ],
)
@pytest.mark.parametrize('empty', [True, False])
def test_nothing_to_evaluate_on(tmp_path, section, others, message, empty):
    data = dict(DATA)
    for key in (section, *others):
        if empty:
            data[key] = []
        else:
            del data[key]
    with pytest.raises(ValueError, match=message):
        load_annotations(write(tmp_path, data))


@pytest.mark.parametrize(
    'part, change, message',
    [
        ('annotations', dict(image_id=30), 'name a image_id .* such as 30 of'),
        ('annotations', dict(category_id=1), 'name a category_id .* 1 of ann'),
        ('images', dict(id=20), '2 images share their id'),
    ],
)
def test_inconsistent_file_is_refused(tmp_path, part, change, message):
    data = copy.deepcopy(DATA)
    data[part][1].update(change)
    with pytest.raises(ValueError, match=message):
        load_annotations(write(tmp_path, data))


def test_boxes_that_are_left_out_are_not_there(tmp_path):
    data = copy.deepcopy(DATA)
    data['annotations'][0]['bbox'] = [9, 9, -3, 4]
    annotations = load_annotations(write(tmp_path, data))
    assert annotations.rows.tolist() == [1, 2]
    assert annotations.box_ids == [2, 3]
    assert annotations.boxes.tolist() == [[0, 0, 9, 8], [5, 5, 6, 6]]
    assert annotations.images.tolist() == [0, 1]
    # Nothing is to be found of a class whose only box is left out.
    with pytest.raises(ValueError, match="no box of the classes .'cat'"):
        annotations.ground_truth(['cat'])


@pytest.mark.parametrize('key', ['iscrowd', 'ignore'])
def test_nothing_but_ignored_boxes_is_an_error(tmp_path, key):
    data = copy.deepcopy(DATA)
    for ann in data['annotations']:
        ann[key] = 1
    annotations = load_annotations(write(tmp_path, data))
    with pytest.raises(ValueError, match='of 3 boxes 3 are of these classes'):
        annotations.ground_truth(['cat', 'dog'])


@pytest.mark.parametrize(
    'path, shape, message',
    [
        ('data/VID/b.JPEG', (48, 64), None),
        (None, None, None),
        ('data/VID/c.JPEG', (48, 64), "20 is 'data/VID/c.JPEG' of the data"),
        ('data/VID/bb.JPEG', (48, 64), 'belong to different annotation files'),
        ('data/VID/b.JPEG', (480, 640), '640 x 480 pixels, but .* 64 x 48; i'),
        ('data/VID/b.JPEG', (64, 48), '48 x 64 pixels, but .*turned, or .*EX'),
    ],
)
def test_a_tested_frame_is_the_annotated_image(tmp_path, path, shape, message):
    data = copy.deepcopy(DATA)
    for image in data['images']:
        image.update(width=64, height=48)
    annotations = load_annotations(write(tmp_path, data))
    sample = dict(img_id=20, img_path=path, ori_shape=shape)
    if message is None:
        annotations.check_sample(0, sample)
    else:
        with pytest.raises(ValueError, match=message):
            annotations.check_sample(0, sample)
