# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Mends of ids and of records that are there twice; see :mod:`.mending`."""

from collections import defaultdict
from typing import Any, Callable, Dict

from ..fields import Records, is_id, is_text
from .pictures import Pictures

Content = Dict[str, Any]


def drop_copies(section: str) -> Callable[[Content, Pictures], int]:
    """Make the mend that takes records out that are there twice."""

    def drop(content: Content, pictures: Pictures) -> int:
        records = content[section]
        kept = list({repr(sorted(r.items())): r for r in records}.values())
        content[section] = kept
        return len(records) - len(kept)

    return drop


def number_annotations(content: Content, pictures: Pictures) -> int:
    """Give each annotation a number; nothing refers to it."""
    for number, annotation in enumerate(content['annotations'], 1):
        annotation['id'] = number
    return len(content['annotations'])


def join_categories(content: Content, pictures: Pictures) -> int:
    """Make one category of those with one name."""
    first: Dict[str, Any] = {}
    new: Dict[Any, Any] = {}
    kept = []
    for category in content['categories']:
        if category.get('name') not in first:
            first[category.get('name')] = category['id']
            kept.append(category)
        new[category['id']] = first[category.get('name')]
    number = len(content['categories']) - len(kept)
    content['categories'] = kept
    for annotation in content['annotations']:
        label = annotation.get('category_id')
        annotation['category_id'] = new.get(label, label)
    return number


def join_images(content: Content, pictures: Pictures) -> int:
    """Make one record of those that name one file of one video."""
    groups: Dict[Any, Records] = defaultdict(list)
    for image in content['images']:
        if is_text(image.get('file_name')) and is_id(image.get('video_id')):
            groups[image['video_id'], image['file_name']].append(image)
    new: Dict[Any, Any] = {}
    for records in groups.values():
        if len({(r.get('width'), r.get('height')) for r in records}) == 1:
            new.update((r['id'], records[0]['id']) for r in records[1:])
    content['images'] = [i for i in content['images'] if i['id'] not in new]
    for annotation in content['annotations']:
        image = annotation.get('image_id')
        annotation['image_id'] = new.get(image, image)
    return len(new)


def list_videos(content: Content, pictures: Pictures) -> int:
    """Write a record for each video that an image names."""
    ids = dict.fromkeys(image.get('video_id') for image in content['images'])
    content['videos'] = [
        dict(id=video, name=str(video)) for video in ids if video is not None
    ]
    return len(content['videos'])


def drop_videos(content: Content, pictures: Pictures) -> int:
    """Take out videos that no image names."""
    named = {image.get('video_id') for image in content['images']}
    videos = content['videos']
    content['videos'] = [video for video in videos if video['id'] in named]
    return len(videos) - len(content['videos'])


def number_categories(content: Content, pictures: Pictures) -> int:
    """Give categories the ids 1, 2, 3, ... as they are listed."""
    new = {c['id']: n for n, c in enumerate(content['categories'], 1)}
    for record in content['categories']:
        record['id'] = new[record['id']]
    for record in content['annotations']:
        record['category_id'] = new[record['category_id']]
    return len(new)
