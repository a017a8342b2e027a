# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What is in a data set: classes, videos, sizes, motion, tracks.

Legend: I images, V videos, G boxes that count, C classes.
"""

from typing import Dict, List, NamedTuple, Optional

import numpy as np

from ..annotations.checks.table import Table, make_table
from ..evaluation.annotations import VIDAnnotations
from ..evaluation.motion import MOTION_RANGES
from ..evaluation.structures import GroundTruth
from .resampling import motion_groups


class DatasetSummary(NamedTuple):
    """Numbers of an annotation file.

    Attributes:
        names (list[str]): Class names in the order of the file, C.
        boxes (np.ndarray): Boxes of each class, int64 [C].
        videos (np.ndarray): Videos with a box of each class, int64 [C].
        num_images (int): I.
        num_empty (int): Images without a box.
        video_lengths (np.ndarray): Frames of each video, int64 [V].
        box_sizes (np.ndarray): Square root of each area in pixels, [G].
        motion (dict[str, int], optional): Boxes that are slow, medium and
            fast; None without tracks.
        track_lengths (np.ndarray): Boxes of each track, int64.
    """

    names: List[str]
    boxes: np.ndarray
    videos: np.ndarray
    num_images: int
    num_empty: int
    video_lengths: np.ndarray
    box_sizes: np.ndarray
    motion: Optional[Dict[str, int]]
    track_lengths: np.ndarray


def summarise(annotations: VIDAnnotations) -> DatasetSummary:
    """Count what is in an annotation file.

    Args:
        annotations (VIDAnnotations): Its boxes that count.

    Raises:
        AnnotationError: A track is twice in a frame.
    """
    file = annotations.file
    table = make_table(file)
    labels = file.category_index[annotations.rows]
    inside = table.video[table.video >= 0]
    track = table.track[annotations.rows]
    return DatasetSummary(
        names=[category['name'] for category in file.categories],
        boxes=np.bincount(labels, minlength=len(file.categories)),
        videos=(table.boxes_in > 0).sum(0),
        num_images=len(file.images),
        num_empty=len(file.images) - len(np.unique(annotations.images)),
        video_lengths=np.bincount(inside, minlength=len(table.video_ids)),
        box_sizes=np.sqrt(file.boxes[annotations.rows, 2:].prod(1)),
        motion=count_motion(annotations),
        track_lengths=np.unique(track[track >= 0], return_counts=True)[1],
    )


def count_motion(annotations: VIDAnnotations) -> Optional[Dict[str, int]]:
    """Count slow, medium and fast boxes; None unless all have tracks.

    Crowds and ignored boxes are not counted. A box of exactly 0.7 or 0.9 is
    of both groups, as in evaluation.
    """
    columns = (annotations.videos, annotations.frames, annotations.tracks)
    if any(column is None or None in column for column in columns):
        return None
    groups = motion_groups(
        GroundTruth(
            annotations.boxes,
            annotations.file.category_index[annotations.rows],
            annotations.images,
            annotations.crowd,
            annotations.motion_iou(),
        )
    )
    return {name: int(groups[name].sum()) for name in MOTION_RANGES}


def choose_frames(annotations: VIDAnnotations, number: int) -> List[int]:
    """Choose frames that show the classes: places of images.

    The classes take turns. Each gives a frame from the middle of one video
    after another that has it, the middle video first.

    Args:
        annotations (VIDAnnotations): The boxes.
        number (int): How many frames at most.
    """
    file = annotations.file
    table = make_table(file)
    labels = file.category_index[annotations.rows]
    queues = [
        _frames_with(table, np.unique(annotations.images[labels == label]))
        for label in range(len(file.categories))
    ]
    chosen: List[int] = []
    for turn in range(number):
        for queue in queues:
            if turn < len(queue) and len(chosen) < number:
                if queue[turn] not in chosen:
                    chosen.append(queue[turn])
    return chosen


def _frames_with(table: Table, images: np.ndarray) -> List[int]:
    """Return the middle one of some images of each video, from the middle."""
    order = images[np.lexsort((table.frame[images], table.video[images]))]
    videos, starts, counts = np.unique(
        table.video[order], return_index=True, return_counts=True
    )
    middles = order[starts + counts // 2]
    if len(videos) == 1 and videos[0] < 0:  # still images
        middles = order
    distance = np.abs(np.arange(len(middles)) - len(middles) // 2)
    return middles[np.argsort(distance, kind='stable')].tolist()
