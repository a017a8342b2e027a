# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Videos of a file: whether their frames can be put in order and drawn."""

from typing import List

import numpy as np

from ..fields import describe
from ..findings import Findings
from .table import NONE, Table


def check_frames_of(table: Table, findings: Findings) -> None:
    """Find videos and frames that training or a test stops at.

    Args:
        table (Table): The file.
        findings (Findings): Gets what is found.
    """
    if len(table.video_ids):
        _check_numbers(table, findings)
        _check_videos(table, findings)
    images = table.file.images
    sizes = [NONE if i.get('width') is None else 0 for i in images]
    if table.is_for_training:
        _report(table, np.array(sizes), 'size-missing', 'width', findings)
    flags = [
        NONE if i.get('is_vid_train_frame') is None else 0 for i in images
    ]
    missing = flags.count(NONE)
    if missing:
        findings.add(
            'key-frame-missing',
            missing,
            f'{missing} of {len(images)} images have no is_vid_train_frame',
            describe(images[flags.index(NONE)]),
            'note' if missing == len(images) else 'warning',
        )


def _check_numbers(table: Table, findings: Findings) -> None:
    """Find images of no video, and frames that do not count 0, 1, 2, ..."""
    images = table.file.images
    if not table.file.videos and table.is_for_training:
        findings.error(
            'videos-missing',
            len(table.video_ids),
            f'the images are of {len(table.video_ids)} videos, and the file '
            'has no list of videos',
            table.of_video(0),
        )
    _report(table, table.video, 'video-id-missing', 'video_id', findings)
    inside = table.video != NONE
    frame = np.where(inside, table.frame, 0)
    if _report(table, frame, 'frame-id-missing', 'frame_id', findings):
        return
    order = np.lexsort((table.frame, table.video))
    order = order[inside[order]]
    video = table.video[order]
    starts = np.searchsorted(video, np.arange(len(table.video_ids)))
    due = np.arange(len(order)) - starts[video]
    wrong = np.flatnonzero(table.frame[order] != due)
    if len(wrong):
        first = order[wrong[0]]
        videos = np.unique(table.video[order[wrong]])
        findings.error(
            'frame-gaps',
            len(wrong),
            f'the frame_id of {len(videos)} of {len(table.video_ids)} videos '
            'does not run 0, 1, 2, ...',
            f'{table.frame[first]} where {due[wrong[0]]} is due, '
            f'{describe(images[first])} of {table.of_video(videos[0])}',
        )


def _check_videos(table: Table, findings: Findings) -> None:
    """Find videos without frames or boxes."""
    number = len(table.video_ids)
    inside = table.video[table.video != NONE]
    frames = np.bincount(inside, minlength=number)
    boxes = table.boxes_in.sum(1)
    for kind, places, what, level in (
        ('video-without-frames', frames == 0, 'images', 'note'),
        (
            'video-without-boxes',
            (frames > 0) & (boxes == 0),
            'box that counts',
            'warning',
        ),
    ):
        found = np.flatnonzero(places)
        if len(found):
            findings.add(
                kind,
                len(found),
                f'{len(found)} of {number} videos have no {what}',
                table.of_video(found[0]),
                level,
            )


def _report(
    table: Table, column: np.ndarray, kind: str, key: str, findings: Findings
) -> bool:
    """Report the images that have no value, and tell if there are any."""
    places: List[int] = np.flatnonzero(column == NONE).tolist()
    if places:
        images = table.file.images
        findings.error(
            kind,
            len(places),
            f'{len(places)} of {len(images)} images have no {key}',
            describe(images[places[0]]),
        )
    return bool(places)
