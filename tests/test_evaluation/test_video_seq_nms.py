# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Seq-NMS over the classes of a video."""

import copy
import math

import numpy as np
import pytest
import torch
from mmdet.models.layers import multiclass_nms
from mmtrack.registry import TASK_UTILS

from mmhvr.evaluation import SeqNMS, apply_seq_nms, seq_nms

HERE, CLOSE = [0.0, 0.0, 9.0, 9.0], [0.0, 0.0, 9.0, 7.0]
FAR = [50.0, 50.0, 59.0, 59.0]
NMS = dict(type='nms', iou_threshold=0.5)


def draw(seed, per_class=False, frames=6, classes=3):
    """Boxes before NMS: a few places, jittered, with scores of K classes."""
    rng = np.random.default_rng(seed)
    boxes, scores = [], []
    for _ in range(frames):
        n = int(rng.integers(0, 15))
        size = (n, classes if per_class else 1, 1)
        corner = rng.integers(0, 3, size) * 40 + rng.normal(
            0, 3, (*size[:2], 2)
        )
        box = np.concatenate([corner, corner + 30], axis=2)
        boxes.append(torch.tensor(box.reshape(n, 4 * size[1])).float())
        logits = torch.tensor(rng.normal(0, 2, (n, classes + 1))).float()
        scores.append(logits.softmax(dim=1))
    return boxes, scores


@pytest.mark.parametrize('max_per_img', [-1, 3, 100])
@pytest.mark.parametrize('per_class', [False, True])
def test_without_paths_it_is_the_detectors_nms(per_class, max_per_img):
    post = SeqNMS(0.05, NMS, max_per_img, min_sum=math.inf)
    boxes, scores = draw(0, per_class)
    found = post(boxes, [s[:, :-1] for s in scores])
    for one, box, score in zip(found, boxes, scores):
        dets, labels = multiclass_nms(box, score, 0.05, NMS, max_per_img)
        assert one['bboxes'].tolist() == dets[:, :4].tolist()
        assert one['scores'].tolist() == dets[:, 4].tolist()
        assert one['labels'].tolist() == labels.tolist()


@pytest.mark.parametrize('per_class', [False, True])
@pytest.mark.parametrize('seed', range(3))
def test_each_class_for_itself(seed, per_class):
    boxes, scores = draw(seed, per_class)
    post = SeqNMS(0.1, NMS, -1, rescore='max')
    found = post([b.numpy() for b in boxes], [s[:, :3] for s in scores])
    # Class by class: threshold, seq_nms, and mmdet's NMS with one class.
    for label in range(3):
        column = slice(4 * label, 4 * label + 4) if per_class else slice(4)
        masks = [s[:, label] > 0.1 for s in scores]
        own = [b[m][:, column] for b, m in zip(boxes, masks)]
        new, keep = seq_nms(
            own,
            [s[m][:, label] for s, m in zip(scores, masks)],
            rescore='max',
        )
        for one, box, score, stays in zip(found, own, new, keep):
            score = torch.tensor(score[stays]).float()[:, None].expand(-1, 2)
            dets, _ = multiclass_nms(box[stays], score, 0.1, NMS)
            mine = one['labels'] == label
            assert one['bboxes'][mine].tolist() == dets[:, :4].tolist()
            assert one['scores'][mine].tolist() == dets[:, 4].tolist()


def test_scores_and_suppression_by_hand():
    # Class 0: HERE 0.5 -> HERE 1.0, mean 0.75; CLOSE of frame 0 (IoU 0.8) is
    # suppressed, though NMS at 0.9 would keep it. Class 1: HERE of frame 1
    # has no link (its only partner is below the threshold), nothing happens.
    post = SeqNMS(0.05, dict(type='nms', iou_threshold=0.9))
    found = post(
        [[HERE, CLOSE], [HERE, FAR]],
        [[[0.5, 0.05], [0.4, 0.0]], [[1.0, 0.25], [0.0, 0.125]]],
    )
    assert found[0]['labels'].tolist() == [0]
    assert found[0]['scores'].tolist() == [0.75]
    assert found[0]['bboxes'].tolist() == [HERE]
    assert found[1]['labels'].tolist() == [0, 1, 1]
    assert found[1]['scores'].tolist() == [0.75, 0.25, 0.125]
    assert found[1]['bboxes'].tolist() == [HERE, HERE, FAR]


def test_built_from_a_config():
    config = dict(type='SeqNMS', rescore='max')
    post = TASK_UTILS.build(config, default_args=dict(score_thr=0.2))
    assert (post.score_thr, post.options['rescore']) == (0.2, 'max')


def test_videos_and_frames_without_boxes():
    post = SeqNMS()
    assert post([], []) == []
    (found,) = post([np.zeros((0, 4))], [np.zeros((0, 7))])
    assert found['bboxes'].shape == (0, 4)
    assert len(found['scores']) == len(found['labels']) == 0


@pytest.mark.parametrize(
    'boxes, scores, message',
    [
        ([[HERE]], [], '1 frames but scores of 0'),
        ([[HERE]], [[0.5]], r'frame 0 .* \[1, 4\] and scores \[1\]'),
        ([[HERE]], [[[0.5]] * 2], r'\[1, 4\] and scores \[2, 1\]'),
        ([[HERE * 2]], [[[0.5] * 3]], r'\[1, 8\] .* without .* background'),
        ([[HERE]], [[[math.nan]]], 'scores of frame 0 are NaN'),
        ([[HERE[:3] + [math.inf]]], [[[0.5]]], 'boxes of frame 0 are NaN or'),
    ],
)
def test_wrong_input(boxes, scores, message):
    with pytest.raises(ValueError, match=message):
        SeqNMS()(boxes, scores)


def test_wrong_options():
    with pytest.raises(ValueError, match="rescore must be 'avg'"):
        SeqNMS(rescore='mean')


def predictions(tensors=True):
    """A video of three frames, after NMS."""
    make = torch.tensor if tensors else np.array
    frames = [
        ([HERE, FAR], [0.5, 0.875], [2, 0]),
        ([CLOSE, HERE], [0.75, 0.0625], [2, 1]),
        ([HERE], [0.25], [2]),
    ]
    return [
        dict(
            img_id=t,
            pred_det_instances=dict(
                bboxes=make(boxes), scores=make(scores), labels=make(labels)
            ),
        )
        for t, (boxes, scores, labels) in enumerate(frames)
    ]


@pytest.mark.parametrize('tensors', [True, False])
def test_dumped_predictions_by_hand(tensors):
    given = predictions(tensors)
    before = copy.deepcopy(given)
    found = apply_seq_nms(given)
    # Class 2: (0.5 + 0.75 + 0.25) / 3 = 0.5. The others have no link.
    assert [f['img_id'] for f in found] == [0, 1, 2]
    instances = [f['pred_det_instances'] for f in found]
    assert [i['scores'].tolist() for i in instances] == [
        [0.875, 0.5],
        [0.5, 0.0625],
        [0.5],
    ]
    assert [i['labels'].tolist() for i in instances] == [[0, 2], [2, 1], [2]]
    assert instances[0]['bboxes'].tolist() == [FAR, HERE]
    assert str(given) == str(before)


def test_dumped_predictions_of_single_frame_detectors():
    given = [
        dict(pred_instances=frame['pred_det_instances'])
        for frame in predictions()
    ]
    found = apply_seq_nms(given, rescore='max')
    assert found[2]['pred_instances']['scores'].tolist() == [0.75]
    with pytest.raises(ValueError, match="'frame 1 of the video'"):
        apply_seq_nms([given[0], dict(img_id=7)])


def test_bare_detections_are_the_same():
    given = predictions(tensors=False)
    found = apply_seq_nms([frame['pred_det_instances'] for frame in given])
    for one, two in zip(found, apply_seq_nms(given)):
        assert sorted(one) == ['bboxes', 'labels', 'scores']
        for key, values in two['pred_det_instances'].items():
            assert torch.equal(one[key], values)
