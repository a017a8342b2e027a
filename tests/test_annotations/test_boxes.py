# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import numpy as np
import pytest

import mmhvr  # noqa: F401  # isort: skip
from mmtrack.datasets import BaseVideoDataset

from mmhvr.annotations import LEFT_OUT, leave_out

SIZE = (64, 48)
NAN, INF = float('nan'), float('inf')


@pytest.mark.parametrize(
    'box, reason',
    [
        ([0, 0, 64, 48], 0),
        ([63, 47, 1, 1], 0),
        ([-5, -5, 6, 6], 0),  # a pixel of it is inside
        ([63.5, 3, 9, 9], 0),
        ([NAN, 3, 9, 9], 1),
        ([3, 3, INF, 9], 1),
        ([9, 9, -4, 5], 2),
        ([9, 9, 5, -0.1], 2),
        ([9, 9, -4, NAN], 1),  # the first reason counts
        ([9, 9, 0, 5], 3),
        ([9, 9, 5, 0.99], 3),
        ([-9, 3, 9, 9], 4),  # ends where the image begins
        ([64, 3, 9, 9], 4),
        ([3, -9, 9, 4], 4),
        ([3, 48, 9, 9], 4),
    ],
)
def test_reasons(box, reason):
    (found,) = leave_out(np.array([box], float), np.array([SIZE], float))
    assert LEFT_OUT[found] == LEFT_OUT[reason]


def test_without_sizes_only_the_borders_at_zero_count():
    boxes = np.array([[900, 900, 5, 5], [-5, 3, 5, 9], [-5, 3, 6, 9]], float)
    assert leave_out(boxes).tolist() == [0, 4, 0]
    assert leave_out(boxes[:0]).tolist() == []


def test_sizes_are_of_each_box():
    boxes = np.array([[70, 5, 9, 9]] * 2, float)
    sizes = np.array([[64, 48], [80, 48]], float)
    assert leave_out(boxes, sizes).tolist() == [4, 0]


def test_as_mmtracking_filters_in_training():
    # Coarse steps, so that boxes meet borders and a pixel exactly.
    rng = np.random.default_rng(0)
    boxes = np.concatenate(
        [
            rng.integers(-12, 80, (4000, 2)) / 1.0,
            rng.integers(-8, 60, (4000, 2)) / 4,
        ],
        axis=1,
    )
    host = BaseVideoDataset.__new__(BaseVideoDataset)
    host.data_prefix, host.cat_ids, host.cat2label = {}, [1], {1: 0}
    image = dict(file_name='a', width=SIZE[0], height=SIZE[1])
    kept = [
        bool(
            host.parse_data_info(
                dict(
                    raw_img_info=image,
                    raw_ann_info=[dict(bbox=box, area=1, category_id=1)],
                )
            )['instances']
        )
        for box in boxes.tolist()
    ]
    reasons = leave_out(boxes, np.tile(np.array(SIZE, float), (4000, 1)))
    assert (reasons == 0).tolist() == kept
    assert set(reasons.tolist()) == {0, 2, 3, 4}
