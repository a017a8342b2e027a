# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from mmhvr.evaluation.average_precision import average_precisions
from mmhvr.evaluation.coco_average_precision import coco_average_precisions
from mmhvr.evaluation.structures import Detections, GroundTruth


def random_data(rng, num_classes=4):
    """60 images; class 3 is not annotated, class 2 has no detection."""
    corner = rng.uniform(0, 60, (200, 2))
    gt = GroundTruth(
        boxes=np.hstack([corner, corner + rng.uniform(4, 40, (200, 2))]),
        labels=rng.integers(0, num_classes - 1, 200),
        images=rng.integers(0, 60, 200),
        crowd=rng.random(200) < 0.1,
    )
    near = rng.integers(0, 200, 900)
    labels = np.where(
        rng.random(900) < 0.9,
        gt.labels[near],
        rng.integers(0, num_classes, 900),
    )
    det = Detections(
        boxes=gt.boxes[near] + rng.normal(0, 2, (900, 4)),
        labels=labels,
        images=gt.images[near],
        scores=rng.integers(0, 40, 900) / 40,
    )
    return gt, det.select(labels != 2)


def run_pycocotools(gt, det, num_classes):
    """One ordinary run over all images and classes: its AP and AP50."""
    coco_gt = COCO()
    boxes = np.hstack([gt.boxes[:, :2], gt.boxes[:, 2:] - gt.boxes[:, :2]])
    coco_gt.dataset = dict(
        info={},
        images=[dict(id=i) for i in range(60)],
        categories=[dict(id=k, name=str(k)) for k in range(num_classes)],
        annotations=[
            dict(
                id=n + 1,
                image_id=int(gt.images[n]),
                category_id=int(gt.labels[n]),
                bbox=boxes[n].tolist(),
                area=float(boxes[n, 2] * boxes[n, 3]),
                iscrowd=int(gt.crowd[n]),
            )
            for n in range(len(boxes))
        ],
    )
    coco_gt.createIndex()
    boxes = np.hstack([det.boxes[:, :2], det.boxes[:, 2:] - det.boxes[:, :2]])
    coco_det = coco_gt.loadRes(
        [
            dict(
                image_id=int(det.images[n]),
                category_id=int(det.labels[n]),
                bbox=boxes[n].tolist(),
                score=float(det.scores[n]),
            )
            for n in range(len(boxes))
        ]
    )
    evaluator = COCOeval(coco_gt, coco_det, 'bbox')
    evaluator.evaluate()
    evaluator.accumulate()
    evaluator.summarize()
    return evaluator.stats[:2]


@pytest.mark.parametrize('seed', range(3))
def test_equals_one_run_of_pycocotools(seed):
    gt, det = random_data(np.random.default_rng(seed))
    ap, ap50 = coco_average_precisions(gt, det, 4)
    expected = run_pycocotools(gt, det, 4)
    assert np.nanmean(ap) == pytest.approx(expected[0], abs=1e-12)
    assert np.nanmean(ap50) == pytest.approx(expected[1], abs=1e-12)
    assert np.isnan(ap).tolist() == [False, False, False, True]
    assert ap50[2] == 0 < ap50[0] < 1


def test_the_hundred_best_of_an_image():
    # 100 better false detections in the image hide the true one from COCO.
    box = np.array([[0.0, 0.0, 10.0, 10.0]])
    gt = GroundTruth(
        box, np.zeros(1, int), np.zeros(1, int), np.zeros(1, bool)
    )
    far = np.repeat(box + 50, 100, axis=0)
    det = Detections(
        np.concatenate([far, box]),
        np.zeros(101, int),
        np.zeros(101, int),
        np.linspace(1, 0.1, 101),
    )
    assert coco_average_precisions(gt, det, 1)[1][0] == 0
    assert coco_average_precisions(gt, det.select(slice(1, None)), 1)[1][
        0
    ] == pytest.approx(1 / 100)
    assert average_precisions(gt, det, 1)[0] == pytest.approx(1 / 101)


def test_differs_from_the_area_as_documented():
    # True, false, true, of 2 boxes. Area: 1/2 * 1 + 1/2 * 2/3. COCO reads 1
    # at the 51 recalls 0 .. 0.50 and 2/3 at the 50 recalls 0.51 .. 1.
    boxes = np.array(
        [
            [0.0, 0.0, 10.0, 10.0],
            [50.0, 0.0, 60.0, 10.0],
            [100.0, 0.0, 110.0, 10.0],
        ]
    )
    zeros = np.zeros(3, int)
    gt = GroundTruth(boxes[::2], zeros[:2], zeros[:2], np.zeros(2, bool))
    det = Detections(boxes, zeros, zeros, np.array([0.9, 0.8, 0.7]))
    assert average_precisions(gt, det, 1)[0] == pytest.approx(5 / 6)
    assert coco_average_precisions(gt, det, 1)[1][0] == pytest.approx(
        (51 + 50 * 2 / 3) / 101
    )


def test_ground_truth_as_detections_is_perfect_and_silent(capsys):
    gt, _ = random_data(np.random.default_rng(5))
    gt = gt.select(~gt.crowd)
    det = Detections(gt.boxes, gt.labels, gt.images, np.ones(len(gt.boxes)))
    ap, ap50 = coco_average_precisions(gt, det, 4)
    assert ap[:3].tolist() == ap50[:3].tolist() == [1.0, 1.0, 1.0]
    assert capsys.readouterr().out == ''
