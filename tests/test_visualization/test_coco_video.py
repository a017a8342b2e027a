# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import json
import pickle

import numpy as np
import pytest
import torch

from mmhvr.visualization import (
    AnnotatedVideo,
    add_predictions,
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
    # One box of each: the lower label.
    assert first.category == 0
    assert second.category == -1 and second.name == 'b'
    assert second.frames[0].gt_boxes.shape == (0, 4)


def test_no_videos(tmp_path):
    path = tmp_path / 'ann.json'
    path.write_text(json.dumps(dict(images=[], categories=[])))
    with pytest.raises(ValueError, match='holds no videos'):
        load_videos(str(path), 'root')


@pytest.mark.parametrize('key', ['pred_det_instances', 'pred_instances'])
def test_add_predictions(tmp_path, ann_file, key):
    found = dict(
        bboxes=torch.tensor([[1.0, 2.0, 3.0, 4.0]]),
        labels=torch.tensor([1]),
        scores=torch.tensor([0.5]),
    )
    path = tmp_path / 'out.pkl'
    path.write_bytes(pickle.dumps([{'img_id': 11, key: found}]))
    videos = load_videos(str(ann_file), 'root')
    add_predictions(videos, str(path))
    assert videos[0].frames[0].boxes is None
    frame = videos[0].frames[1]
    assert frame.boxes.tolist() == [[1, 2, 3, 4]]
    assert frame.labels.tolist() == [1] and frame.scores.tolist() == [0.5]
    path.write_bytes(pickle.dumps([{'img_id': 99, key: found}]))
    with pytest.raises(ValueError, match='no frame of these videos'):
        add_predictions(videos, str(path))


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
