# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Tracks of a file: whether each is one object, seen at one place a frame.

Legend: A annotations, S steps from a box of a track to its next one.
"""

import numpy as np

from ...utils.box_pairs import paired_iou
from ..fields import describe
from ..findings import Findings
from .table import NONE, Table

# A box that its neighbours in time do not touch has jumped if they overlap
# each other by so much: then the object itself has not moved.
_STAYED = 0.3
# A step so many times as long as the track's middle one, and as the boxes'
# diagonals, is no motion. The middle one is known of so many steps on.
_FAR, _DIAGONALS, _STEPS = 10, 3, 5


def check_tracks(table: Table, findings: Findings) -> None:
    """Find tracks that are not one object, and boxes that jump.

    Args:
        table (Table): The file.
        findings (Findings): Gets what is found.
    """
    file = table.file
    number = len(file.annotations)
    if not len(table.video_ids) or not number:
        return
    missing = np.flatnonzero(table.track == NONE)
    if len(missing):
        findings.add(
            'track-missing',
            len(missing),
            f'{len(missing)} of {number} boxes have no instance_id',
            describe(file.annotations[missing[0]]),
            'note' if len(missing) == number else 'warning',
        )
    rows = np.flatnonzero((table.track != NONE) & file.counts)
    frame = table.frame[file.image_index]
    rows = rows[np.lexsort((frame[rows], table.track[rows]))]
    track, frame = table.track[rows], frame[rows]
    same = track[1:] == track[:-1]
    _check_twice(table, rows, same & (frame[1:] == frame[:-1]), findings)
    _check_labels(table, rows, same, findings)
    _check_jumps(table, rows, same, findings)


def _check_twice(
    table: Table, rows: np.ndarray, twice: np.ndarray, findings: Findings
) -> None:
    """Find tracks that are twice in a frame."""
    places = rows[1:][twice]
    if len(places):
        first = table.file.annotations[places[0]]
        findings.error(
            'track-twice',
            len(places),
            f'{len(places)} boxes have the instance_id of another one in '
            'their frame',
            f'{first["instance_id"]!r} of {describe(first)}',
        )


def _check_labels(
    table: Table, rows: np.ndarray, same: np.ndarray, findings: Findings
) -> None:
    """Find tracks of several classes."""
    file = table.file
    label = file.category_index[rows]
    changes = np.flatnonzero(same & (label[1:] != label[:-1]))
    tracks = np.unique(table.track[rows[changes]])
    if len(tracks):
        before, after = rows[changes[0]], rows[changes[0] + 1]
        first = file.annotations[after]
        names = [c['name'] for c in file.categories]
        findings.warn(
            'track-classes',
            len(tracks),
            f'{len(tracks)} tracks change their class',
            f'{first["instance_id"]!r}, first '
            f'{names[file.category_index[before]]!r} and then '
            f'{names[file.category_index[after]]!r} in {describe(first)}',
        )


def _check_jumps(
    table: Table, rows: np.ndarray, same: np.ndarray, findings: Findings
) -> None:
    """Find boxes that lie beside where their object can be."""
    boxes = table.file.boxes[rows]
    edges = np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])
    near = paired_iou(edges[1:], edges[:-1], 0) > 0
    alone = ~near & same
    # Away and back: the box before and the one after agree.
    back = paired_iou(edges[2:], edges[:-2], 0) >= _STAYED
    lost = np.zeros(len(rows), dtype=bool)
    lost[1:-1] = alone[1:] & alone[:-1] & back
    far = alone & _is_far(boxes, table.track[rows][1:], same)
    # A box that is lost explains both of its steps.
    far &= ~lost[1:] & ~lost[:-1]
    lost[1:] |= far
    places = np.sort(rows[lost])
    if len(places):
        first = table.file.annotations[places[0]]
        findings.warn(
            'box-jumps',
            len(places),
            f'{len(places)} boxes lie far from where their track is before '
            'and after',
            f'{describe(first)}, track {first["instance_id"]!r}',
        )


def _is_far(
    boxes: np.ndarray, track: np.ndarray, same: np.ndarray
) -> np.ndarray:
    """Tell steps that are out of proportion to their track, bool [S]."""
    centre = boxes[:, :2] + boxes[:, 2:] / 2
    step = np.hypot(*(centre[1:] - centre[:-1]).T)
    diagonal = np.hypot(boxes[:, 2], boxes[:, 3])
    size = (diagonal[1:] + diagonal[:-1]) / 2
    # The middle step of each track.
    order = np.lexsort((step, track))
    order = order[same[order]]
    names, start, number = np.unique(
        track[order], return_index=True, return_counts=True
    )
    usual = np.full(int(track.max(initial=0)) + 1, np.inf)
    known = number >= _STEPS
    usual[names[known]] = step[order][(start + number // 2)[known]]
    return (step > _FAR * usual[track]) & (step > _DIAGONALS * size)
