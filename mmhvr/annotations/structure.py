# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Whether the records of an annotation file name each other rightly.

Records whose fields are of the wrong kind are passed over here: another
check has found them.
"""

from collections import defaultdict
from typing import Any, Callable, Dict, List, Set

from .fields import (
    Records,
    describe,
    describe_all,
    is_id,
    is_place,
    is_text,
)
from .findings import Findings


def check_ids(lists: Dict[str, Records], findings: Findings) -> None:
    """Find ids and category names that two records share.

    Args:
        lists (dict): The records by section.
        findings (Findings): Gets the errors.
    """
    for section, key, fits in (
        ('images', 'id', is_id),
        ('videos', 'id', is_id),
        ('annotations', 'id', is_id),
        ('categories', 'id', is_id),
        ('categories', 'name', is_text),
    ):
        groups = shared(lists[section], key, fits)
        if groups:
            value, records = next(iter(groups.items()))
            number = sum(map(len, groups.values()))
            findings.error(
                f'{section}-share-{key}',
                number,
                f'{number} {section} share their {key} with others',
                f'{value!r} is that of {describe_all(records)}',
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
        known = _distinct([record.get('id') for record in lists[target]])
        known.add(None)
        values = [record.get(key) for record in lists[section]]
        if _distinct(values) <= known:
            continue
        known.remove(None)
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
            'reference-lost',
            len(lost),
            f'{len(lost)} of {len(lists[section])} {section} name a {key} '
            f'that is not among the {len(known)} {target}',
            f'{lost[0][key]!r} of {describe(lost[0])}{other}',
            f'add it to {target}, or take these {section} out',
        )


def check_frames(images: Records, findings: Findings) -> None:
    """Find frames and image files that come twice.

    Args:
        images (list[dict]): The image records.
        findings (Findings): Gets errors and warnings.
    """
    videos: Dict[Any, Records] = defaultdict(list)
    for image in images:
        if is_id(image.get('video_id')):
            videos[image['video_id']].append(image)
    _check_places(videos, findings)
    _check_files(images, findings)


def _check_places(videos: Dict[Any, Records], findings: Findings) -> None:
    """Find places of a video that several frames have."""
    twice = []
    for frames in videos.values():
        for group in shared(frames, 'frame_id', is_place).values():
            twice += group
    if twice:
        findings.error(
            'frame-twice',
            len(twice),
            f'{len(twice)} images share their frame_id with another of their '
            'video',
            f'{describe_all(twice)} with frame_id {twice[0]["frame_id"]} of '
            f'video {twice[0]["video_id"]!r}',
        )


def _check_files(images: Records, findings: Findings) -> None:
    """Find image files that several records name."""
    groups = shared(images, 'file_name', is_text)
    if not groups:
        return
    name, records = next(iter(groups.items()))
    number = sum(map(len, groups.values()))
    in_video = any(
        shared(group, 'video_id', is_id) for group in groups.values()
    )
    findings.add(
        'file-twice' if in_video else 'file-in-two-videos',
        number,
        f'{number} images name a file that another image names too',
        f'{name!r} (ids {", ".join(repr(r.get("id")) for r in records[:3])})',
        'error' if in_video else 'warning',
    )


def _distinct(values: List[Any]) -> Set[Any]:
    """Return the set of values; lists and dicts are in it as texts."""
    try:
        return set(values)
    except TypeError:
        return set(map(repr, values))


def shared(
    records: Records, key: str, fits: Callable[[Any], bool]
) -> Dict[Any, Records]:
    """Return the values that several records have, and these records."""
    values = [record.get(key) for record in records]
    if len(_distinct(values)) == len(values):
        return {}
    seen: Set[Any] = set()
    twice: Set[Any] = set()
    for value in values:
        if fits(value):
            (twice if value in seen else seen).add(value)
    if not twice:
        return {}
    groups: Dict[Any, Records] = {}
    for record in records:
        if fits(record.get(key)) and record[key] in twice:
            groups.setdefault(record[key], []).append(record)
    return groups
