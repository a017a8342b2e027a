# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Evaluation with and without a post-processor of whole videos, in one run."""

import copy
from typing import Any, List, Optional, Sequence

import torch
from mmengine.evaluator import Evaluator
from mmengine.logging import print_log
from mmengine.structures import BaseDataElement, InstanceData
from mmtrack.registry import TASK_UTILS

# Where a frame's boxes before NMS are, from the feeder to the evaluator.
CANDIDATES = 'candidate_instances'


class PostProcessedEvaluator(Evaluator):
    """Evaluates what a detector finds, and what a post-processor makes of it.

    Of each metric that has a prefix there is a copy for the post-processed
    detections; its prefix ends in the post-processor's name, as in
    ``vid/seq_nms/mAP50``. Metrics without a prefix write files, and get the
    detector's own.

    The boxes of one video are kept until its last frame is there, on the
    CPU.

    Args:
        evaluator (Evaluator): The metrics.
        post_processor (Any): A function of the boxes ([M, 4]) and the scores
            ([M, K]) of a video's frames before NMS that returns a dict of
            bboxes, scores and labels for each frame, as
            :class:`mmhvr.evaluation.SeqNMS`; its ``name`` is used.

    Raises:
        ValueError: No metric has a prefix.
    """

    def __init__(self, evaluator: Evaluator, post_processor: Any) -> None:
        super().__init__(evaluator.metrics)
        self.post_processor = post_processor
        copies = copy.deepcopy([m for m in self.metrics if m.prefix])
        if not copies:
            raise ValueError(
                f'post_processor is {post_processor.name}, but no metric of '
                'the evaluator has a prefix to tell the results apart; use '
                "dict(type='VIDMetric', ...) or give one a prefix"
            )
        for metric in copies:
            metric.prefix = f'{metric.prefix}/{post_processor.name}'
        self.post_processed = Evaluator(copies)
        self.dataset_meta = evaluator.dataset_meta
        self.post_processed.dataset_meta = evaluator.dataset_meta
        self._samples: List[BaseDataElement] = []
        self._boxes: List[torch.Tensor] = []
        self._scores: List[torch.Tensor] = []

    def process(
        self,
        data_samples: Sequence[BaseDataElement],
        data_batch: Optional[Any] = None,
    ) -> None:
        """Take finished frames, in order; their boxes before NMS leave them.

        Args:
            data_samples (list[TrackDataSample]): With pred_det_instances and
                candidate_instances (bboxes [M, 4], scores [M, K + 1], the
                last column for background).
            data_batch (Any): What the data loader yielded.
        """
        candidates = [sample.pop(CANDIDATES) for sample in data_samples]
        super().process(data_samples, data_batch)
        for sample, found in zip(data_samples, candidates):
            self._samples.append(sample)
            self._boxes.append(found.bboxes.cpu())
            self._scores.append(found.scores[:, :-1].cpu())
            if len(self._samples) == sample.video_length:
                self._finish_video()

    def evaluate(self, size: int) -> dict:
        """Compute all metrics.

        Args:
            size (int): The number of frames in the data set.

        Returns:
            dict: The detector's own and the post-processed ones.
        """
        metrics = super().evaluate(size)
        print_log(f'after {self.post_processor.name}:', logger='current')
        metrics.update(self.post_processed.evaluate(size))
        return metrics

    def _finish_video(self) -> None:
        """Post-process a video and forget it."""
        results = []
        for sample, found in zip(
            self._samples, self.post_processor(self._boxes, self._scores)
        ):
            result = sample.new()
            result.pred_det_instances = InstanceData(
                **{key: torch.as_tensor(v) for key, v in found.items()}
            )
            results.append(result)
        self.post_processed.process(results)
        for kept in (self._samples, self._boxes, self._scores):
            kept.clear()


def build_post_processor(config: dict, test_cfg: dict) -> Any:
    """Build a post-processor that keeps to the detector's test settings.

    Args:
        config (dict): Such as ``dict(type='SeqNMS', rescore='max')``.
        test_cfg (dict): The RoI head's: its ``score_thr``, ``nms`` and
            ``max_per_img`` are used where ``config`` has none.

    Returns:
        Any: The post-processor.
    """
    defaults = {
        key: test_cfg[key]
        for key in ('score_thr', 'nms', 'max_per_img')
        if key in test_cfg
    }
    return TASK_UTILS.build(config, default_args=defaults)
