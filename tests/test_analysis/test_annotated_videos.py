# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import json
import pickle

import cv2
import numpy as np
import pytest
import torch

from mmhvr.analysis.annotated_videos import (
    AnnotatedFrame,
    AnnotatedVideo,
    load_tested_videos,
    load_videos,
    spread_over_categories,
)


def annotation(image_id, category_id, bbox):
    return dict(image_id=image_id, category_id=category_id, bbox=bbox)


@pytest.fixture
def ann_file(tmp_path):
    # Category ids with a gap and out of order; frames out of order.
    data = dict(
        categories=[dict(id=7, name='seven'), dict(id=2, name='two')],
        videos=[
            dict(id=1, name='a'),
            dict(id=2, name='no_frames'),
            dict(id=3, name='val/b'),
        ],
        images=[
            dict(id=11, file_name='a/1.jpg', frame_id=1, video_id=1),
            dict(id=10, file_name='a/0.jpg', frame_id=0, video_id=1),
            dict(id=12, file_name='b/0.jpg', frame_id=0, video_id=3),
        ],
        annotations=[
            annotation(10, 7, [10, 20, 30, 40]),
            annotation(11, 2, [1, 2, 3, 4]),
            # What is not to be found, or does not count, is not shown.
            dict(annotation(11, 2, [5, 5, 9, 9]), iscrowd=1),
            annotation(11, 2, [5, 5, -9, 9]),
        ],
    )
    path = tmp_path / 'ann.json'
    path.write_text(json.dumps(data))
    return path


def test_load_videos(ann_file):
    first, second = load_videos(str(ann_file), 'root')
    assert [f.path for f in first.frames] == ['root/a/0.jpg', 'root/a/1.jpg']
    # 10 + 30, 20 + 40.
    assert first.frames[0].gt_boxes.tolist() == [[10, 20, 40, 60]]
    # Labels count the ids in their order: 2 -> 0, 7 -> 1.
    assert first.frames[0].gt_labels.tolist() == [1]
    assert first.frames[1].gt_boxes.tolist() == [[1, 2, 4, 6]]
    # One box of each: the lower label.
    assert first.category == 0
    assert second.category == -1 and second.name == 'b'
    assert second.frames[0].gt_boxes.shape == (0, 4)


def test_no_videos(tmp_path):
    path = tmp_path / 'ann.json'
    path.write_text(
        json.dumps(dict(images=[], categories=[dict(id=1, name='a')]))
    )
    with pytest.raises(ValueError, match='has 0 videos and 0 images'):
        load_videos(str(path), 'root')


def dumped(tmp_path, key='pred_instances', classes=('two', 'seven'), **other):
    found = dict(
        bboxes=torch.tensor([[1.0, 2.0, 3.0, 4.0]]),
        labels=torch.tensor([1]),
        scores=torch.tensor([0.5]),
    )
    frame = dict({'img_id': 11, key: found, 'classes': classes}, **other)
    path = tmp_path / 'out.pkl'
    path.write_bytes(pickle.dumps([frame]))
    return str(path)


@pytest.mark.parametrize('key', ['pred_det_instances', 'pred_instances'])
def test_tested_videos(tmp_path, ann_file, key):
    path = dumped(tmp_path, key)
    videos, names = load_tested_videos(str(ann_file), 'root', path)
    assert names == ['two', 'seven']
    assert videos[0].frames[0].boxes is None
    frame = videos[0].frames[1]
    assert frame.boxes.tolist() == [[1, 2, 3, 4]]
    assert frame.labels.tolist() == [1] and frame.scores.tolist() == [0.5]
    assert frame.gt_labels.tolist() == [0]


def test_labels_follow_the_names_of_the_predictions(tmp_path, ann_file):
    # Label 1 is a 'two' here.
    path = dumped(tmp_path, classes=('seven', 'two'))
    videos, names = load_tested_videos(str(ann_file), 'root', path)
    assert names == ['seven', 'two']
    assert videos[0].frames[1].labels.tolist() == [1]
    assert videos[0].frames[1].gt_labels.tolist() == [1]
    # In the order of another file label 1 is 'seven': the detection is 0.
    videos, names = load_tested_videos(
        str(ann_file), 'root', path, ['two', 'seven']
    )
    assert names == ['two', 'seven']
    assert videos[0].frames[1].labels.tolist() == [0]
    assert videos[0].frames[1].gt_labels.tolist() == [0]


@pytest.mark.parametrize(
    'frame, names, message',
    [
        (dict(img_id=99), None, 'image id 99, which is not in the annot'),
        (dict(img_path='x/a/2.jpg'), None, "'x/a/2.jpg' of .* but 'a/1.jpg'"),
        (dict(classes=None), None, 'do not name their classes'),
        ({}, ['two', 'nine'], "of the classes .'two', 'seven'., and not"),
    ],
)
def test_files_that_do_not_belong_together(
    tmp_path, ann_file, frame, names, message
):
    path = dumped(tmp_path, **frame)
    with pytest.raises(ValueError, match=message):
        load_tested_videos(str(ann_file), 'root', path, names)


def test_a_picture_has_the_recorded_size(tmp_path):
    path = str(tmp_path / 'a.png')
    cv2.imwrite(path, np.zeros((48, 64, 3), np.uint8))
    none = np.zeros((0, 4)), np.zeros(0)
    assert AnnotatedFrame(1, path, *none).image().shape == (48, 64, 3)
    frame = AnnotatedFrame(1, path, *none, width=64, height=50)
    with pytest.raises(ValueError, match='64 x 48 pixels, but .* 64 x 50'):
        frame.image()


def test_spread_over_categories():
    videos = [
        AnnotatedVideo(f'{category}{number}', [], category)
        for category in range(4)
        for number in range(3)
    ]

    def names(number):
        return [v.name for v in spread_over_categories(videos, number)]

    assert names(4) == ['00', '10', '20', '30']
    # Two of four categories: every other one.
    assert names(2) == ['00', '20']
    assert names(6) == ['00', '10', '20', '30', '01', '21']
    assert sorted(names(100)) == sorted(v.name for v in videos)
    assert spread_over_categories([], 3) == []
    assert names(0) == []


def test_order_of_videos_does_not_depend_on_results(ann_file):
    videos = load_videos(str(ann_file), 'root')
    before = [v.name for v in spread_over_categories(videos, 2)]
    videos[0].frames[0].scores = np.array([0.99])
    assert [v.name for v in spread_over_categories(videos, 2)] == before
