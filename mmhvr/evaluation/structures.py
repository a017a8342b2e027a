# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The boxes of a whole data set as flat arrays.

Legend: G annotated boxes, D detections, K classes; boxes are xyxy in pixels
of the original images; an image is known by its index, a class by its label
0 .. K-1.
"""

from dataclasses import dataclass
from typing import Optional

import numpy as np


@dataclass(frozen=True)
class GroundTruth:
    """The annotated boxes of a data set.

    Attributes:
        boxes (np.ndarray): [G, 4], xyxy in pixels.
        labels (np.ndarray): Class of each box, int [G].
        images (np.ndarray): Index of each box's image, int [G].
        crowd (np.ndarray): Whether a box stands for a region of uncounted
            objects, bool [G].
        motion (np.ndarray, optional): Motion IoU of each box, float [G].

    Raises:
        ValueError: If the shapes do not fit together.
    """

    boxes: np.ndarray
    labels: np.ndarray
    images: np.ndarray
    crowd: np.ndarray
    motion: Optional[np.ndarray] = None

    def __post_init__(self) -> None:
        """Check the shapes."""
        columns = dict(
            labels=self.labels, images=self.images, crowd=self.crowd
        )
        if self.motion is not None:
            columns['motion'] = self.motion
        _check_lengths(self.boxes, **columns)

    def select(self, index: np.ndarray) -> 'GroundTruth':
        """Take the boxes that an index or a mask names, in its order."""
        return GroundTruth(
            self.boxes[index],
            self.labels[index],
            self.images[index],
            self.crowd[index],
            None if self.motion is None else self.motion[index],
        )


@dataclass(frozen=True)
class Detections:
    """The detections of a data set.

    Attributes:
        boxes (np.ndarray): [D, 4], xyxy in pixels.
        labels (np.ndarray): Class of each box, int [D].
        images (np.ndarray): Index of each box's image, int [D].
        scores (np.ndarray): Confidence of each box, float [D].

    Raises:
        ValueError: If the shapes do not fit together.
    """

    boxes: np.ndarray
    labels: np.ndarray
    images: np.ndarray
    scores: np.ndarray

    def __post_init__(self) -> None:
        """Check the shapes."""
        _check_lengths(
            self.boxes,
            labels=self.labels,
            images=self.images,
            scores=self.scores,
        )

    def select(self, index: np.ndarray) -> 'Detections':
        """Take the detections that an index or a mask names, in its order."""
        return Detections(
            self.boxes[index],
            self.labels[index],
            self.images[index],
            self.scores[index],
        )


def _check_lengths(boxes: np.ndarray, **columns: np.ndarray) -> None:
    """Raise a ValueError unless boxes are [n, 4] and each column [n]."""
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(
            f'boxes must be an array [n, 4] of xyxy, but got {boxes.shape}; '
            'reshape an empty one with boxes.reshape(0, 4)'
        )
    for name, column in columns.items():
        if column.shape != boxes.shape[:1]:
            raise ValueError(
                f'{name} must hold one value a box, [{len(boxes)}], but got '
                f'{column.shape}'
            )
