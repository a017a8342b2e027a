# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""From a model's data samples to the flat arrays of an evaluation.

Legend: n detections of a frame, D detections of the data set.
"""

from typing import Any, Dict, Optional, Sequence

import numpy as np
import torch

from .structures import Detections

#: MMTracking's name of a sample's detections, and MMDetection's.
PREDICTION_KEYS = ('pred_det_instances', 'pred_instances')


def prediction_key(sample: Any) -> Optional[str]:
    """Under which name a data sample, or its dict, has its detections."""
    keys = (key for key in PREDICTION_KEYS if sample.get(key) is not None)
    return next(keys, None)


def read_prediction(sample: dict, name: str) -> Dict[str, np.ndarray]:
    """Take one frame's detections from a data sample, and check them.

    Args:
        sample (dict): A data sample as a dict, with ``pred_det_instances``
            (MMTracking) or ``pred_instances`` (MMDetection): bboxes [n, 4]
            xyxy in pixels, scores [n], labels [n], as tensors or arrays.
        name (str): What to call the frame in an error.

    Returns:
        dict[str, np.ndarray]: bboxes float32 [n, 4], scores float32 [n],
        labels int32 [n].

    Raises:
        ValueError: If there are no predictions, their shapes differ from
            these, or a score or a coordinate is not finite.
    """
    key = prediction_key(sample)
    if key is None:
        raise ValueError(
            f'the sample of {name!r} has no predictions: neither '
            f'{" nor ".join(PREDICTION_KEYS)} is among {sorted(sample)}; let '
            'the model return its data samples from predict'
        )
    pred = sample[key]
    # MMDetection may wrap boxes in an object that holds the tensor.
    boxes = getattr(pred['bboxes'], 'tensor', pred['bboxes'])
    bboxes = to_host(boxes, torch.float32)
    scores = to_host(pred['scores'], torch.float32)
    labels = to_host(pred['labels'], torch.float64)
    if not bboxes.size:  # such as [0] or [0, 5]
        bboxes = bboxes.reshape(0, 4)
    if (
        bboxes.shape[1:] != (4,)
        or scores.ndim != 1
        or labels.ndim != 1
        or (labels % 1 != 0).any()
    ):
        raise ValueError(
            f'the predictions of {name!r} have bboxes {bboxes.shape}, scores '
            f'{scores.shape} and labels {labels.shape}; write bboxes [n, 4], '
            'scores [n] and labels [n], which are whole numbers'
        )
    if not len(bboxes) == len(scores) == len(labels):
        raise ValueError(
            f'the predictions of {name!r} do not fit together: {len(bboxes)} '
            f'bboxes, {len(scores)} scores, {len(labels)} labels; each '
            'detection needs one of each'
        )
    for what, values in (('scores', scores), ('bboxes', bboxes)):
        if not np.isfinite(values).all():
            raise ValueError(
                f'{what} of {name!r} are NaN or infinite; the model has '
                'diverged or its half precision overflowed: evaluate an '
                'earlier checkpoint, or test without --amp'
            )
    return dict(bboxes=bboxes, scores=scores, labels=labels.astype(np.int32))


def join_predictions(frames: Dict[int, Dict[str, np.ndarray]]) -> Detections:
    """Put the detections of all frames one after the other.

    Args:
        frames (dict[int, dict]): What :func:`read_prediction` returned, by
            the index of the image; at least one.

    Returns:
        Detections: In the order of the images' indices, whatever the order
        of the dict, so that equal scores always rank alike.
    """
    images = sorted(frames)
    kept = [frames[image] for image in images]
    return Detections(
        boxes=np.concatenate([frame['bboxes'] for frame in kept]),
        labels=np.concatenate([frame['labels'] for frame in kept]),
        images=np.repeat(
            np.array(images, dtype=np.int64),
            [len(frame['labels']) for frame in kept],
        ),
        scores=np.concatenate([frame['scores'] for frame in kept]),
    )


def check_labels(
    det: Detections, classes: Sequence[str], image_names: Sequence[str]
) -> None:
    """Make sure that each label names a class.

    Args:
        det (Detections): The detections.
        classes (Sequence[str]): Class names, [K].
        image_names (Sequence[str]): What to call each image in an error.

    Raises:
        ValueError: If a label is not one of 0 .. K-1.
    """
    bad = np.flatnonzero((det.labels < 0) | (det.labels >= len(classes)))
    if len(bad):
        raise ValueError(
            f'label {det.labels[bad[0]]} of '
            f'{image_names[det.images[bad[0]]]!r} is out of range for '
            f'{len(classes)} classes; num_classes of the model and the '
            'classes of the data set must agree'
        )


def to_host(values: Any, dtype: torch.dtype) -> np.ndarray:
    """Turn a tensor or an array into an array of a type, on the CPU."""
    return torch.as_tensor(values).detach().to('cpu', dtype).numpy()
