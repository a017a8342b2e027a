# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Reading the boxes to find from a COCO or CocoVID annotation file.

Legend: I images, G annotated boxes, K classes.
"""

from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from ..annotations.class_names import match_class_names
from ..annotations.images import check_image_name, check_size
from ..annotations.reader import (
    AnnotationError,
    AnnotationFile,
    read_annotations,
)
from .motion import first_repeated, track_motion_iou
from .structures import GroundTruth


@dataclass(frozen=True)
class VIDAnnotations:
    """The annotated boxes of a file that count.

    Attributes:
        file (AnnotationFile): What was read.
        rows (np.ndarray): Place of each box in the file, int64 [G].
        image_ids (list): Id of each image, in the file's order, [I].
        image_names (list[str]): File name of each image, [I].
        boxes (np.ndarray): xyxy in pixels, x2 = x + w, float64 [G, 4].
        images (np.ndarray): Index of each box's image, int64 [G].
        crowd (np.ndarray): ``iscrowd`` or ``ignore`` of each box, bool [G].
        box_ids (list): Id of each annotation, [G].
        videos (list, optional): ``video_id`` of each image, [I]; None if no
            image has one.
        frames (list, optional): ``frame_id`` of each image, int [I]; None if
            no image has one.
        tracks (list, optional): ``instance_id`` of each box, [G]; None if no
            box has one.
    """

    file: AnnotationFile
    rows: np.ndarray
    image_ids: List[Any]
    image_names: List[str]
    boxes: np.ndarray
    images: np.ndarray
    crowd: np.ndarray
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
            AnnotationError: If the file has no tracks, has them for a part
                of its boxes, or a track has two boxes in a frame.
        """
        if self.videos is None or self.frames is None or self.tracks is None:
            raise AnnotationError(
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
                raise AnnotationError(
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
            raise AnnotationError(
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

        Raises:
            AnnotationError: If none of the names is in the file, one is
                spelt otherwise there, or no box of them is to be found.
        """
        label_of = match_class_names(self.file, classes)
        table = np.array(
            [label_of.get(c['id'], -1) for c in self.file.categories],
            dtype=np.int64,
        )
        labels = table[self.file.category_index[self.rows]]
        known = labels >= 0
        if not (known & ~self.crowd).any():
            raise AnnotationError(
                f'{self.file.path!r} has no box of the classes '
                f'{list(classes)} that is to be found: of {len(self.rows)} '
                f'boxes {known.sum()} are of these classes, and all of them '
                'have iscrowd or ignore; give an annotation file with boxes '
                'of single objects'
            )
        return GroundTruth(
            self.boxes[known],
            labels[known],
            self.images[known],
            self.crowd[known],
            None if motion is None else motion[known],
        )

    def check_sample(self, index: int, sample: Dict[str, Any]) -> None:
        """Make sure that a tested frame is the annotated image.

        Args:
            index (int): The image, by its place.
            sample (dict): ``img_path`` and ``ori_shape`` (height, width), as
                far as the pipeline packs them.

        Raises:
            AnnotationError: It is another image, or one of another size.
        """
        path = sample.get('img_path')
        check_image_name(
            self.image_ids[index],
            path,
            self.image_names[index],
            self.file.path,
        )
        if sample.get('ori_shape') is not None:
            check_size(
                path or self.image_names[index],
                sample['ori_shape'],
                self.file.images[index],
            )


def load_annotations(ann_file: str) -> VIDAnnotations:
    """Read a COCO or CocoVID annotation file to evaluate on.

    Args:
        ann_file (str): Path of the JSON file.

    Returns:
        VIDAnnotations: Its boxes that count.

    Raises:
        FileNotFoundError: If there is no such file.
        AnnotationError: If the file is broken, or holds no images or boxes.
    """
    file = read_annotations(
        ann_file,
        'check ann_file of the evaluator and data_root, or make the data set '
        'first',
    )
    for key in ('images', 'annotations', 'categories'):
        if not getattr(file, key):
            raise AnnotationError(
                f'{ann_file!r} holds no {key}, so there is nothing to '
                'evaluate on; give the annotation file of a labelled data set'
            )
    rows = np.flatnonzero(file.counts)
    boxes = file.boxes[rows]
    boxes[:, 2:] += boxes[:, :2]
    places = rows.tolist()
    records = [file.annotations[place] for place in places]
    return VIDAnnotations(
        file=file,
        rows=rows,
        image_ids=[image['id'] for image in file.images],
        image_names=[image['file_name'] for image in file.images],
        boxes=boxes,
        images=file.image_index[rows],
        crowd=file.ignored[rows],
        box_ids=[r.get('id', place) for place, r in zip(places, records)],
        videos=_column(file.images, 'video_id'),
        frames=_column(file.images, 'frame_id'),
        tracks=_column(records, 'instance_id'),
    )


def _column(records: List[Dict[str, Any]], key: str) -> Optional[List[Any]]:
    """Values under a key that not every file has; None if no record does."""
    values = [record.get(key) for record in records]
    return values if any(value is not None for value in values) else None
