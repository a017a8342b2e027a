# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
r"""Motion IoU: how much of its place an object keeps from frame to frame.

The motion IoU of a box is the mean of its IoU with the boxes of the same
track in the frames around it. With b_t the box of a track at frame t and
r the radius,

.. math::
    m_t = \operatorname{mean}_{0 < |s - t| \le r} IoU(b_t, b_s) ,

over the frames s of the video that hold the track. FGFA (Zhu et al., 2017,
section 6.2) calls an object slow, medium or fast by this number.

Legend: T frames of a video, n_t boxes of frame t, G boxes of a data set.
"""

from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np

from ..utils.box_pairs import paired_iou

# Both ends are included, so a box of exactly 0.9 is slow and medium.
MOTION_RANGES: Dict[str, Tuple[float, float]] = {
    'slow': (0.9, 1.0),
    'medium': (0.7, 0.9),
    'fast': (0.0, 0.7),
}


def motion_iou(
    boxes: Sequence[np.ndarray],
    track_ids: Sequence[np.ndarray],
    radius: int = 10,
    offset: float = 1,
) -> List[np.ndarray]:
    """Motion IoU of all boxes of one video.

    Args:
        boxes (Sequence[np.ndarray]): Boxes of each frame in order, xyxy in
            pixels, T arrays [n_t, 4].
        track_ids (Sequence[np.ndarray]): Track of each box, T arrays [n_t].
        radius (int): Frames t - radius .. t + radius count, without t, as
            far as the video has them. Defaults to 10.
        offset (float): Added to widths and heights: 1 as in the published
            evaluators, or 0. Defaults to 1.

    Returns:
        list[np.ndarray]: T arrays [n_t], float64 in [0, 1]. A box whose
        track is in no other of these frames has 1.

    Raises:
        ValueError: If the lists do not fit together, a track is twice in a
            frame, or ``radius`` is not positive.

    Example:
        >>> boxes = [np.array([[0, 0, 9, 9]]), np.array([[5, 0, 14, 9]])]
        >>> motion_iou(boxes, [np.array([7]), np.array([7])])
        [array([0.33333333]), array([0.33333333])]
    """
    if len(boxes) != len(track_ids):
        raise ValueError(
            f'boxes are of {len(boxes)} frames, track_ids of '
            f'{len(track_ids)}; give one array a frame in each, empty ones '
            'included'
        )
    if not len(boxes):
        return []
    # np.array([]) of a frame without boxes is [0], not [0, 4].
    parts = [np.asarray(frame, dtype=np.float64) for frame in boxes]
    parts = [part.reshape(-1, 4) if not part.size else part for part in parts]
    ids = [np.asarray(frame) for frame in track_ids]
    for t, (part, own) in enumerate(zip(parts, ids)):
        if part.shape != (len(own), 4) or own.ndim != 1:
            raise ValueError(
                f'frame {t} has boxes {part.shape} and track_ids '
                f'{own.shape}; give [n, 4] and [n]'
            )
    sizes = [len(own) for own in ids]
    filled = [own for own in ids if len(own)]
    names = np.concatenate(filled) if filled else np.zeros(0, dtype=np.int64)
    tracks = np.unique(names, return_inverse=True)[1]
    frames = np.repeat(np.arange(len(sizes)), sizes)
    repeated = first_repeated(tracks, frames)
    if repeated is not None:
        raise ValueError(
            f'track id {names.tolist()[repeated]!r} is twice in frame '
            f'{frames[repeated]}; an object has one box a frame: give each '
            'object of the video an id of its own'
        )
    values = track_motion_iou(
        np.concatenate(parts), tracks, frames, radius, offset
    )
    return np.split(values, np.cumsum(sizes)[:-1])


def track_motion_iou(
    boxes: np.ndarray,
    tracks: np.ndarray,
    frames: np.ndarray,
    radius: int = 10,
    offset: float = 1,
) -> np.ndarray:
    """Motion IoU of the boxes of many videos at once.

    Args:
        boxes (np.ndarray): xyxy in pixels, [G, 4].
        tracks (np.ndarray): Track of each box, int [G], 0 or greater; tracks
            of different videos have different numbers.
        frames (np.ndarray): Frame number of each box in its video, int [G],
            0 or greater; a track has one box a frame at most.
        radius (int): See :func:`motion_iou`.
        offset (float): See :func:`motion_iou`.

    Returns:
        np.ndarray: float64 [G].

    Raises:
        ValueError: If ``radius`` is not positive.
    """
    if radius < 1:
        raise ValueError(f'radius must be at least 1 frame, but got {radius}')
    total, number = np.zeros(len(boxes)), np.zeros(len(boxes))
    if len(boxes):
        # Tracks lie so far apart that key + radius stays within one.
        keys = tracks.astype(np.int64) * (int(frames.max()) + radius + 1)
        keys = keys + frames
        order = np.argsort(keys, kind='stable')
        keys = keys[order]
        for step in range(1, radius + 1):
            place = np.searchsorted(keys, keys + step)
            place[place == len(keys)] = 0
            early = np.flatnonzero(keys[place] == keys + step)
            late = order[place[early]]
            early = order[early]
            iou = paired_iou(boxes[early], boxes[late], offset)
            for index in (early, late):
                # Each box is named once at most, so += loses none.
                total[index] += iou
                number[index] += 1
    return np.divide(total, number, out=np.ones(len(boxes)), where=number > 0)


def first_repeated(tracks: np.ndarray, frames: np.ndarray) -> Optional[int]:
    """Index of the first box whose track is in its frame already.

    Args:
        tracks (np.ndarray): Track of each box, int [G].
        frames (np.ndarray): Frame of each box, int [G].

    Returns:
        int, optional: None if there is no such box.
    """
    order = np.lexsort((frames, tracks))
    same = (np.diff(tracks[order]) == 0) & (np.diff(frames[order]) == 0)
    repeated = order[1:][same]
    return int(repeated.min()) if len(repeated) else None
