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
    assert annotations.names.tolist() == ['cat', 'dog', 'dog']
    assert annotations.images.tolist() == [1, 0, 1]
    assert annotations.boxes.tolist() == [
        [1, 2, 4, 6],
        [0, 0, 9, 8],
        [5, 5, 6, 6],
    ]
    assert annotations.crowd.tolist() == [False, True, False]
    # By rising id.
    assert annotations.class_names == ['cat', 'dog']
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
        (['cow'], [], []),
    ],
)
def test_labels_follow_the_names(tmp_path, classes, labels, boxes):
    gt = load_annotations(write(tmp_path, DATA)).ground_truth(classes)
    assert gt.labels.tolist() == labels
    assert gt.boxes.tolist() == boxes


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.json' does not"):
        load_annotations(str(tmp_path / 'nowhere.json'))


@pytest.mark.parametrize('key', ['images', 'annotations', 'categories'])
@pytest.mark.parametrize('empty', [True, False])
def test_nothing_to_evaluate_on(tmp_path, key, empty):
    data = dict(DATA)
    if empty:
        data[key] = []
    else:
        del data[key]
    with pytest.raises(ValueError, match=f'holds no {key}'):
        load_annotations(write(tmp_path, data))


@pytest.mark.parametrize(
    'part, change, message',
    [
        ('annotations', dict(image_id=30), 'annotation 2 .* has image_id 30,'),
        ('annotations', dict(category_id=1), 'annotation 2 .* category_id 1,'),
        ('images', dict(id=20), 'uses an image id twice: 2 images have 1 ids'),
    ],
)
def test_inconsistent_file_is_refused(tmp_path, part, change, message):
    data = copy.deepcopy(DATA)
    data[part][1].update(change)
    with pytest.raises(ValueError, match=message):
        load_annotations(write(tmp_path, data))
