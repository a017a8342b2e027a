# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import json

import numpy as np
import pytest

from mmhvr.evaluation import (
    Predictions,
    apply_seq_nms,
    evaluate_predictions,
    load_annotations,
)
from mmhvr.evaluation.by_video import apply_by_video

# Two videos of three frames, not in order in the file; a car in each.
ORDER = [(2, 1), (1, 0), (1, 2), (2, 0), (1, 1), (2, 2)]
DATA = dict(
    videos=[dict(id=1, name='a'), dict(id=2, name='b')],
    images=[
        dict(id=10 * v + t, file_name=f'{v}/{t}', video_id=v, frame_id=t)
        for v, t in ORDER
    ],
    categories=[dict(id=9, name='car'), dict(id=3, name='bus')],
    annotations=[
        dict(
            id=n,
            image_id=10 * v + t,
            category_id=9,
            instance_id=1,
            bbox=[0, 0, 9, 9],
        )
        for n, (v, t) in enumerate(ORDER)
    ],
)


@pytest.fixture
def ann_file(tmp_path):
    path = tmp_path / 'ann.json'
    path.write_text(json.dumps(DATA))
    return str(path)


def predict(label=1):
    frames = {
        10 * v + t: dict(
            bboxes=np.array([[0, 0, 9, 9]], dtype=np.float32),
            scores=np.array([0.1 * v + 0.01 * t], dtype=np.float32),
            labels=np.array([label], dtype=np.int32),
        )
        for v, t in ORDER
    }
    return Predictions(frames, ['bus', 'car'])


def test_each_video_comes_whole_and_in_order(ann_file):
    seen = []

    def mark(frames):
        seen.append([round(float(f['scores'][0]), 2) for f in frames])
        return [
            dict(frame, scores=np.array([n], dtype=np.float32))
            for n, frame in enumerate(frames)
        ]

    predictions = predict()
    del predictions[21]
    result = apply_by_video(predictions, load_annotations(ann_file), mark)
    # The frame without a prediction is left out.
    assert sorted(seen) == [[0.1, 0.11, 0.12], [0.2, 0.22]]
    scores = {key: frame['scores'].item() for key, frame in result.items()}
    assert scores == {10: 0, 11: 1, 12: 2, 20: 0, 22: 1}


def test_function_that_loses_frames_is_refused(ann_file):
    with pytest.raises(ValueError, match='returned 2 frames for the 3'):
        apply_by_video(
            predict(), load_annotations(ann_file), lambda frames: frames[1:]
        )


def test_no_videos(ann_file, tmp_path):
    data = json.loads(json.dumps(DATA))
    for image in data['images']:
        del image['video_id']
    path = tmp_path / 'still.json'
    path.write_text(json.dumps(data))
    with pytest.raises(ValueError, match='has no videos'):
        apply_by_video(
            predict(), load_annotations(str(path)), lambda frames: frames
        )


def drop_first_frame(frames):
    empty = {key: values[:0] for key, values in frames[0].items()}
    return [empty, *frames[1:]]


@pytest.mark.parametrize(
    'label, classes, function, expected',
    [
        (1, None, None, 1.0),
        (0, None, None, 0.0),
        (0, ['car', 'bus'], None, 1.0),
        # Two of six boxes are missed, and no detection is false.
        (1, None, drop_first_frame, 4 / 6),
    ],
)
def test_evaluate(ann_file, label, classes, function, expected):
    predictions = predict(label)
    if classes:  # of a file that does not name its classes
        predictions = dict(predictions)
    metrics = evaluate_predictions(
        predictions,
        ann_file,
        classes,
        function,
        coco=False,
        classwise=False,
    )
    assert metrics == pytest.approx(
        {'vid/mAP50': expected, 'vid/fgfa/mAP50_slow': expected}
    )


def test_seq_nms_of_each_video(ann_file):
    result = apply_by_video(
        predict(), load_annotations(ann_file), apply_seq_nms
    )
    # The means of 0.1, 0.11, 0.12 and of 0.2, 0.21, 0.22.
    for image_id, frame in result.items():
        mean = {1: 0.11, 2: 0.21}[image_id // 10]
        assert frame['scores'].tolist() == pytest.approx([mean])
