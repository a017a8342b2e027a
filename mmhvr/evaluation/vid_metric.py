# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""VID mAP as a metric of MMEngine's evaluation loop.

Legend: n detections of a frame, K classes.
"""

import logging
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
from mmengine.dist import all_gather_object
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmtrack.registry import METRICS

from ..annotations.class_names import names_in
from .annotations import load_annotations
from .average_precision import mean_average_precision
from .columns import evaluate_columns
from .errors import count_errors
from .motion_files import load_motion_iou
from .prediction_form import warn_of_form
from .predictions import check_labels, join_predictions, read_prediction
from .range_average_precision import PROTOCOLS
from .report import format_errors, format_table
from .structures import Detections, GroundTruth


@METRICS.register_module()
class VIDMetric(BaseMetric):
    """Mean average precision over the frames of a video data set.

    ``vid/mAP50`` is the number that papers print for ImageNet VID: the area
    under the precision envelope at IoU 0.5, mean over the classes that have
    annotated boxes; ``vid/AP50_<class>`` is one class's. ``vid/coco/AP`` and
    ``vid/coco/AP50`` are COCO's values, from pycocotools, which read the
    envelope at 101 recalls: AP50 and mAP50 differ by about half a point.
    ``vid/<protocol>/mAP50_slow``, ``_medium`` and ``_fast`` are the means
    over objects of such motion, by the rules of
    :class:`~mmhvr.evaluation.range_average_precision.RangeProtocol`; a range
    without boxes has no key.

    Predictions are gathered by image id, so that neither the number of
    processes nor the frames that a sampler hands out twice change a value.
    Frames without a prediction count as frames without detections, and
    their number is logged. Labels and categories are matched by name: a
    category that the model does not know is not evaluated.

    It evaluates the ``pred_det_instances`` of MMTracking's samples and the
    ``pred_instances`` of MMDetection's.

    Args:
        ann_file (str): COCO or CocoVID annotation file of the evaluated data.
        protocols (Sequence[str]): By whose rules to compute slow, medium and
            fast: ``'fgfa'``, ``'mega'``, both or none. Their values are not
            comparable. Annotations without tracks have no motion, which is
            logged. Defaults to ('fgfa',).
        motion_iou_file (str, optional): Motion IoU of each annotated box, in
            FGFA's .mat file or a .json file of the tool motion_iou. By
            default it is computed from the tracks of the annotations.
        coco (bool): Whether to compute COCO's values too; on 100,000 frames
            this takes many minutes. Defaults to True.
        classwise (bool): Whether to return the AP of each class. Defaults to
            True.
        errors (bool): Whether to print, for each class, how many boxes are
            found and missed and why detections are false, and to return
            ``vid/errors/<kind>`` (numbers of detections) and
            ``vid/errors/recall``, see :mod:`mmhvr.evaluation.errors`.
            Defaults to False.
        error_score_thr (float): Detections of at least this score count as
            errors. Defaults to 0.3.
        iou_thr (float): The least IoU of a match, in (0, 1]; the keys name
            it in percent. COCO's values keep their own. Defaults to 0.5.
        offset (float): Added to widths and heights of boxes: 1 as in the
            published VID evaluators, or 0. Defaults to 1.
        **kwargs: ``collect_device``, ``collect_dir`` and ``prefix`` of
            :class:`mmengine.evaluator.BaseMetric`.

    Raises:
        FileNotFoundError: If there is no annotation file or no motion IoU
            file.
        ValueError: If an argument is out of range, the annotation file is
            without images or boxes, its tracks are broken, or the motion IoU
            file does not fit it.
    """

    default_prefix: Optional[str] = 'vid'

    def __init__(
        self,
        ann_file: str,
        protocols: Sequence[str] = ('fgfa',),
        motion_iou_file: Optional[str] = None,
        coco: bool = True,
        classwise: bool = True,
        errors: bool = False,
        error_score_thr: float = 0.3,
        iou_thr: float = 0.5,
        offset: float = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not 0 < iou_thr <= 1:
            raise ValueError(f'iou_thr must be in (0, 1], but got {iou_thr}')
        if offset not in (0, 1):
            raise ValueError(
                f'offset must be 0 (edges) or 1 (pixels), but got {offset}'
            )
        if isinstance(protocols, str):
            protocols = (protocols,)
        unknown = sorted(set(protocols) - set(PROTOCOLS))
        if unknown:
            raise ValueError(
                f'protocols {unknown} are unknown; choose from '
                f'{sorted(PROTOCOLS)}, or () for none'
            )
        self.ann_file = ann_file
        self.protocols = tuple(protocols)
        self.coco = coco
        self.classwise = classwise
        self.errors = errors
        self.error_score_thr = error_score_thr
        self.iou_thr = iou_thr
        self.offset = offset
        self.annotations = load_annotations(ann_file)
        self.motion = self._motion_iou(motion_iou_file)
        self._index = {
            img_id: i for i, img_id in enumerate(self.annotations.image_ids)
        }

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep the detections of a batch.

        Args:
            data_batch (Any): Not used.
            data_samples (Sequence[dict]): Data samples as dicts with
                ``img_id`` and ``pred_det_instances`` or ``pred_instances``
                (bboxes [n, 4] xyxy in pixels of the original frame, scores
                [n], labels [n]).

        Raises:
            ValueError: If a sample has no id or no predictions, an id that
                is not in the annotation file or is another image there, or
                values that are not finite.
        """
        for sample in data_samples:
            img_id = sample.get('img_id')
            if img_id not in self._index:
                raise ValueError(
                    f'image id {img_id!r} is not in {self.ann_file!r}; the '
                    'evaluator and the data loader must name the same '
                    'annotation file, and the pipeline must pack img_id'
                )
            index = self._index[img_id]
            self.annotations.check_sample(index, sample)
            name = self.annotations.image_names[index]
            self.results.append(
                dict(img_id=img_id, **read_prediction(sample, name))
            )

    def evaluate(self, size: int) -> dict:
        """Gather the predictions of all processes and evaluate them.

        MMEngine interleaves the processes' lists and cuts the result at
        ``size``, which drops the right samples only if each process got
        every n-th one. Here nothing is cut, and copies are told by image id.

        Args:
            size (int): Length of the data set.

        Returns:
            dict: The metrics, the same in each process.
        """
        total = sum(all_gather_object(len(self.results)))
        try:
            return super().evaluate(max(size, total))
        finally:
            self.results.clear()

    def compute_metrics(self, results: List[dict]) -> Dict[str, float]:
        """Evaluate the detections of all frames.

        Args:
            results (list[dict]): What :meth:`process` kept, in any order; of
                several results of a frame the first counts.

        Returns:
            dict[str, float]: The metrics without prefix; a class without
            annotated boxes has none.

        Raises:
            ValueError: As of :meth:`arrays`.
        """
        classes, gt, det = self.arrays(results)
        columns, notes = evaluate_columns(
            gt,
            det,
            len(classes),
            self.protocols,
            self.coco,
            self.iou_thr,
            self.offset,
        )
        metrics = {
            column.key: mean_average_precision(column.aps)
            for column in columns
            if not np.isnan(column.aps).all()
        }
        if self.classwise:
            name = f'AP{100 * self.iou_thr:g}'
            metrics.update(
                {
                    f'{name}_{cls}': float(ap)
                    for cls, ap in zip(classes, columns[0].aps)
                    if not np.isnan(ap)
                }
            )
        table = format_table(
            classes,
            np.bincount(gt.labels[~gt.crowd], minlength=len(classes)),
            np.bincount(det.labels, minlength=len(classes)),
            {column.heading: column.aps for column in columns},
        )
        print_log(
            '\n'.join(['AP in percent', *notes, table]), logger='current'
        )
        if self.errors:
            metrics.update(self._count_errors(gt, det, classes))
        return metrics

    def arrays(
        self, results: List[dict]
    ) -> Tuple[List[str], GroundTruth, Detections]:
        """Check the detections of all frames, and the boxes to find.

        Args:
            results (list[dict]): As of :meth:`compute_metrics`.

        Returns:
            tuple[list[str], GroundTruth, Detections]: The class names, the
            boxes of these classes and the detections.

        Raises:
            ValueError: If there are no predictions, a label is out of range,
                or no class of the model has annotated boxes.
        """
        classes = self._classes()
        gt = self.annotations.ground_truth(classes, self.motion)
        det = self._detections(results)
        check_labels(det, classes, self.annotations.image_names)
        return classes, gt, det

    def _count_errors(
        self, gt: GroundTruth, det: Detections, classes: List[str]
    ) -> Dict[str, float]:
        """Log the table of errors; returns their sums and the mean recall."""
        errors = count_errors(
            gt,
            det,
            len(classes),
            self.error_score_thr,
            self.iou_thr,
            min(0.1, self.iou_thr / 2),
            self.offset,
        )
        print_log(
            f'Detections with a score of at least {self.error_score_thr:g}, '
            f'at IoU {self.iou_thr:g}; recall in percent, its mean last\n'
            + format_errors(classes, errors),
            logger='current',
        )
        metrics = {
            f'errors/{kind}': float(number.sum())
            for kind, number in errors.false.items()
        }
        metrics['errors/missed'] = float(errors.missed.sum())
        metrics['errors/recall'] = mean_average_precision(errors.recall)
        return metrics

    def _motion_iou(
        self, motion_iou_file: Optional[str]
    ) -> Optional[np.ndarray]:
        """Motion IoU of each annotated box, [G]; None if it is not needed."""
        if not self.protocols:
            return None
        if motion_iou_file is not None:
            return load_motion_iou(motion_iou_file, self.annotations)
        if not self.annotations.has_tracks:
            print_log(
                f'{self.ann_file} has no tracks (video_id and frame_id of '
                'images, instance_id of annotations), so there is no mAP of '
                'slow, medium and fast objects; convert the data set to '
                'CocoVID, name a motion_iou_file, or set protocols=()',
                logger='current',
                level=logging.WARNING,
            )
            return None
        return self.annotations.motion_iou(offset=self.offset)

    def _classes(self) -> List[str]:
        """Class names of the data set, under MMDetection's old or new key."""
        names = names_in(self.dataset_meta, 'dataset_meta')
        if names is None:
            raise ValueError(
                'VIDMetric needs the class names of the data set, but its '
                f'dataset_meta is {self.dataset_meta}; set '
                "metric.dataset_meta = dict(classes=('cat', ...))"
            )
        return names

    def _detections(self, results: List[dict]) -> Detections:
        """Return detections of all frames; a frame counts once."""
        frames: Dict[int, dict] = {}
        for result in results:
            frames.setdefault(self._index[result['img_id']], result)
        if not frames:
            raise ValueError(
                'there are no predictions to evaluate; is the data set of '
                'the evaluation loop empty?'
            )
        missing = len(self._index) - len(frames)
        if missing:
            print_log(
                f'{missing} of {len(self._index)} frames of {self.ann_file} '
                'have no prediction; they count as frames without detections',
                logger='current',
                level=logging.WARNING,
            )
        det = join_predictions(frames)
        warn_of_form(det, self.annotations, self.offset)
        return det
