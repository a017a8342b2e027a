# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Mends of frames, their order and their pictures; see :mod:`.mending`."""

from collections import defaultdict
from typing import Any, Dict, List

from ...utils.files import natural_key
from ..fields import Records, is_id, is_place
from .pictures import Pictures, is_turned, with_sizes

Content = Dict[str, Any]


def drop_images(content: Content, pictures: Pictures) -> int:
    """Take out the images that cannot be read, unless none can."""
    usable = {name for name, picture in pictures.items() if picture.size}
    images = content['images']
    kept = [i for i in images if i['file_name'] in usable]
    if not kept:
        return 0
    content['images'] = kept
    ids = {image['id'] for image in kept}
    content['annotations'] = [
        a for a in content['annotations'] if a['image_id'] in ids
    ]
    count_frames(content, pictures)
    return len(images) - len(kept)


def fill_sizes(content: Content, pictures: Pictures) -> int:
    """Write the sizes of pictures where none is recorded."""
    before = content['images']
    content['images'] = with_sizes(before, pictures)
    return sum(a is not b for a, b in zip(before, content['images']))


def turn_images(content: Content, pictures: Pictures) -> int:
    """Write sizes and boxes of images as they are shown, not as stored.

    An image whose recorded size is the stored one has boxes of that. Images
    with segmentations are left.
    """
    marks = {
        image['id']: pictures[image['file_name']].mark
        for image in content['images']
        if is_turned(image, pictures.get(image['file_name']))
    }
    for annotation in content['annotations']:
        if annotation.get('segmentation'):
            marks.pop(annotation['image_id'], None)
    size_of = {}
    for image in content['images']:
        if image['id'] in marks:
            size = image['width'], image['height']
            size_of[image['id']] = size
            image['height'], image['width'] = size
    for annotation in content['annotations']:
        mark = marks.get(annotation['image_id'])
        if mark is not None:
            width, height = size_of[annotation['image_id']]
            x, y, w, h = annotation['bbox']
            right, below = width - x - w, height - y - h
            annotation['bbox'] = {
                5: [y, x, h, w],
                6: [below, x, h, w],
                7: [below, right, h, w],
                8: [y, right, h, w],
            }[mark]
    return len(marks)


def set_key_frames(content: Content, pictures: Pictures) -> int:
    """Say of images that do not say it that they may be targets."""
    silent = [
        i for i in content['images'] if i.get('is_vid_train_frame') is None
    ]
    for image in silent:
        image['is_vid_train_frame'] = True
    return len(silent)


def sort_frames(content: Content, pictures: Pictures) -> int:
    """Put frames in the order of the numbers in their names.

    For videos of which some frame has no number, or whose names are in the
    order of the alphabet, if the names differ in one number alone.
    """
    changed = 0
    for frames in _by_video(content).values():
        names = [frame['file_name'] for frame in frames]
        numbered = all(is_place(frame.get('frame_id')) for frame in frames)
        if numbered:
            frames = sorted(frames, key=lambda frame: frame['frame_id'])
            names = [frame['file_name'] for frame in frames]
        sure = _differ_in_a_number(names)
        if not sure or numbered and names != sorted(names):
            continue
        order = sorted(
            frames, key=lambda frame: natural_key(frame['file_name'])
        )
        for place, frame in enumerate(order):
            changed += frame.get('frame_id') != place
            frame['frame_id'] = place
    return changed


def _differ_in_a_number(names: List[str]) -> bool:
    """Whether names are equal but for one number, which tells them apart."""
    parts = [natural_key(name)[0] for name in names]
    if len(set(map(len, parts))) != 1:
        return False
    columns = [set(column) for column in zip(*parts)]
    differing = [n for n, column in enumerate(columns) if len(column) > 1]
    return (
        len(differing) == 1
        and differing[0] % 2 == 1
        and len(columns[differing[0]]) == len(names)
    )


def count_frames(content: Content, pictures: Pictures) -> int:
    """Count the frames of each video 0, 1, 2, ... in their order."""
    changed = 0
    for frames in _by_video(content).values():
        if not all(is_place(frame.get('frame_id')) for frame in frames):
            continue
        frames.sort(key=lambda frame: frame['frame_id'])
        for place, frame in enumerate(frames):
            changed += frame['frame_id'] != place
            frame['frame_id'] = place
    return changed


def _by_video(content: Content) -> Dict[Any, Records]:
    """Return the images of each video."""
    videos: Dict[Any, Records] = defaultdict(list)
    for image in content['images']:
        if is_id(image.get('video_id')):
            videos[image['video_id']].append(image)
    return videos
