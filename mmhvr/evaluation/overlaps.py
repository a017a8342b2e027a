# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Which boxes of a video overlap, within a frame and from frame to frame.

Legend: T frames, N boxes of the video, P pairs of boxes; boxes are xyxy in
pixels, and numbered 0 .. N - 1, frame by frame.
"""

from bisect import bisect_right
from typing import Sequence, Tuple

import numpy as np

# Pairs looked at together: what they need fits into a processor's cache.
_PAIRS_AT_ONCE = 1 << 16


class VideoBoxes:
    """The boxes of a video, and what overlaps what.

    The IoU of two boxes is computed in double precision as
    ``inter / (area + other_area - inter)``, with sides from ``x1`` to
    ``x2 + offset``. A box with a side of 0 or less (an inverted one) has no
    area and overlaps nothing.

    Args:
        frames (list[np.ndarray]): Boxes of each frame, [n_t, 4].
        offset (float): Added to widths and heights. Defaults to 1.

    Attributes:
        first (list[int]): The first box of each frame, and N, [T + 1].
    """

    def __init__(
        self, frames: Sequence[np.ndarray], offset: float = 1
    ) -> None:
        self.first = np.cumsum([0, *map(len, frames)]).tolist()
        edges = np.concatenate([np.zeros((0, 4)), *frames]).T
        self._edges = np.ascontiguousarray(edges, dtype=np.float64)
        self._edges[2:] += offset
        x1, y1, x2, y2 = self._edges
        self._areas = np.maximum(x2 - x1, 0) * np.maximum(y2 - y1, 0)

    def links(self, min_iou: float) -> Tuple[np.ndarray, np.ndarray]:
        """Find what each box overlaps in the next frame.

        Args:
            min_iou (float): The least IoU, above 0.

        Returns:
            tuple[np.ndarray, np.ndarray]: The boxes of the next frame, box
            by box and each box's in ascending order, int64 [P], and where
            those of each box begin, int64 [N + 1].
        """
        links = [np.zeros(0, dtype=np.int64)]
        counts = np.zeros(self.first[-1] + 1, dtype=np.int64)
        scratch = np.empty((3, 0))
        for begin, middle, end in zip(
            self.first, self.first[1:], self.first[2:]
        ):
            others = end - middle
            if others == 0:
                continue
            rows = max(1, _PAIRS_AT_ONCE // others)
            if scratch.shape[1] < rows * others:
                scratch = np.empty((3, rows * others))
            for low in range(begin, middle, rows):
                high = min(low + rows, middle)
                iou = _iou(
                    self._edges[:, low:high, None],
                    self._areas[low:high, None],
                    self._edges[:, middle:end],
                    self._areas[middle:end],
                    scratch[:, : (high - low) * others],
                )
                near = np.flatnonzero(iou >= min_iou)
                row, column = np.divmod(near, others)
                counts[low + 1 : high + 1] = np.bincount(
                    row, minlength=high - low
                )
                links.append(column + middle)
        return np.concatenate(links), np.cumsum(counts)

    def near_path(
        self, path: Sequence[int], min_iou: float, is_free: np.ndarray
    ) -> np.ndarray:
        """Find the free boxes that overlap a path's box in their frame.

        Args:
            path (list[int]): Boxes of adjacent frames, one of each.
            min_iou (float): The least IoU, above 0.
            is_free (np.ndarray): The boxes to look at, bool [N].

        Returns:
            np.ndarray: In ascending order. Boxes of the path are among them,
            if they are free and have an area.
        """
        frame = bisect_right(self.first, path[0]) - 1
        first = self.first[frame : frame + len(path) + 1]
        free = np.flatnonzero(is_free[first[0] : first[-1]])
        own = np.asarray(path)
        if len(path) > 1:
            own = np.repeat(own, np.diff(first))[free]
        free += first[0]
        iou = _iou(
            self._edges[:, own],
            self._areas[own],
            self._edges[:, free],
            self._areas[free],
            np.empty((3, len(free))),
        )
        return free[iou >= min_iou]


def _iou(
    edges: np.ndarray,
    areas: np.ndarray,
    other_edges: np.ndarray,
    other_areas: np.ndarray,
    scratch: np.ndarray,
) -> np.ndarray:
    """IoU of boxes with others; NaN where neither has an area.

    Args:
        edges: x1, y1, x2 + offset, y2 + offset, [4, ...].
        areas: Their areas, without the 4.
        other_edges: Those of the others; the shapes broadcast.
        other_areas: Their areas.
        scratch: Room for three numbers a pair, [3, P]: fresh memory for
            every step would cost more than the arithmetic.

    Returns:
        np.ndarray: Flat, [P], a part of ``scratch``.
    """
    shape = np.broadcast(areas, other_areas).shape
    inter, height, union = scratch.reshape(3, *shape)
    for side, low, high in ((inter, 0, 2), (height, 1, 3)):
        np.minimum(edges[high], other_edges[high], out=side)
        # Not yet the union: its room is lent out.
        np.maximum(edges[low], other_edges[low], out=union)
        np.subtract(side, union, out=side)
        np.maximum(side, 0, out=side)
    np.multiply(inter, height, out=inter)
    np.add(areas, other_areas, out=union)
    np.subtract(union, inter, out=union)
    with np.errstate(invalid='ignore'):
        np.divide(inter, union, out=inter)
    return scratch[0]
