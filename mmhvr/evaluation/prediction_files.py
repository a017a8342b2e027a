# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Files of predictions: a pickle, or ImageNet VID's text format.

* ``.pkl``: what ``tools/test.py --out`` writes: a list with a dict for each
  frame, of which ``img_id``, ``img_path``, ``classes`` (the names of the
  labels, in order) and ``pred_det_instances`` (or ``pred_instances``: bboxes
  [n, 4], scores [n], labels [n]) are read.
* ``.txt``: ImageNet VID's submission format, a line
  ``frame_index class_index score x1 y1 x2 y2`` for each detection. The frame
  index counts the images of the annotation file from 1, as the list
  ``ImageSets/VID/val.txt`` does; the class index is the label plus 1. A frame
  without a line has no detections. It does not name its classes.

Legend: n detections of a frame, I images, K classes.
"""

import os
import os.path as osp
import pickle
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

import numpy as np

from ..annotations.images import check_image_name
from .annotations import VIDAnnotations
from .predictions import read_prediction
from .vid_text import read_vid_text, write_vid_text

Frame = Dict[str, np.ndarray]


class Predictions(Dict[Any, Frame]):
    """Detections by image id, and what their labels mean.

    A frame has bboxes float32 [n, 4] xyxy in pixels, scores float32 [n] and
    labels int32 [n].

    Args:
        frames (dict): The frames by image id.
        classes (Sequence[str], optional): Class names by label, [K]; None if
            the file does not say.
    """

    def __init__(
        self,
        frames: Mapping[Any, Frame],
        classes: Optional[Sequence[str]] = None,
    ) -> None:
        super().__init__(frames)
        self.classes = None if classes is None else tuple(classes)


AnyPredictions = Union[Predictions, Dict[Any, Frame]]


def label_names(
    predictions: AnyPredictions, classes: Optional[Sequence[str]] = None
) -> List[str]:
    """Return what the labels of predictions mean; it is never guessed.

    Args:
        predictions (dict): The predictions.
        classes (Sequence[str], optional): Class names by label, if the
            predictions do not have them.

    Returns:
        list[str]: Class names by label, [K].

    Raises:
        ValueError: If nobody says, or both do and differ.
    """
    own = getattr(predictions, 'classes', None)
    if own is None and classes is None:
        raise ValueError(
            'the predictions do not name their classes, and what label 0 '
            'means is not guessed; give the class names by label: --config '
            'CONFIG takes those of its data set. Files of tools/test.py --out '
            'have them'
        )
    if own is not None and classes and tuple(classes) != own:
        raise ValueError(
            f'the predictions are of the classes {list(own)}, but '
            f'{list(classes)} were given; leave them (or --config) out, or '
            'give those that the model was tested with'
        )
    return list(own or classes or ())


def load_predictions(path: str, annotations: VIDAnnotations) -> Predictions:
    """Read a file of predictions.

    A pickle can run any program when it is opened: open only files that you
    trust.

    Args:
        path (str): A .pkl, .pickle or .txt file.
        annotations (VIDAnnotations): The images that it is of.

    Returns:
        Predictions: What it holds.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is none of these, names an image that is not among
            the annotated ones or another one, or one twice, or holds values
            that are not finite.
    """
    if not osp.isfile(path):
        raise FileNotFoundError(
            f'the predictions {path!r} do not exist; write them with '
            'tools/test.py CONFIG CHECKPOINT --out FILE.pkl'
        )
    if path.endswith('.txt'):
        return Predictions(read_vid_text(path, annotations.image_ids))
    if not path.endswith(('.pkl', '.pickle')):
        raise ValueError(
            f'the predictions {path!r} must be a .pkl file of tools/test.py '
            "--out, or a .txt file in ImageNet VID's format"
        )
    return _load_pickle(path, annotations)


def save_predictions(
    path: str, predictions: AnyPredictions, annotations: VIDAnnotations
) -> None:
    """Write a file of predictions.

    Args:
        path (str): A .pkl, .pickle or .txt file.
        predictions (dict): The predictions; a pickle gets the names of their
            classes, too, if they have them.
        annotations (VIDAnnotations): The images that they are of.

    Raises:
        ValueError: If the name ends otherwise, or an image is not among
            the annotated ones.
    """
    unknown = set(predictions) - set(annotations.image_ids)
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
        write_vid_text(temporary, predictions, annotations.image_ids)
    else:
        names = getattr(predictions, 'classes', None)
        frames = [
            dict(
                img_id=i,
                img_path=name,
                classes=names,
                pred_det_instances=predictions[i],
            )
            for i, name in zip(annotations.image_ids, annotations.image_names)
            if i in predictions
        ]
        with open(temporary, 'wb') as file:
            pickle.dump(frames, file, protocol=4)
    os.replace(temporary, path)


def _load_pickle(path: str, annotations: VIDAnnotations) -> Predictions:
    """Read and check the frames of a pickle."""
    frames = _unpickle(path)
    names = dict(zip(annotations.image_ids, annotations.image_names))
    found: Dict[Any, Frame] = {}
    for frame in frames:
        img_id = frame['img_id']
        if img_id not in names:
            raise ValueError(
                f'{path!r} predicts image id {img_id!r}, which is not in the '
                'annotation file; name the annotation file that the model '
                'was tested on'
            )
        if img_id in found:
            raise ValueError(
                f'{path!r} predicts image id {img_id!r} twice; join files of '
                'predictions by image id'
            )
        check_image_name(
            img_id,
            frame.get('img_path'),
            names[img_id],
            annotations.file.path,
            path,
        )
        found[img_id] = read_prediction(frame, f'image id {img_id}')
    classes = _common_classes(path, frames)
    limit = np.inf if classes is None else len(classes)
    for img_id, one in found.items():
        labels = one['labels']
        wrong = labels[(labels < 0) | (labels >= limit)]
        if len(wrong):
            raise ValueError(
                f'{path!r} has label {wrong[0]} in image id {img_id!r}, but '
                f'its classes are {classes}; write it anew'
            )
    return Predictions(found, classes)


def _unpickle(path: str) -> List[dict]:
    """Return the list of frames in a pickle."""
    try:
        with open(path, 'rb') as file:
            frames: Any = pickle.load(file)
    except Exception as error:
        # Whatever the broken bytes lead to, or a class that is not there.
        raise ValueError(
            f'{path!r} cannot be read ({type(error).__name__}: {error}); it '
            'is cut off or no file of predictions: write it anew with '
            'tools/test.py --out'
        ) from error
    if not isinstance(frames, list) or not all(
        isinstance(frame, dict) and 'img_id' in frame for frame in frames
    ):
        raise ValueError(
            f'{path!r} holds no list of frames with an img_id; write it with '
            'tools/test.py CONFIG CHECKPOINT --out FILE.pkl'
        )
    return frames


def _common_classes(
    path: str, frames: List[dict]
) -> Optional[Tuple[str, ...]]:
    """Return the class names that the frames of a file have."""
    given = {
        None if frame.get('classes') is None else tuple(frame['classes'])
        for frame in frames
    }
    if len(given) > 1:
        raise ValueError(
            f'the frames of {path!r} are of {len(given)} different lists of '
            'classes; join only predictions of one model'
        )
    return given.pop() if given else None
