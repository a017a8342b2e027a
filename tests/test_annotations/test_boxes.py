# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import numpy as np
import pytest

import mmhvr  # noqa: F401  # isort: skip
from mmtrack.datasets import BaseVideoDataset

from mmhvr.annotations.boxes import LEFT_OUT, leave_out
from mmhvr.annotations.reader import AnnotationError, read_annotations

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


# --- of a file -------------------------------------------------------------


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
    first, *lines = line.split('\n')
    assert first.endswith('3 things, the costliest first')
    assert lines[0].startswith(
        '  2 of 8 boxes are inverted (width or height below 0), such as '
        '[9, 9, -4, 5] of annotation 10 of image 30: they are left out, in '
        'training and in evaluation; '
    )
    assert '1 of 8 boxes are NaN or infinite, such as [nan, 1, 2' in lines[1]
    assert '1 of 8 boxes are wholly outside of their image, such' in lines[2]


@pytest.mark.parametrize(
    'boxes, message',
    [
        ([[9, 9, -4, 5]] * 4, 'none of 4 boxes can be used'),
        ([[NAN] * 4] * 4, 'none of 4 boxes can be used'),
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
