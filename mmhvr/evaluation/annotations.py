# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Reading the boxes to find from a COCO or CocoVID annotation file.

Legend: I images, G annotated boxes, K classes.
"""

import os.path as osp
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence

import numpy as np
from mmengine.fileio import load

from .motion import first_repeated, track_motion_iou
from .structures import GroundTruth


@dataclass(frozen=True)
class VIDAnnotations:
    """The annotated boxes of a file, by the names of their classes.

    Attributes:
        image_ids (list): Id of each image, in the file's order, [I].
        image_names (list[str]): File name of each image, [I].
        boxes (np.ndarray): xyxy in pixels, x2 = x + w, float64 [G, 4].
        names (np.ndarray): Class name of each box, str [G].
        images (np.ndarray): Index of each box's image, int64 [G].
        crowd (np.ndarray): ``iscrowd`` of each box, bool [G].
        class_names (list[str]): Names of the categories, by rising id.
        box_ids (list): Id of each annotation, [G].
        videos (list, optional): ``video_id`` of each image, [I]; None if no
            image has one.
        frames (list, optional): ``frame_id`` of each image, int [I]; None if
            no image has one.
        tracks (list, optional): ``instance_id`` of each box, [G]; None if no
            box has one.
    """

    image_ids: List[Any]
    image_names: List[str]
    boxes: np.ndarray
    names: np.ndarray
    images: np.ndarray
    crowd: np.ndarray
    class_names: List[str]
    box_ids: List[Any]
    videos: Optional[List[Any]] = None
    frames: Optional[List[Any]] = None
    tracks: Optional[List[Any]] = None

    @property
    def has_tracks(self) -> bool:
        """Whether the file is a CocoVID file: with videos and tracks."""
        return not (
            self.videos is None or self.frames is None or self.tracks is None
        )

    def motion_iou(self, radius: int = 10, offset: float = 1) -> np.ndarray:
        """Motion IoU of each box, from the tracks.

        Args:
            radius (int): Frames before and after, by ``frame_id``. Defaults
                to 10.
            offset (float): Added to widths and heights. Defaults to 1.

        Returns:
            np.ndarray: float64 [G].

        Raises:
            ValueError: If the file has no tracks, has them for a part of its
                boxes, or a track has two boxes in a frame.
        """
        if self.videos is None or self.frames is None or self.tracks is None:
            raise ValueError(
                'the annotations have no tracks: motion IoU needs video_id '
                'and frame_id of each image and instance_id of each '
                'annotation; convert the data set to CocoVID, or do without '
                'motion (protocols=() of VIDMetric)'
            )
        for column, what, key in (
            (self.videos, 'images', 'video_id'),
            (self.frames, 'images', 'frame_id'),
            (self.tracks, 'annotations', 'instance_id'),
        ):
            if None in column:
                raise ValueError(
                    f'{column.count(None)} of {len(column)} {what} have no '
                    f'{key}, which motion IoU needs; give one to each, or do '
                    'without motion (protocols=() of VIDMetric)'
                )
        numbers: Dict[tuple, int] = {}
        tracks = np.array(
            [
                numbers.setdefault((self.videos[image], track), len(numbers))
                for image, track in zip(self.images.tolist(), self.tracks)
            ],
            dtype=np.int64,
        )
        frames = np.array(self.frames, dtype=np.int64)[self.images]
        repeated = first_repeated(tracks, frames)
        if repeated is not None:
            raise ValueError(
                f'annotation {self.box_ids[repeated]!r}: instance_id '
                f'{self.tracks[repeated]!r} has a box in '
                f'{self.image_names[self.images[repeated]]!r} already; give '
                'each object of a video an id of its own, or do without '
                'motion (protocols=() of VIDMetric)'
            )
        return track_motion_iou(self.boxes, tracks, frames, radius, offset)

    def ground_truth(
        self, classes: Sequence[str], motion: Optional[np.ndarray] = None
    ) -> GroundTruth:
        """Take the boxes of the classes that a model knows.

        Args:
            classes (Sequence[str]): Class names, the label being the
                position, [K]. They need not be in the file's order.
            motion (np.ndarray, optional): Motion IoU of each box, [G].

        Returns:
            GroundTruth: The boxes whose class name is among them.
        """
        names, inverse = np.unique(self.names, return_inverse=True)
        label_of = {name: label for label, name in enumerate(classes)}
        labels = np.array(
            [label_of.get(name, -1) for name in names.tolist()], dtype=np.int64
        )[inverse]
        known = labels >= 0
        return GroundTruth(
            self.boxes[known],
            labels[known],
            self.images[known],
            self.crowd[known],
            None if motion is None else motion[known],
        )


def load_annotations(ann_file: str) -> VIDAnnotations:
    """Read a COCO or CocoVID annotation file.

    Args:
        ann_file (str): Path of the JSON file.

    Returns:
        VIDAnnotations: Its boxes.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file holds no images or no boxes, or a box names
            an image or a category that the file does not define.
    """
    if '://' not in ann_file and not osp.isfile(ann_file):
        raise FileNotFoundError(
            f'the annotation file {ann_file!r} does not exist; check ann_file '
            'of the evaluator and data_root, or make the data set first'
        )
    data = load(ann_file)
    for key in ('images', 'annotations', 'categories'):
        if not data.get(key):
            raise ValueError(
                f'{ann_file!r} holds no {key}, so there is nothing to '
                'evaluate on; give the annotation file of a labelled data set'
            )
    index = {image['id']: i for i, image in enumerate(data['images'])}
    if len(index) < len(data['images']):
        raise ValueError(
            f'{ann_file!r} uses an image id twice: {len(data["images"])} '
            f'images have {len(index)} ids; number the images anew'
        )
    name_of = {cat['id']: cat['name'] for cat in data['categories']}
    annotations = data['annotations']
    images = _look_up(annotations, 'image_id', index, ann_file)
    names = _look_up(annotations, 'category_id', name_of, ann_file)
    boxes = np.array([ann['bbox'] for ann in annotations], dtype=np.float64)
    boxes[:, 2:] += boxes[:, :2]
    return VIDAnnotations(
        image_ids=list(index),
        image_names=[
            str(image.get('file_name', image['id']))
            for image in data['images']
        ],
        boxes=boxes,
        names=np.array(names),
        images=np.array(images, dtype=np.int64),
        crowd=np.array([bool(ann.get('iscrowd')) for ann in annotations]),
        class_names=[name_of[key] for key in sorted(name_of)],
        box_ids=[ann.get('id', n) for n, ann in enumerate(annotations)],
        videos=_column(data['images'], 'video_id'),
        frames=_column(data['images'], 'frame_id'),
        tracks=_column(annotations, 'instance_id'),
    )


def _column(records: List[Dict[str, Any]], key: str) -> Optional[List[Any]]:
    """Values under a key that not every file has; None if no record does."""
    values = [record.get(key) for record in records]
    return values if any(value is not None for value in values) else None


def _look_up(
    annotations: List[Dict[str, Any]], key: str, table: dict, ann_file: str
) -> List[Any]:
    """Replace the ids under a key of all annotations by what they name."""
    try:
        return [table[ann[key]] for ann in annotations]
    except KeyError:
        bad = next(ann for ann in annotations if ann.get(key) not in table)
        raise ValueError(
            f'annotation {bad.get("id")} of {ann_file!r} has {key} '
            f'{bad.get(key)!r}, which the file does not define; convert the '
            'annotations anew'
        ) from None
