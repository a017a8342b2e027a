# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import json

import numpy as np
import pytest

from mmhvr.analysis.results import analyse
from mmhvr.evaluation import (
    Predictions,
    evaluate_predictions,
    load_annotations,
)

# Ids are not in the order of names; the sides make small (31), medium (95)
# and large (96 and 200) boxes with the 1 that is added to them: 32 belongs to
# small and medium, 96 to medium and large.
CATEGORIES = [dict(id=2, name='dog'), dict(id=1, name='cat')]
SIDES = dict(cat=[31, 95], dog=[94, 199])


@pytest.fixture
def ann_file(tmp_path):
    annotations = [
        dict(
            id=100 * t + 10 * track + category['id'],
            image_id=t,
            category_id=category['id'],
            instance_id=10 * track + category['id'],
            # Track 0 rests, track 1 jumps its whole width back and forth.
            bbox=[
                1000 * category['id'] + 400 * track + t % 2 * track * side,
                0,
                side,
                side,
            ],
        )
        for t in range(4)
        for category in CATEGORIES
        for track, side in enumerate(SIDES[category['name']])
    ]
    path = tmp_path / 'ann.json'
    path.write_text(
        json.dumps(
            dict(
                videos=[dict(id=1, name='v')],
                images=[
                    dict(id=t, file_name=f'{t}', video_id=1, frame_id=t)
                    for t in range(4)
                ],
                categories=CATEGORIES,
                annotations=annotations,
            )
        )
    )
    return str(path)


def predict(ann_file, shift=0):
    """Every box, those of dogs moved down by a share of their height."""
    with open(ann_file) as file:
        data = json.load(file)
    predictions = Predictions({}, ['cat', 'dog'])
    for image in data['images']:
        own = [a for a in data['annotations'] if a['image_id'] == image['id']]
        boxes = np.array([a['bbox'] for a in own], dtype=np.float32)
        labels = np.array([a['category_id'] - 1 for a in own], dtype=np.int32)
        boxes[:, 2:] += boxes[:, :2]
        down = np.where(labels == 1, shift * (boxes[:, 3] - boxes[:, 1]), 0)
        boxes[:, [1, 3]] += down[:, None]
        predictions[image['id']] = dict(
            bboxes=boxes,
            scores=np.full(len(own), 0.5, dtype=np.float32),
            labels=labels,
        )
    return predictions


def test_by_hand(ann_file):
    result = analyse(predict(ann_file, 2), load_annotations(ann_file))
    assert result.classes == ['cat', 'dog']
    # Cats are all found, dogs none.
    assert result.aps.tolist() == [1, 0]
    np.testing.assert_allclose(result.curves[0][0], [1] * 8)
    np.testing.assert_allclose(result.curves[0][1], np.arange(1, 9) / 8)
    assert set(result.curves[1][1]) == {0}
    assert result.errors.missed.tolist() == [0, 8]
    # One track of each class rests; a jump leaves less than 0.7 on average.
    assert list(result.motion.ranges) == ['slow', 'medium', 'fast']
    assert result.motion.boxes.tolist() == [[4, 4], [0, 0], [4, 4]]
    np.testing.assert_allclose(
        result.motion.aps, [[1, 0], [np.nan, np.nan], [1, 0]]
    )
    # 32, 96 and 95, 200 pixels a side.
    assert result.size.boxes.tolist() == [[4, 0], [8, 4], [4, 4]]
    np.testing.assert_allclose(result.size.aps, [[1, np.nan], [1, 0], [1, 0]])


@pytest.mark.parametrize('shift', [0, 0.2, 0.4])
@pytest.mark.parametrize('protocol', ['fgfa', 'mega'])
def test_equals_the_metric(ann_file, shift, protocol):
    predictions = predict(ann_file, shift)
    result = analyse(
        predictions, load_annotations(ann_file), protocol=protocol
    )
    metrics = evaluate_predictions(
        predictions, ann_file, coco=False, protocols=(protocol,)
    )
    assert np.nanmean(result.aps) == pytest.approx(metrics['vid/mAP50'])
    for speed, row in zip(result.motion.ranges, result.motion.aps):
        key = f'vid/{protocol}/mAP50_{speed}'
        assert (key in metrics) == (not np.isnan(row).all())
        if key in metrics:
            assert np.nanmean(row) == pytest.approx(metrics[key])


def test_without_tracks_there_is_no_motion(ann_file):
    annotations = load_annotations(ann_file)
    object.__setattr__(annotations, 'tracks', None)
    assert analyse(predict(ann_file), annotations).motion is None
    motion = np.full(len(annotations.boxes), 0.8)
    given = analyse(predict(ann_file), annotations, motion=motion)
    assert given.motion.boxes.tolist() == [[0, 0], [8, 8], [0, 0]]


def test_bad_input(ann_file):
    annotations = load_annotations(ann_file)
    with pytest.raises(ValueError, match='no predictions'):
        analyse({}, annotations, ['cat'])
    unnamed = dict(predict(ann_file))
    with pytest.raises(ValueError, match='do not name their classes'):
        analyse(unnamed, annotations)
    with pytest.raises(ValueError, match="none of the class names .'cow',"):
        analyse(unnamed, annotations, ['cow'])
    with pytest.raises(ValueError, match="label 1 of '0' is out of range"):
        analyse(unnamed, annotations, ['cat'])
