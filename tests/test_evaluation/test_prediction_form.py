# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Detections of another form are evaluated as they are, and warned of."""

import json
import logging
import re

import numpy as np
import pytest

from mmhvr.evaluation import VIDMetric


def evaluate(tmp_path, change, scores=0.9, sizes=True):
    """mAP50 of 20 frames, whose detections are the boxes, but changed."""
    size = dict(width=100, height=80) if sizes else {}
    boxes = np.array([(10 + i, 8, 40 + i, 30) for i in range(20)], float)
    path = tmp_path / 'ann.json'
    path.write_text(
        json.dumps(
            dict(
                images=[
                    dict(id=i, file_name=f'{i}.png', **size) for i in range(20)
                ],
                categories=[dict(id=1, name='cat')],
                annotations=[
                    dict(image_id=i, category_id=1, bbox=[x, y, a - x, b - y])
                    for i, (x, y, a, b) in enumerate(boxes.tolist())
                ],
            )
        )
    )
    metric = VIDMetric(str(path), protocols=(), coco=False)
    metric.dataset_meta = dict(classes=('cat',))
    found = change(boxes.copy())
    samples = [
        dict(
            img_id=i,
            pred_instances=dict(
                bboxes=found[i : i + 1],
                scores=np.full(len(found[i : i + 1]), scores),
                labels=np.zeros(len(found[i : i + 1]), int),
            ),
        )
        for i in range(20)
    ]
    metric.process(None, samples)
    return metric.evaluate(20)['vid/mAP50']


def few(boxes):
    """Two of 20 end beyond their image."""
    boxes[:2, 2] = 120
    return boxes


@pytest.mark.parametrize(
    'change, scores, expected, message',
    [
        (lambda b: b, 0.9, 1, None),
        (lambda b: b, 1.0, 1, None),
        (few, 0.9, 0.9**2, None),
        (lambda b: b, 90, 1, 'scores lie between 90 and 90'),
        (lambda b: b, -2.5, 1, 'scores lie between -2.5 and -2.5'),
        (lambda b: b / 100, 0.9, 0, 'none of 20 detections has a coordinate'),
        # From 3 x 38 on they end beyond 100 pixels: 20 of 20.
        (lambda b: b * 3, 0.9, 0, r'20 of 20 .* beyond .*\[30, 24, 120, 90\]'),
        (lambda b: b[:0], 0.9, 0, 'there is no detection in any frame'),
        (lambda b: b[:, [2, 3, 0, 1]], 0.9, 0, '20 of 20 .* have no area'),
    ],
)
def test_what_is_warned_of(tmp_path, log, change, scores, expected, message):
    assert evaluate(tmp_path, change, scores) == pytest.approx(expected)
    warned = [text for level, text in log if level == logging.WARNING]
    if message is None:
        assert not warned
    else:
        assert re.search(message, '\n'.join(warned))


def test_images_without_sizes(tmp_path, log):
    assert evaluate(tmp_path, lambda b: b * 3, sizes=False) == 0
    assert not [text for level, text in log if level == logging.WARNING]
