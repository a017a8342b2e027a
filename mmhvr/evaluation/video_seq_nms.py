# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Seq-NMS over all classes of a video, before NMS or on predictions.

Legend: T frames, M boxes of a frame before NMS, n detections of a frame, K
classes; boxes are xyxy in pixels.
"""

from typing import Any, Dict, List, Optional, Sequence

import numpy as np
import torch
from mmcv.ops import batched_nms
from mmengine.registry import TASK_UTILS

from .predictions import prediction_key, read_prediction, to_host
from .seq_nms import seq_nms

Detections = Dict[str, np.ndarray]


@TASK_UTILS.register_module()
class SeqNMS:
    """Turns the boxes of a whole video before NMS into its detections.

    Boxes above a score threshold, :func:`mmhvr.evaluation.seq_nms` for each
    class, then the detector's own NMS in each frame. Where no path changes
    anything this is what the detector does. Nothing is kept between two
    videos.

    Args:
        score_thr (float): Scores above it take part, as in a detector's
            ``test_cfg``.
        nms (dict): Config of the NMS of a frame, as there. Defaults to
            ``dict(type='nms', iou_threshold=0.5)``.
        max_per_img (int): The best detections of a frame that stay; -1 for
            all. Defaults to 100.
        link_iou (float): See :func:`mmhvr.evaluation.seq_nms`, as for all
            that follow. Defaults to 0.5.
        nms_iou (float): Defaults to 0.3.
        rescore (str): Defaults to 'avg'.
        min_sum (float): Defaults to 0.01.
        offset (float): Defaults to 1.

    Raises:
        ValueError: If an option is out of range.

    Example:
        >>> post = SeqNMS(score_thr=0.05)
        >>> boxes = np.array([[0., 0., 9., 9.]])
        >>> found = post([boxes, boxes], [np.array([[.5]]), np.array([[.9]])])
        >>> found[0]['scores'], found[0]['labels']
        (array([0.7], dtype=float32), array([0]))
    """

    # Stands in the names of the metrics.
    name = 'seq_nms'

    def __init__(
        self,
        score_thr: float = 0.001,
        nms: Optional[dict] = None,
        max_per_img: int = 100,
        link_iou: float = 0.5,
        nms_iou: float = 0.3,
        rescore: str = 'avg',
        min_sum: float = 0.01,
        offset: float = 1,
    ) -> None:
        self.score_thr = score_thr
        self.nms = dict(nms or dict(type='nms', iou_threshold=0.5))
        self.max_per_img = max_per_img
        self.options: Dict[str, Any] = dict(
            link_iou=link_iou,
            nms_iou=nms_iou,
            rescore=rescore,
            min_sum=min_sum,
            offset=offset,
        )
        seq_nms([], [], **self.options)  # to find wrong options now

    def __call__(
        self, boxes: Sequence[Any], scores: Sequence[Any]
    ) -> List[Detections]:
        """Detect in a video.

        Args:
            boxes (list): Boxes of each frame, arrays or tensors [M, 4], or
                [M, 4 K] where each class has its own.
            scores (list): Their scores for each class, without background,
                [M, K].

        Returns:
            list[dict[str, np.ndarray]]: For each frame bboxes float32
            [n, 4], scores float32 [n] and labels int64 [n], by falling
            score.

        Raises:
            ValueError: If shapes do not fit together, or what
                :func:`mmhvr.evaluation.seq_nms` raises.
        """
        if len(boxes) != len(scores):
            raise ValueError(
                f'there are boxes of {len(boxes)} frames but scores of '
                f'{len(scores)}; give one array a frame of each'
            )
        frames = [
            self._above_threshold(
                t, to_host(box, torch.float32), to_host(score, torch.float32)
            )
            for t, (box, score) in enumerate(zip(boxes, scores))
        ]
        return [
            self._nms(frame) for frame in rescore_frames(frames, self.options)
        ]

    def _above_threshold(
        self, t: int, boxes: np.ndarray, scores: np.ndarray
    ) -> Detections:
        """One detection a box and class, box by box."""
        fits = boxes.ndim == scores.ndim == 2 and len(boxes) == len(scores)
        if not fits or boxes.shape[1] not in (4, 4 * scores.shape[1]):
            raise ValueError(
                f'frame {t} has boxes {list(boxes.shape)} and scores '
                f'{list(scores.shape)}; they must be [M, 4] or [M, 4 K], and '
                '[M, K] without a column for background'
            )
        if np.isnan(scores).any():
            raise ValueError(
                f'scores of frame {t} are NaN; the model has diverged, or '
                'its half precision overflowed'
            )
        row, label = np.nonzero(scores > self.score_thr)
        of_classes = boxes.reshape(len(boxes), boxes.shape[1] // 4, 4)
        own = label if of_classes.shape[1] > 1 else np.zeros_like(label)
        return dict(
            bboxes=of_classes[row, own],
            scores=scores[row, label],
            labels=label,
        )

    def _nms(self, frame: Detections) -> Detections:
        """Return the detector's NMS."""
        if not len(frame['labels']):
            return frame
        dets, keep = batched_nms(
            torch.from_numpy(frame['bboxes']),
            torch.from_numpy(frame['scores']),
            torch.from_numpy(frame['labels']),
            self.nms,
        )
        if self.max_per_img > 0:
            dets, keep = dets[: self.max_per_img], keep[: self.max_per_img]
        return dict(
            bboxes=dets[:, :4].numpy(),
            scores=dets[:, 4].numpy(),
            labels=frame['labels'][keep.numpy()],
        )


def apply_seq_nms(
    frames: Sequence[dict],
    link_iou: float = 0.5,
    nms_iou: float = 0.3,
    rescore: str = 'avg',
    min_sum: float = 0.01,
    offset: float = 1,
) -> List[dict]:
    """Rescore the predictions of one video, as ``--out`` writes them.

    Such predictions are what the NMS of each frame has left, so that a path
    has fewer boxes to choose from than in the published algorithm, which is
    :class:`SeqNMS`. No second NMS follows,
    since boxes of a class that stay overlap as little as before.

    Args:
        frames (list[dict]): The video's frames in order, each with
            ``pred_det_instances`` or ``pred_instances`` (bboxes [n, 4],
            scores [n], labels [n], as tensors or arrays), or these three
            themselves, as :func:`load_predictions` returns them.
        link_iou (float): See :func:`mmhvr.evaluation.seq_nms`, as for all
            that follow. Defaults to 0.5.
        nms_iou (float): Defaults to 0.3.
        rescore (str): Defaults to 'avg'.
        min_sum (float): Defaults to 0.01.
        offset (float): Defaults to 1.

    Returns:
        list[dict]: The frames with other predictions in the same place, by
        falling score: tensors bboxes float32, scores float32 and labels
        int64. What was given is not changed.

    Raises:
        ValueError: If a frame has no predictions, or values that are not
            finite.

    Example:
        >>> pred = dict(bboxes=[[0., 0., 9., 9.]], scores=[.5], labels=[3])
        >>> best = dict(pred, scores=[.9])
        >>> frames = [dict(pred_instances=p) for p in (pred, best)]
        >>> apply_seq_nms(frames)[0]['pred_instances']['scores']
        tensor([0.7000])
    """
    found = [
        read_prediction(
            dict(pred_instances=frame) if _is_bare(frame) else frame,
            f'frame {t} of the video',
        )
        for t, frame in enumerate(frames)
    ]
    options = dict(
        link_iou=link_iou,
        nms_iou=nms_iou,
        rescore=rescore,
        min_sum=min_sum,
        offset=offset,
    )
    results: List[dict] = []
    for frame, new in zip(frames, rescore_frames(found, options)):
        order = np.argsort(-new['scores'], kind='stable')
        instances = {
            name: torch.from_numpy(values[order])
            for name, values in new.items()
        }
        instances['labels'] = instances['labels'].long()
        if _is_bare(frame):
            results.append(instances)
            continue
        key = prediction_key(frame)
        results.append({**frame, key: instances})
    return results


def _is_bare(frame: dict) -> bool:
    """Whether a frame is its detections, and not a sample with them."""
    return 'bboxes' in frame


def rescore_frames(
    frames: Sequence[Detections], options: Dict[str, Any]
) -> List[Detections]:
    """Seq-NMS for each class of a video.

    Args:
        frames (list[dict[str, np.ndarray]]): For each frame bboxes [n, 4],
            scores [n] and labels [n].
        options (dict): Of :func:`mmhvr.evaluation.seq_nms`.

    Returns:
        list[dict[str, np.ndarray]]: What stays, in the same order and with
        new scores.
    """
    if not frames:
        return []
    frame_of = np.repeat(
        np.arange(len(frames)), [len(frame['labels']) for frame in frames]
    )
    boxes, scores, labels = (
        np.concatenate([frame[name] for frame in frames])
        for name in ('bboxes', 'scores', 'labels')
    )
    keep = np.ones(len(labels), dtype=bool)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        cuts = np.searchsorted(frame_of[own], np.arange(1, len(frames)))
        new, stays = seq_nms(
            np.split(boxes[own], cuts), np.split(scores[own], cuts), **options
        )
        scores[own] = np.concatenate(new)
        keep[own] = np.concatenate(stays)
    kept = np.flatnonzero(keep)
    cuts = np.searchsorted(frame_of[kept], np.arange(1, len(frames)))
    return [
        dict(bboxes=boxes[own], scores=scores[own], labels=labels[own])
        for own in np.split(kept, cuts)
    ]
