# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Whether the records of an annotation file name each other rightly.

Records whose fields are of the wrong kind are passed over here: another
check has found them.
"""

import re
from collections import defaultdict
from math import gcd
from typing import Any, Callable, Dict, List, Set, Tuple

from .fields import (
    Records,
    describe,
    describe_all,
    is_id,
    is_place,
    is_text,
)
from .findings import Findings

_MERGED = (
    'files that were joined count from the start again: number {} anew, and '
    'with them what refers to them'
)


def check_ids(lists: Dict[str, Records], findings: Findings) -> None:
    """Find ids and category names that two records share.

    Args:
        lists (dict): The records by section.
        findings (Findings): Gets the errors.
    """
    for section, key, fits, remedy in (
        ('images', 'id', is_id, _MERGED.format('images')),
        ('videos', 'id', is_id, _MERGED.format('videos')),
        ('annotations', 'id', is_id, _MERGED.format('annotations')),
        ('categories', 'id', is_id, 'give each category an id of its own'),
        (
            'categories',
            'name',
            is_text,
            'join the categories of one name, or rename one',
        ),
    ):
        groups = _shared(lists[section], key, fits)
        if groups:
            value, records = next(iter(groups.items()))
            number = sum(map(len, groups.values()))
            findings.error(
                number,
                f'{number} {section} share their {key} with others: '
                f'{value!r} is that of {describe_all(records)}; {remedy}',
            )


def check_references(lists: Dict[str, Records], findings: Findings) -> None:
    """Find records that name an image, a category or a video not there.

    Args:
        lists (dict): The records by section.
        findings (Findings): Gets the errors.
    """
    for section, key, target in (
        ('annotations', 'image_id', 'images'),
        ('annotations', 'category_id', 'categories'),
        ('images', 'video_id', 'videos'),
    ):
        if target == 'videos' and not lists['videos']:
            continue  # a file for evaluation alone needs no list of them
        known = {r['id'] for r in lists[target] if is_id(r.get('id'))}
        values = [record.get(key) for record in lists[section]]
        if _distinct(values) <= known | {None}:
            continue
        lost = [
            record
            for record, value in zip(lists[section], values)
            if is_id(value) and value not in known
        ]
        if not lost:
            continue
        other = ''
        if known and not {type(r[key]) for r in lost} & set(map(type, known)):
            other = ' (texts and numbers differ: "7" is not 7)'
        findings.error(
            len(lost),
            f'{len(lost)} of {len(lists[section])} {section} name a {key} '
            f'that is not among the {len(known)} {target}, such as '
            f'{lost[0][key]!r} of {describe(lost[0])}{other}; add it to '
            f'{target}, or take these {section} out',
        )


def check_frames(lists: Dict[str, Records], findings: Findings) -> None:
    """Find frames that come twice, and videos that look put together.

    Args:
        lists (dict): The records by section.
        findings (Findings): Gets errors and warnings.
    """
    videos: Dict[Any, Records] = defaultdict(list)
    for image in lists['images']:
        if is_id(image.get('video_id')):
            videos[image['video_id']].append(image)
    _check_places(videos, findings)
    _check_order(videos, findings)
    _check_sizes(videos, findings)
    _check_stride(videos, lists['annotations'], findings)
    _check_files(lists['images'], findings)


def _check_places(videos: Dict[Any, Records], findings: Findings) -> None:
    """A place of a video has one frame."""
    twice = []
    for frames in videos.values():
        for group in _shared(frames, 'frame_id', is_place).values():
            twice += group
    if twice:
        findings.error(
            len(twice),
            f'{len(twice)} images share their frame_id with another of their '
            f'video, such as {describe_all(twice)} with frame_id '
            f'{twice[0]["frame_id"]} of video {twice[0]["video_id"]!r}; count '
            'the frames of a video 0, 1, 2, ...',
        )


def _check_order(videos: Dict[Any, Records], findings: Findings) -> None:
    """Frames 1, 10, 2 were sorted as texts and not as numbers."""
    wrong: List[Tuple[Any, Records]] = []
    for video, images in videos.items():
        frames = [
            image
            for image in images
            if is_place(image.get('frame_id'))
            and is_text(image.get('file_name'))
        ]
        names = [frame['file_name'] for frame in frames]
        if len(set(map(len, names))) < 2:
            continue  # one length: both orders are the same
        frames.sort(key=lambda frame: frame['frame_id'])
        names = [frame['file_name'] for frame in frames]
        if names == sorted(names) != sorted(names, key=_natural):
            wrong.append((video, frames))
    if wrong:
        video, frames = wrong[0]
        names = [frame['file_name'] for frame in frames]
        natural = sorted(names, key=_natural)
        place = next(n for n, name in enumerate(names) if name != natural[n])
        findings.warn(
            sum(len(frames) for _, frames in wrong),
            f'the frames of {len(wrong)} videos are numbered in the order of '
            f'the alphabet, such as {names[max(0, place - 1)]!r}, '
            f'{names[place]!r}, ... of video {video!r}: if they were filmed '
            'in the order of their numbers, sort their names by number and '
            'set frame_id by that',
        )


def _check_sizes(videos: Dict[Any, Records], findings: Findings) -> None:
    """The frames of a video have one size."""
    mixed = {}
    for video, images in videos.items():
        sizes = {(repr(i.get('width')), repr(i.get('height'))) for i in images}
        if len(sizes) > 1:
            mixed[video] = sorted(sizes)
    if mixed:
        video, (first, second, *_) = next(iter(mixed.items()))
        findings.warn(
            sum(len(videos[video]) for video in mixed),
            f'{len(mixed)} videos have frames of several sizes, such as '
            f'video {video!r} of {first[0]} x {first[1]} and '
            f'{second[0]} x {second[1]}: they may be several videos under '
            'one id, and without PadVideoFrames training stops at such a '
            'sample; give each video an id of its own',
        )


def _check_stride(
    videos: Dict[Any, Records], annotations: Records, findings: Findings
) -> None:
    """Frames without boxes at a regular pace were not annotated."""
    boxed = {a['image_id'] for a in annotations if is_id(a.get('image_id'))}
    stride = number = empty = 0
    for images in videos.values():
        frames = sorted(
            int(image['frame_id'])
            for image in images
            if is_place(image.get('frame_id'))
            and is_id(image.get('id'))
            and image['id'] in boxed
        )
        number += len(frames)
        empty += len(images) - len(frames)
        for before, after in zip(frames, frames[1:]):
            stride = gcd(stride, after - before)
    if stride > 1 and number >= 10 and empty >= number:
        findings.warn(
            empty,
            f'only one frame in {stride} of the videos has boxes, {number} '
            f'of {number + empty}: if the others are not annotated, what is '
            'found in them counts as false; leave them out of the file for '
            'evaluation',
        )


def _check_files(images: Records, findings: Findings) -> None:
    """An image file has one record."""
    groups = _shared(images, 'file_name', is_text)
    if not groups:
        return
    name, records = next(iter(groups.items()))
    number = sum(map(len, groups.values()))
    in_video = any(
        _shared(group, 'video_id', is_id) for group in groups.values()
    )
    text = (
        f'{number} images name a file that another image names too, such as '
        f'{name!r} (ids {", ".join(repr(r.get("id")) for r in records[:3])})'
        ': each record is an image of its own, with its own boxes alone; '
    )
    if in_video:
        findings.error(
            number, text + 'give each frame one record, with all its boxes'
        )
    else:
        findings.warn(
            number, text + 'if they are one image, join their records'
        )


def _natural(name: str) -> List[Any]:
    """A key that sorts the numbers in names by value."""
    return [
        int(part) if part.isdecimal() else part
        for part in re.split(r'(\d+)', name)
    ]


def _distinct(values: List[Any]) -> Set[Any]:
    """The set of values; lists and dicts are in it as texts."""
    try:
        return set(values)
    except TypeError:
        return set(map(repr, values))


def _shared(
    records: Records, key: str, fits: Callable[[Any], bool]
) -> Dict[Any, Records]:
    """The values that several records have, and these records."""
    values = [record.get(key) for record in records]
    if len(_distinct(values)) == len(values):
        return {}
    seen: Set[Any] = set()
    shared: Set[Any] = set()
    for value in values:
        if fits(value):
            (shared if value in seen else seen).add(value)
    if not shared:
        return {}
    groups: Dict[Any, Records] = {}
    for record in records:
        if fits(record.get(key)) and record[key] in shared:
            groups.setdefault(record[key], []).append(record)
    return groups
