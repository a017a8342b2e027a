# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Files of predictions: a pickle, or ImageNet VID's text format.

* ``.pkl``: what ``tools/test.py --out`` writes: a list with a dict for each
  frame, of which ``img_id`` and ``pred_det_instances`` (or
  ``pred_instances``: bboxes [n, 4], scores [n], labels [n]) are read.
* ``.txt``: ImageNet VID's submission format, a line
  ``frame_index class_index score x1 y1 x2 y2`` for each detection. The frame
  index counts the images of the annotation file from 1, as the list
  ``ImageSets/VID/val.txt`` does; the class index is the label plus 1. A frame
  without a line has no detections.

In memory, predictions are a dict from image id to bboxes float32 [n, 4] xyxy
in pixels, scores float32 [n] and labels int32 [n].

Legend: n detections of a frame, I images.
"""

import os
import os.path as osp
import pickle
from typing import Any, Dict, List, Sequence

import numpy as np

from .predictions import read_prediction
from .vid_text import read_vid_text, write_vid_text

Frame = Dict[str, np.ndarray]
Predictions = Dict[Any, Frame]


def load_predictions(path: str, image_ids: Sequence[Any]) -> Predictions:
    """Read a file of predictions.

    A pickle can run any program when it is opened: open only files that you
    trust.

    Args:
        path (str): A .pkl, .pickle or .txt file.
        image_ids (Sequence): Id of each image of the annotation file, in its
            order, [I].

    Returns:
        dict: The predictions.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is none of these, names an image that is not among
            ``image_ids``, or one twice, or holds values that are not finite.
    """
    if not osp.isfile(path):
        raise FileNotFoundError(
            f'the predictions {path!r} do not exist; write them with '
            'tools/test.py CONFIG CHECKPOINT --out FILE.pkl'
        )
    if path.endswith('.txt'):
        return read_vid_text(path, image_ids)
    if not path.endswith(('.pkl', '.pickle')):
        raise ValueError(
            f'the predictions {path!r} must be a .pkl file of tools/test.py '
            "--out, or a .txt file in ImageNet VID's format"
        )
    return _load_pickle(path, set(image_ids))


def save_predictions(
    path: str, predictions: Predictions, image_ids: Sequence[Any]
) -> None:
    """Write a file of predictions.

    Args:
        path (str): A .pkl, .pickle or .txt file.
        predictions (dict): The predictions.
        image_ids (Sequence): As in :func:`load_predictions`.

    Raises:
        ValueError: If the name ends otherwise, or an image is not among
            ``image_ids``.
    """
    unknown = set(predictions) - set(image_ids)
    if unknown:
        raise ValueError(
            f'{len(unknown)} predicted images are not in the annotation file, '
            f'such as {min(unknown, key=str)!r}; name the annotation file '
            'that the model was tested on'
        )
    if not path.endswith(('.pkl', '.pickle', '.txt')):
        raise ValueError(
            f'the predictions {path!r} must go to a .pkl or a .txt file'
        )
    os.makedirs(osp.dirname(path) or '.', exist_ok=True)
    temporary = f'{path}.part'
    if path.endswith('.txt'):
        write_vid_text(temporary, predictions, image_ids)
    else:
        frames = [
            dict(img_id=i, pred_det_instances=predictions[i])
            for i in image_ids
            if i in predictions
        ]
        with open(temporary, 'wb') as file:
            pickle.dump(frames, file, protocol=4)
    os.replace(temporary, path)


def _load_pickle(path: str, known: set) -> Predictions:
    """Read and check the frames of a pickle."""
    try:
        with open(path, 'rb') as file:
            frames: List[Any] = pickle.load(file)
    except (pickle.UnpicklingError, EOFError, AttributeError) as error:
        raise ValueError(
            f'{path!r} cannot be read ({error}); it is cut off or no file of '
            'predictions: write it anew with tools/test.py --out'
        ) from error
    if not isinstance(frames, list) or not all(
        isinstance(frame, dict) and 'img_id' in frame for frame in frames
    ):
        raise ValueError(
            f'{path!r} holds no list of frames with an img_id; write it with '
            'tools/test.py CONFIG CHECKPOINT --out FILE.pkl'
        )
    predictions: Predictions = {}
    for frame in frames:
        img_id = frame['img_id']
        if img_id not in known:
            raise ValueError(
                f'{path!r} predicts image id {img_id!r}, which is not in the '
                'annotation file; name the annotation file that the model '
                'was tested on'
            )
        if img_id in predictions:
            raise ValueError(
                f'{path!r} predicts image id {img_id!r} twice; join files of '
                'predictions by image id'
            )
        predictions[img_id] = read_prediction(frame, f'image id {img_id}')
    return predictions
