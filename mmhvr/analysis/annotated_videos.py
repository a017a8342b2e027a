# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Frames with their truth and their detections, video by video."""

import os.path as osp
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from ..annotations.class_names import match_class_names
from ..annotations.images import check_size
from ..annotations.reader import AnnotationFile, read_annotations
from ..datasets.annotation_file import VideoFrames
from ..datasets.file_names import with_slashes
from ..datasets.video_records import main_category
from ..evaluation import load_annotations, load_predictions
from ..evaluation.prediction_files import label_names
from ..utils.image_files import read_image


@dataclass
class AnnotatedFrame:
    """A frame of a CocoVID file and what was found in it.

    Attributes:
        img_id: The id in the annotation file.
        path: The image file.
        gt_boxes: [n, 4] xyxy in pixels of the image.
        gt_labels: [n] class indices.
        boxes: [m, 4] xyxy, the detections; None if it was not tested.
        labels: [m].
        scores: [m].
        width: Recorded width in pixels, if the file has it.
        height: Recorded height.
    """

    img_id: int
    path: str
    gt_boxes: np.ndarray
    gt_labels: np.ndarray
    boxes: Optional[np.ndarray] = None
    labels: Optional[np.ndarray] = None
    scores: Optional[np.ndarray] = None
    width: Optional[int] = None
    height: Optional[int] = None

    def image(self) -> np.ndarray:
        """Read the frame, [H, W, 3] BGR uint8.

        Raises:
            FileNotFoundError, ValueError: It cannot be read, or has another
                size than the file records.
        """
        image = read_image(self.path)
        check_size(
            self.path, image.shape, dict(width=self.width, height=self.height)
        )
        return image


@dataclass
class AnnotatedVideo:
    """A video of a CocoVID file.

    Attributes:
        name: Its name in the file, without folders.
        frames: In order.
        category: Index of the class with the most boxes, the lowest of
            several; -1 without boxes.
    """

    name: str
    frames: List[AnnotatedFrame]
    category: int


def load_videos(
    ann_file: str, img_root: str, class_names: Optional[Sequence[str]] = None
) -> List[AnnotatedVideo]:
    """Read the videos of a CocoVID file.

    Args:
        ann_file: The JSON file.
        img_root: The folder to which its file names are relative.
        class_names: The name of each label; boxes of other classes, and
            those that are not to be found, are left out. By default the
            categories of the file in the order of their ids.

    Returns:
        The videos that have frames, in the order of the file.

    Raises:
        FileNotFoundError: There is no such file.
        AnnotationError: The file is broken or has no videos, or has none of
            the classes.
    """
    file = read_annotations(ann_file)
    if class_names is None:
        class_names = [
            category['name']
            for category in sorted(file.categories, key=_category_id)
        ]
    return _videos_of(file, img_root, class_names)


def _videos_of(
    file: AnnotationFile, img_root: str, class_names: Sequence[str]
) -> List[AnnotatedVideo]:
    """Return the videos of a file with the boxes that are to be found."""
    with_slashes(file.images, img_root)
    frames = VideoFrames(file, match_class_names(file, class_names))
    name_of = {video['id']: video.get('name') for video in file.videos}
    videos = []
    for video in frames.videos():
        annotated = [_annotated(frame, img_root) for frame in video]
        number = video[0]['video_id']
        videos.append(
            AnnotatedVideo(
                name=osp.basename(str(name_of[number] or number)),
                frames=annotated,
                category=main_category(
                    label for f in annotated for label in f.gt_labels.tolist()
                ),
            )
        )
    return videos


def _annotated(frame: dict, img_root: str) -> AnnotatedFrame:
    """Return a frame with the boxes that are to be found."""
    found = [box for box in frame['instances'] if not box['ignore_flag']]
    return AnnotatedFrame(
        img_id=frame['img_id'],
        path=osp.join(img_root, frame['file_name']),
        gt_boxes=np.array([box['bbox'] for box in found], float).reshape(
            -1, 4
        ),
        gt_labels=np.array([box['bbox_label'] for box in found], int),
        width=frame.get('width'),
        height=frame.get('height'),
    )


def _category_id(category: dict) -> Tuple[str, Any]:
    """Numbers before texts."""
    return type(category['id']).__name__, category['id']


def load_tested_videos(
    ann_file: str,
    img_root: str,
    path: str,
    class_names: Optional[Sequence[str]] = None,
) -> Tuple[List[AnnotatedVideo], List[str]]:
    """Read videos and what a test has found in them.

    Args:
        ann_file: The JSON file.
        img_root: The folder to which its file names are relative.
        path: What ``tools/test.py --out FILE`` wrote.
        class_names: The name of each label of the result. By default those
            of the predictions.

    Returns:
        tuple: The videos, with detections on the frames that were tested;
        and the name of each label.

    Raises:
        ValueError: The files do not belong together, the predictions do not
            name their classes, or they have other ones than
            ``class_names``.
    """
    annotations = load_annotations(ann_file)
    predictions = load_predictions(path, annotations)
    own = label_names(predictions)
    names = list(class_names or own)
    if set(names) != set(own):
        raise ValueError(
            f'{path} is of the classes {own}, and not of {names}; take '
            'predictions of models of the same classes'
        )
    if not predictions:
        raise ValueError(f'{path} holds no frame; test the model again')
    places = np.array([names.index(name) for name in own], dtype=np.int64)
    videos = _videos_of(annotations.file, img_root, names)
    for frame in (frame for video in videos for frame in video.frames):
        found = predictions.get(frame.img_id)
        if found is not None:
            frame.boxes = found['bboxes']
            frame.labels = places[found['labels']]
            frame.scores = found['scores']
    return videos, names


def spread_over_categories(
    videos: Sequence[AnnotatedVideo], number: int
) -> List[AnnotatedVideo]:
    """Chooses videos without looking at how well they went.

    Takes the first video of each category in turn, then the second of each,
    and so on; categories in an order that spreads over all of them.

    Args:
        videos: To choose from.
        number: How many at most.

    Returns:
        Up to ``number`` videos.
    """
    groups: Dict[int, list] = defaultdict(list)
    for video in videos:
        groups[video.category].append(video)
    names = sorted(groups)
    rounds = max(len(group) for group in groups.values()) if groups else 0
    chosen: List[AnnotatedVideo] = []
    for turn in range(rounds):
        layer = [groups[n][turn] for n in names if turn < len(groups[n])]
        room = min(number - len(chosen), len(layer))
        chosen += [layer[i * len(layer) // room] for i in range(room)]
    return chosen
