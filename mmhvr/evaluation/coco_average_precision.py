# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""COCO's average precision, computed by pycocotools.

COCO reads the precision envelope at the 101 recalls 0, 0.01 .. 1, takes box
coordinates as edges (no offset), keeps the 100 best detections of a class in
an image, and averages over ten IoU thresholds 0.50, 0.55 .. 0.95 ("AP") or
takes the first of them alone ("AP50").

Legend: G annotated boxes, D detections, K classes.
"""

import contextlib
import io
from typing import Any, Dict, List, Tuple

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from .structures import Detections, GroundTruth

# COCO's own limit of detections of a class in one image.
MAX_DETECTIONS = 100


def coco_average_precisions(
    gt: GroundTruth, det: Detections, num_classes: int
) -> Tuple[np.ndarray, np.ndarray]:
    """COCO AP and AP50 of each class, over boxes of all sizes.

    One class after the other and only the images that hold something of it:
    the values are those of one run over all, and the memory is a class's.

    Args:
        gt (GroundTruth): All annotated boxes.
        det (Detections): All detections.
        num_classes (int): K; labels are 0 .. K-1.

    Returns:
        tuple[np.ndarray, np.ndarray]: AP and AP50, float64 [K] each; NaN for
        a class without annotated boxes.
    """
    ap = np.full(num_classes, np.nan)
    ap50 = np.full(num_classes, np.nan)
    for label in range(num_classes):
        boxes = gt.select(gt.labels == label)
        if boxes.crowd.all():
            continue
        precision = _precision(boxes, det.select(det.labels == label))
        ap[label] = precision.mean()
        ap50[label] = precision[0].mean()
    return ap, ap50


def _precision(gt: GroundTruth, det: Detections) -> np.ndarray:
    """Precision envelope of one class, [10 IoU thresholds, 101 recalls]."""
    images = np.unique(np.concatenate([gt.images, det.images])).tolist()
    # pycocotools prints its progress for each class.
    with contextlib.redirect_stdout(io.StringIO()):
        evaluator = COCOeval(
            _as_coco(images, _records(gt, iscrowd=gt.crowd.astype(int))),
            _as_coco(images, _records(det, score=det.scores)),
            iouType='bbox',
        )
        evaluator.params.areaRng = evaluator.params.areaRng[:1]
        evaluator.params.areaRngLbl = evaluator.params.areaRngLbl[:1]
        evaluator.params.maxDets = [MAX_DETECTIONS]
        evaluator.evaluate()
        evaluator.accumulate()
    return evaluator.eval['precision'][:, :, 0, 0, 0]


def _records(table: Any, **column: np.ndarray) -> List[Dict[str, Any]]:
    """Turn boxes into COCO's records, with one more column."""
    ((name, values),) = column.items()
    xywh = table.boxes.astype(np.float64)
    xywh[:, 2:] -= xywh[:, :2]
    area = xywh[:, 2] * xywh[:, 3]
    # Ids count from 1, since pycocotools takes id 0 for "not matched".
    return [
        {
            'id': number,
            'image_id': image,
            'category_id': 1,
            'bbox': box,
            'area': size,
            name: value,
        }
        for number, (image, box, size, value) in enumerate(
            zip(
                table.images.tolist(),
                xywh.tolist(),
                area.tolist(),
                values.tolist(),
            ),
            1,
        )
    ]


def _as_coco(images: List[int], annotations: List[Dict[str, Any]]) -> COCO:
    """Make pycocotools' data set of one category from records."""
    coco = COCO()
    coco.dataset = dict(
        images=[dict(id=image) for image in images],
        categories=[dict(id=1)],
        annotations=annotations,
    )
    coco.createIndex()
    return coco
