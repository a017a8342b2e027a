# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Videos that look put together by a slip; nothing here is an error.

The fields of the records are of the right kind.
"""

from collections import defaultdict
from math import gcd
from typing import Any, Dict, List, Tuple

from ..utils.files import natural_key
from .fields import Records, describe
from .findings import Findings

Videos = Dict[Any, Records]


def check_videos(
    images: Records, annotations: Records, findings: Findings
) -> None:
    """Warn of what a person would not make on purpose.

    Args:
        images (list[dict]): The image records.
        annotations (list[dict]): The annotation records.
        findings (Findings): Gets warnings.
    """
    videos: Videos = defaultdict(list)
    for image in images:
        if None not in (image.get('video_id'), image.get('frame_id')):
            videos[image['video_id']].append(image)
    for frames in videos.values():
        frames.sort(key=_frame_id)
    _check_order(videos, findings)
    _check_sizes(videos, findings)
    _check_stride(videos, annotations, findings)
    _check_video_ids(images, annotations, findings)


def _frame_id(image: Dict[str, Any]) -> float:
    """Where a frame is in its video."""
    return image['frame_id']


def _check_order(videos: Videos, findings: Findings) -> None:
    """Frames 1, 10, 2 were sorted as texts and not as numbers."""
    wrong: List[Tuple[Any, List[str]]] = []
    for video, frames in videos.items():
        names = [frame['file_name'] for frame in frames]
        if len(set(map(len, names))) < 2:
            continue  # one length: both orders are the same
        if names == sorted(names) != sorted(names, key=natural_key):
            wrong.append((video, names))
    if wrong:
        video, names = wrong[0]
        natural = sorted(names, key=natural_key)
        place = next(n for n, name in enumerate(names) if name != natural[n])
        findings.warn(
            'frames-by-alphabet',
            sum(len(names) for _, names in wrong),
            f'the frames of {len(wrong)} videos are numbered in the order of '
            'the alphabet',
            f'{names[max(0, place - 1)]!r}, {names[place]!r}, ... of video '
            f'{video!r}',
        )


def _check_sizes(videos: Videos, findings: Findings) -> None:
    """Find videos whose frames differ in size."""
    mixed = {}
    for video, frames in videos.items():
        sizes = {(f.get('width'), f.get('height')) for f in frames}
        if len(sizes) > 1:
            mixed[video] = sorted(sizes)
    if mixed:
        video, (first, second, *_) = next(iter(mixed.items()))
        findings.warn(
            'frame-sizes',
            sum(len(videos[video]) for video in mixed),
            f'{len(mixed)} videos have frames of several sizes',
            f'video {video!r} of {first[0]} x {first[1]} and '
            f'{second[0]} x {second[1]}',
        )


def _check_stride(
    videos: Videos, annotations: Records, findings: Findings
) -> None:
    """Frames without boxes at a regular pace were not annotated."""
    boxed = {annotation['image_id'] for annotation in annotations}
    stride = number = empty = 0
    for frames in videos.values():
        places = [int(f['frame_id']) for f in frames if f['id'] in boxed]
        number += len(places)
        empty += len(frames) - len(places)
        if stride != 1:
            for before, after in zip(places, places[1:]):
                stride = gcd(stride, after - before)
    if stride > 1 and number >= 10 and empty >= number:
        findings.warn(
            'every-nth-frame',
            empty,
            f'only one frame in {stride} of the videos has boxes, {number} '
            f'of {number + empty}',
        )


def _check_video_ids(
    images: Records, annotations: Records, findings: Findings
) -> None:
    """Find boxes that are not in the video of their image."""
    video_of = {image['id']: image.get('video_id') for image in images}
    astray = [
        annotation
        for annotation in annotations
        if None
        not in (
            annotation.get('video_id'),
            video_of[annotation['image_id']],
        )
        and annotation['video_id'] != video_of[annotation['image_id']]
    ]
    if astray:
        first = astray[0]
        findings.warn(
            'box-of-other-video',
            len(astray),
            f'{len(astray)} of {len(annotations)} annotations have another '
            'video_id than their image',
            f'{describe(first)}: {first["video_id"]!r}, and not '
            f'{video_of[first["image_id"]]!r}',
        )
