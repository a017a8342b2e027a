# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The records of an annotation file in columns, for checks of many frames.

Legend: I images, A annotations, V videos, C categories.
"""

from dataclasses import dataclass
from typing import Any, Dict, List

import numpy as np

from ..fields import is_key_frame
from ..reader import AnnotationFile

#: Of an image without video, a frame without number, a box without track.
NONE = -1
# A frame number beyond it is a fault as this one is.
_LARGEST = 2**40


@dataclass(frozen=True)
class Table:
    """Columns of an annotation file.

    Attributes:
        file (AnnotationFile): The file.
        video_ids (list): Id of each video, of the list of videos or, without
            it, of the images, V.
        video (np.ndarray): Place of each image's video, or NONE, int64 [I].
        frame (np.ndarray): ``frame_id`` of each image, or NONE, int64 [I].
        is_key (np.ndarray): Whether it may be a target of training, [I].
        track (np.ndarray): A number for each track of each video, or NONE,
            int64 [A].
        boxes_in (np.ndarray): How many boxes of a category that count a
            video has, int64 [V, C].
    """

    file: AnnotationFile
    video_ids: List[Any]
    video: np.ndarray
    frame: np.ndarray
    is_key: np.ndarray
    track: np.ndarray
    boxes_in: np.ndarray

    @property
    def is_for_training(self) -> bool:
        """Whether an image may be a target; else the file is for tests."""
        return bool(self.is_key.any())

    def of_video(self, place: int) -> str:
        """Name a video."""
        return f'video {self.video_ids[place]!r}'


def make_table(file: AnnotationFile) -> Table:
    """Put the records of a file into columns."""
    ids = [video['id'] for video in file.videos]
    if not ids:
        ids = list(dict.fromkeys(i.get('video_id') for i in file.images))
        ids = [video for video in ids if video is not None]
    place = {video: n for n, video in enumerate(ids)}
    place[None] = NONE
    video = _column([place[i.get('video_id')] for i in file.images])
    frames = [image.get('frame_id') for image in file.images]
    own = video[file.image_index]
    inside = file.counts & (own != NONE)
    boxes_in = np.zeros((len(ids), len(file.categories)), dtype=np.int64)
    np.add.at(boxes_in, (own[inside], file.category_index[inside]), 1)
    return Table(
        file=file,
        video_ids=ids,
        video=video,
        frame=_column(
            [NONE if f is None else min(int(f), _LARGEST) for f in frames]
        ),
        is_key=np.array([is_key_frame(i) for i in file.images], dtype=bool),
        track=_tracks(file, own),
        boxes_in=boxes_in,
    )


def _tracks(file: AnnotationFile, video: np.ndarray) -> np.ndarray:
    """Give each track a number; those of different videos are different."""
    numbers: Dict[Any, int] = {}
    return _column(
        [
            NONE
            if record.get('instance_id') is None
            else numbers.setdefault((v, record['instance_id']), len(numbers))
            for v, record in zip(video.tolist(), file.annotations)
        ]
    )


def _column(values: List[int]) -> np.ndarray:
    """Return a column of whole numbers, of no rows, too."""
    return np.array(values, dtype=np.int64)
