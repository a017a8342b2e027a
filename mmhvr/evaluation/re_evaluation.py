# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Evaluating predictions without the model that made them."""

from typing import Any, Dict, Optional, Sequence

from .by_video import VideoFunction, apply_by_video
from .prediction_files import AnyPredictions, label_names
from .vid_metric import VIDMetric


def evaluate_predictions(
    predictions: AnyPredictions,
    ann_file: str,
    classes: Optional[Sequence[str]] = None,
    function: Optional[VideoFunction] = None,
    **options: Any,
) -> Dict[str, float]:
    """All metrics of predictions, without the model.

    Args:
        predictions (dict): Detections by image id.
        ann_file (str): The annotation file.
        classes (Sequence[str], optional): Class names by label, if the
            predictions do not have them.
        function (Callable, optional): What to do with each video before, see
            :func:`apply_by_video`.
        **options (Any): Of :class:`VIDMetric`.

    Returns:
        dict[str, float]: As :class:`VIDMetric` returns them; it also logs
        its tables.

    Raises:
        ValueError: If nobody names the classes, and as :class:`VIDMetric`.
    """
    names = label_names(predictions, classes)
    metric = VIDMetric(ann_file, **options)
    metric.dataset_meta = dict(classes=tuple(names))
    if function is not None:
        predictions = apply_by_video(predictions, metric.annotations, function)
    metric.process(
        None,
        [
            dict(img_id=image_id, pred_instances=frame)
            for image_id, frame in predictions.items()
        ],
    )
    return metric.evaluate(len(predictions))
