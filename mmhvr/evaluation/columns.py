# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The columns of the table that an evaluation prints.

Legend: K classes.
"""

from dataclasses import dataclass
from typing import List, Sequence, Tuple

import numpy as np

from .average_precision import average_precisions
from .coco_average_precision import coco_average_precisions
from .motion import MOTION_RANGES
from .range_average_precision import range_average_precisions
from .report import describe_ranges
from .structures import Detections, GroundTruth


@dataclass(frozen=True)
class Column:
    """The AP of each class, and what it is called.

    Attributes:
        heading (str): In the table.
        key (str): Of the mean over the classes, such as ``mAP50``.
        aps (np.ndarray): NaN for a class without boxes, [K].
    """

    heading: str
    key: str
    aps: np.ndarray


def evaluate_columns(
    gt: GroundTruth,
    det: Detections,
    num_classes: int,
    protocols: Sequence[str] = ('fgfa',),
    coco: bool = True,
    iou_thr: float = 0.5,
    offset: float = 1,
) -> Tuple[List[Column], List[str]]:
    """AP of all boxes, by motion, and by COCO's rules.

    Args:
        gt (GroundTruth): All annotated boxes; without their motion IoU there
            are no columns by motion.
        det (Detections): All detections.
        num_classes (int): K; labels are 0 .. K-1.
        protocols (Sequence[str]): The rules of AP by motion. Defaults to
            ('fgfa',).
        coco (bool): Whether to compute COCO's values. Defaults to True.
        iou_thr (float): The least IoU of a match. Defaults to 0.5.
        offset (float): Added to widths and heights. Defaults to 1.

    Returns:
        tuple[list[Column], list[str]]: The columns, that of all boxes first,
        and a line on each kind of them.
    """
    name = f'AP{100 * iou_thr:g}'
    columns = [
        Column(
            f'VID {name} (area)',
            f'm{name}',
            average_precisions(gt, det, num_classes, iou_thr, offset),
        )
    ]
    notes = [
        f'VID {name}: area under the precision envelope (VOC area AP) at IoU '
        f'{iou_thr:g}, +{offset:g} on box widths and heights'
    ]
    if gt.motion is not None and protocols:
        for protocol in protocols:
            rows = range_average_precisions(
                gt,
                gt.motion,
                det,
                num_classes,
                list(MOTION_RANGES.values()),
                protocol,
                iou_thr,
                offset,
            )
            columns += [
                Column(
                    f'{protocol} {speed}', f'{protocol}/m{name}_{speed}', row
                )
                for speed, row in zip(MOTION_RANGES, rows)
            ]
        notes.append(
            f'{", ".join(protocols)}: by motion IoU: '
            + describe_ranges(gt.motion[~gt.crowd], MOTION_RANGES)
        )
    if coco:
        ap, ap50 = coco_average_precisions(gt, det, num_classes)
        columns.append(Column('COCO AP', 'coco/AP', ap))
        columns.append(Column('COCO AP50', 'coco/AP50', ap50))
        notes.append('COCO: mean precision at 101 recalls, by pycocotools')
    return columns, notes
