# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import json

import numpy as np
import pytest

from mmhvr.analysis.resampling import (
    draw_videos,
    number_videos,
    resampled_average_precisions,
)
from mmhvr.evaluation import VIDMetric
from mmhvr.evaluation.average_precision import average_precisions
from mmhvr.evaluation.columns import evaluate_columns
from mmhvr.evaluation.structures import Detections, GroundTruth

CLASSES = ('a', 'b', 'c')


def make_set(rng):
    """A small CocoVID data set and detections, with all kinds of ties.

    The frames of the videos are mixed, some have no boxes, some videos no
    class or one alone, so that classes vanish from a resample.
    """
    num_videos = int(rng.integers(2, 6))
    images, annotations = [], []
    for video in range(num_videos):
        length = int(rng.integers(1, 5))
        for frame in range(length):
            images.append(
                dict(
                    id=len(images) * 3 + 5,
                    file_name=f'{video}/{frame}',
                    video_id=video + 10,
                    frame_id=frame,
                )
            )
        for track in range(int(rng.integers(0, 4))):
            corner, size = rng.integers(0, 30, 2), rng.integers(8, 30, 2)
            step = rng.choice([0, 1, 2, 9])
            label = int(rng.integers(0, 3) if rng.random() < 0.7 else 0)
            crowd = int(rng.random() < 0.15)
            for image in images[-length:]:
                if rng.random() < 0.25:
                    continue
                x = corner + step * image['frame_id'] * np.array([1, 0])
                annotations.append(
                    dict(
                        id=len(annotations) + 1,
                        image_id=image['id'],
                        category_id=label + 1,
                        instance_id=track,
                        iscrowd=crowd,
                        bbox=[*x.tolist(), *size.tolist()],
                    )
                )
    order = rng.permutation(len(images)).tolist()
    data = dict(
        images=[images[i] for i in order],
        categories=[dict(id=k + 1, name=c) for k, c in enumerate(CLASSES)],
        annotations=annotations,
    )
    levels = int(rng.choice([1, 2, 4, 1000]))
    return data, {
        image['id']: make_frame(
            rng,
            [a for a in annotations if a['image_id'] == image['id']],
            levels,
        )
        for image in data['images']
    }


def make_frame(rng, own, levels):
    """Detections near the boxes of a frame, and anywhere."""
    boxes, labels = [], []
    for ann in own:
        x, y, w, h = ann['bbox']
        for _ in range(int(rng.integers(0, 4))):
            boxes.append([x, y, x + w, y + h] + rng.integers(-4, 5, 4))
            labels.append(ann['category_id'] - 1)
    for _ in range(int(rng.integers(0, 3))):
        # Some are inverted.
        x, y = rng.integers(0, 60, 2)
        boxes.append([x, y, x + rng.integers(-5, 30), y + 20])
        labels.append(int(rng.integers(0, 3)))
    number = len(boxes)
    return dict(
        bboxes=np.array(boxes, dtype=np.float32).reshape(-1, 4),
        scores=(rng.integers(0, levels, number) / levels).astype(np.float32),
        labels=np.array(labels, dtype=np.int32),
    )


def repeat(data, predictions, counts):
    """Copy the videos so many times, each copy under ids of its own.

    Copies of a frame stand beside it in the file.
    """
    images, annotations, copied = [], [], {}
    for image in data['images']:
        own = [a for a in data['annotations'] if a['image_id'] == image['id']]
        for copy in range(counts[image['video_id']]):
            new = len(images) + 1
            images.append(
                dict(
                    image,
                    id=new,
                    file_name=f'{image["file_name"]}-{copy}',
                    video_id=1000 * image['video_id'] + copy,
                )
            )
            copied[new] = predictions[image['id']]
            annotations += [dict(a, image_id=new) for a in own]
    for n, annotation in enumerate(annotations):
        annotations[n] = dict(annotation, id=n)
    return dict(data, images=images, annotations=annotations), copied


def read(path, data, predictions, protocol):
    path.write_text(json.dumps(data))
    metric = VIDMetric(str(path), protocols=(protocol,), coco=False)
    metric.dataset_meta = dict(classes=CLASSES)
    metric.process(
        None,
        [
            dict(img_id=i, pred_instances=frame)
            for i, frame in predictions.items()
        ],
    )
    return metric


def nothing_to_find(data):
    return all(ann['iscrowd'] for ann in data['annotations'])


def expected_values(path, data, predictions, protocol):
    """AP of all, slow, medium and fast objects by the metric, [4, K]."""
    if nothing_to_find(data):
        return np.full((4, len(CLASSES)), np.nan)
    metric = read(path, data, predictions, protocol)
    _, gt, det = metric.arrays(metric.results)
    columns, _ = evaluate_columns(
        gt, det, len(CLASSES), (protocol,), coco=False
    )
    return np.array([column.aps for column in columns])


@pytest.mark.parametrize('protocol', ['fgfa', 'mega'])
def test_equals_the_metric_on_repeated_videos(tmp_path, protocol):
    rng = np.random.default_rng(11)
    between = vanished = 0
    for _ in range(25):
        data, predictions = make_set(rng)
        if nothing_to_find(data):
            continue
        metric = read(tmp_path / 'a.json', data, predictions, protocol)
        _, gt, det = metric.arrays(metric.results)
        videos, names = number_videos(metric.annotations)
        counts = np.hstack(
            [
                np.ones((len(names), 1), dtype=int),
                draw_videos(len(names), 4, int(rng.integers(1000))),
                # Some videos several times, most of them not at all.
                rng.integers(-4, 5, (len(names), 3)).clip(0),
            ]
        )
        values = resampled_average_precisions(
            gt, det, len(CLASSES), videos, counts, protocol
        )
        assert values.shape == (8, 4, 3)
        for value, number in zip(values, counts.T.tolist()):
            expected = expected_values(
                tmp_path / 'b.json',
                *repeat(data, predictions, dict(zip(names, number))),
                protocol,
            )
            np.testing.assert_allclose(value, expected, rtol=0, atol=1e-12)
            between += ((expected > 0) & (expected < 1)).sum()
            vanished += (np.isnan(expected) & ~np.isnan(values[0])).sum()
    # The comparison is about something.
    assert between > 500 and vanished > 150


def row(*hits):
    """One box a True, in a frame each; a False is far from every box."""
    number = len(hits)
    return np.array(
        [[0, 0, 9, 9] if hit else [90, 90, 99, 99] for hit in hits],
        dtype=float,
    ).reshape(number, 4)


def test_copies_of_equal_scores_by_hand():
    # One frame, and in it a true detection before a false one of the same
    # score; two boxes. Twice: true, false, true, false of four boxes, so
    # precision 1 and 2/3 at recall 1/4 and 1/2: 1/4 + 1/4 * 2/3 = 5/12. A
    # detection of weight two would give 1/2.
    gt = GroundTruth(
        np.array([[0.0, 0, 9, 9], [50, 0, 59, 9]]),
        labels=np.zeros(2, dtype=int),
        images=np.zeros(2, dtype=int),
        crowd=np.zeros(2, dtype=bool),
    )
    det = Detections(
        row(True, False),
        labels=np.zeros(2, dtype=int),
        images=np.zeros(2, dtype=int),
        scores=np.array([0.5, 0.5]),
    )
    counts = np.array([[1, 2, 3], [1, 0, 0]])
    values = resampled_average_precisions(gt, det, 1, np.array([0, 1]), counts)
    # Three times: 1, 2/3, 3/5 at 1/6, 2/6, 3/6.
    np.testing.assert_allclose(
        values[:, 0, 0], [1 / 2, 5 / 12, (1 + 2 / 3 + 3 / 5) / 6]
    )


def test_counts_weigh_hits_misses_and_boxes_by_hand():
    # Video 0: one box, found at .9; video 1: one box, not found, a false
    # detection at .95; video 2 is empty. Once each: 1/2 * 1/2. Video 0 twice,
    # video 1 once: 2 boxes of 3 at precision 2/3: 4/9. Video 0 once and video
    # 1 twice: 1/3 of 1/3. Video 0 alone: 1. Video 2 alone: no boxes.
    gt = GroundTruth(
        row(True, True),
        labels=np.zeros(2, dtype=int),
        images=np.array([0, 1]),
        crowd=np.zeros(2, dtype=bool),
    )
    det = Detections(
        row(True, False),
        labels=np.zeros(2, dtype=int),
        images=np.array([0, 1]),
        scores=np.array([0.9, 0.95]),
    )
    counts = np.array(
        [[1, 1, 1], [2, 1, 0], [1, 2, 0], [3, 0, 0], [0, 0, 3]]
    ).T
    values = resampled_average_precisions(
        gt, det, 2, np.array([0, 1, 2]), counts
    )
    assert values.shape == (5, 1, 2)
    np.testing.assert_allclose(
        values[:, 0, 0], [1 / 4, 4 / 9, 1 / 9, 1, np.nan]
    )
    assert np.isnan(values[:, 0, 1]).all()


@pytest.mark.parametrize('cells', [1, 1000])
def test_many_resamples_in_parts(monkeypatch, cells):
    # The parts that are computed together change nothing.
    rng = np.random.default_rng(3)
    images = rng.integers(0, 40, 300)
    boxes = rng.integers(0, 3, (300, 1)) * 50 + np.array([0.0, 0, 9, 9])
    zeros = np.zeros(300, dtype=int)
    gt = GroundTruth(boxes, zeros, images, zeros.astype(bool))
    det = Detections(
        boxes[rng.permutation(300)],
        zeros,
        rng.permutation(images),
        rng.integers(0, 50, 300) / 50,
    )
    counts = draw_videos(10, 25, 0)
    args = (gt, det, 1, np.arange(40) // 4, counts)
    expected = resampled_average_precisions(*args)
    assert 0.1 < expected.min() < expected.max() < 0.9
    monkeypatch.setattr(
        'mmhvr.analysis.weighted_precision.CELLS_AT_ONCE', cells
    )
    np.testing.assert_array_equal(
        resampled_average_precisions(*args), expected
    )
    # A video that is not drawn is as if it were not there.
    without = counts.copy()
    without[0] = 0
    rest = images >= 4
    np.testing.assert_allclose(
        resampled_average_precisions(*args[:4], without)[:, 0, 0],
        resampled_average_precisions(
            gt.select(rest), det.select(det.images >= 4), *args[2:]
        )[:, 0, 0],
    )
    once = np.ones((10, 1), dtype=int)
    np.testing.assert_allclose(
        resampled_average_precisions(*args[:4], once)[0, 0],
        average_precisions(gt, det, 1),
    )


def test_draws_are_of_the_seed_and_as_many_as_videos():
    counts = draw_videos(7, 2000, seed=4)
    assert counts.shape == (7, 2000)
    assert (counts.sum(0) == 7).all() and counts.min() == 0
    np.testing.assert_array_equal(counts, draw_videos(7, 2000, seed=4))
    assert (counts != draw_videos(7, 2000, seed=5)).any()
    # The first draws do not depend on how many follow.
    np.testing.assert_array_equal(counts[:, :10], draw_videos(7, 10, seed=4))
    # A count is binomial (7, 1/7): mean 1, variance 6/7; the standard error
    # of a video's mean is sqrt(6/7 / 2000) = 0.021.
    np.testing.assert_allclose(counts.mean(1), 1, atol=0.12)
    np.testing.assert_allclose(counts.var(1), 6 / 7, atol=0.12)
