# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Mends what can be mended without guessing.

A mend is a function of the lists of a file; it changes the records that it
is handed, which are copies, and returns how many it changed. What a person
would have to decide is left as it is.
"""

from collections import Counter, defaultdict
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

import numpy as np

from ...utils.files import natural_key
from ..boxes import leave_out, repeated
from ..fields import Records, is_id, is_place, is_text
from ..reader import SECTIONS
from .pictures import Pictures, with_sizes

Content = Dict[str, Any]


def mend(
    content: Mapping[str, Any],
    kinds: List[str],
    pictures: Optional[Pictures] = None,
) -> Tuple[Content, Counter]:
    """Mend the faults of some kinds.

    Args:
        content (dict): A file, with its lists; it is not changed.
        kinds (list[str]): What is wrong with it, keys of :data:`MENDS`;
            others are passed over.
        pictures (dict[str, Picture], optional): What was seen of its images.

    Returns:
        tuple: The mended content, and how many records of each kind were
        changed.
    """
    mended = dict(content)
    if {'field-missing', 'field-mistyped'} & set(kinds):
        return mended, Counter()  # nothing can be looked up by its id
    for section in SECTIONS:
        mended[section] = [dict(record) for record in content[section]]
    number: Counter = Counter()
    for kind, function in MENDS.items():
        if kind in kinds:
            number[kind] = function(mended, pictures or {})
    return mended, +number


def _drop_copies(section: str) -> Callable[[Content, Pictures], int]:
    """Make the mend that takes records out that are there twice."""

    def drop(content: Content, pictures: Pictures) -> int:
        records = content[section]
        kept = list({repr(sorted(r.items())): r for r in records}.values())
        content[section] = kept
        return len(records) - len(kept)

    return drop


def _number_annotations(content: Content, pictures: Pictures) -> int:
    """Give each annotation a number; nothing refers to it."""
    for number, annotation in enumerate(content['annotations'], 1):
        annotation['id'] = number
    return len(content['annotations'])


def _join_categories(content: Content, pictures: Pictures) -> int:
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


def _join_images(content: Content, pictures: Pictures) -> int:
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


def _list_videos(content: Content, pictures: Pictures) -> int:
    """Write a record for each video that an image names."""
    ids = dict.fromkeys(image.get('video_id') for image in content['images'])
    content['videos'] = [
        dict(id=video, name=str(video)) for video in ids if video is not None
    ]
    return len(content['videos'])


def _drop_images(content: Content, pictures: Pictures) -> int:
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
    _count_frames(content, pictures)
    return len(images) - len(kept)


def _fill_sizes(content: Content, pictures: Pictures) -> int:
    """Write the sizes of pictures where none is recorded."""
    before = content['images']
    content['images'] = with_sizes(before, pictures)
    return sum(a is not b for a, b in zip(before, content['images']))


def _set_key_frames(content: Content, pictures: Pictures) -> int:
    """Say of images that do not say it that they may be targets."""
    silent = [
        i for i in content['images'] if i.get('is_vid_train_frame') is None
    ]
    for image in silent:
        image['is_vid_train_frame'] = True
    return len(silent)


def _drop_videos(content: Content, pictures: Pictures) -> int:
    """Take out videos that no image names."""
    named = {image.get('video_id') for image in content['images']}
    videos = content['videos']
    content['videos'] = [video for video in videos if video['id'] in named]
    return len(videos) - len(content['videos'])


def _number_categories(content: Content, pictures: Pictures) -> int:
    """Give categories the ids 1, 2, 3, ... as they are listed."""
    new = {c['id']: n for n, c in enumerate(content['categories'], 1)}
    for record in content['categories']:
        record['id'] = new[record['id']]
    for record in content['annotations']:
        record['category_id'] = new[record['category_id']]
    return len(new)


def _sort_frames(content: Content, pictures: Pictures) -> int:
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


def _count_frames(content: Content, pictures: Pictures) -> int:
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


def _turn_boxes(content: Content, pictures: Pictures) -> int:
    """Write inverted boxes from their upper left corner on."""
    changed = 0
    for annotation in content['annotations']:
        x, y, width, height = annotation['bbox']
        if width < 0 or height < 0:
            annotation['bbox'] = [
                min(x, x + width),
                min(y, y + height),
                abs(width),
                abs(height),
            ]
            changed += 1
    return changed


def _drop_boxes(content: Content, pictures: Pictures) -> int:
    """Take out the boxes that neither training nor evaluation reads."""
    boxes, sizes, annotations = _box_columns(content)
    kept = leave_out(boxes, sizes) == 0
    content['annotations'] = [a for a, k in zip(annotations, kept) if k]
    return int((~kept).sum())


def _cut_boxes(content: Content, pictures: Pictures) -> int:
    """Cut boxes at the border of their images, as training does."""
    boxes, sizes, annotations = _box_columns(content)
    with np.errstate(invalid='ignore'):
        start = np.maximum(boxes[:, :2], 0)
        end = np.minimum(boxes[:, :2] + boxes[:, 2:], sizes)
        cut = np.hstack([start, end - start])
        differs = (cut != boxes).any(1) & (cut[:, 2:] >= 1).all(1)
    for place in np.flatnonzero(differs).tolist():
        annotations[place]['bbox'] = cut[place].tolist()
    return int(differs.sum())


def _drop_repeats(content: Content, pictures: Pictures) -> int:
    """Take out the later ones of equal boxes."""
    annotations = content['annotations']
    numbers: Dict[Any, int] = {}
    rows = [
        [
            numbers.setdefault(('image', a['image_id']), len(numbers)),
            numbers.setdefault(('category', a['category_id']), len(numbers)),
            *a['bbox'],
        ]
        for a in annotations
    ]
    gone = set(repeated(np.array(rows, dtype=np.float64)).tolist())
    content['annotations'] = [
        a for n, a in enumerate(annotations) if n not in gone
    ]
    return len(gone)


def _box_columns(content: Content) -> tuple:
    """Boxes [A, 4], the sizes of their images [A, 2], and their records."""
    annotations = content['annotations']
    size_of = {
        image['id']: (
            np.inf if image.get('width') is None else image['width'],
            np.inf if image.get('height') is None else image['height'],
        )
        for image in content['images']
    }
    boxes = np.array([a['bbox'] for a in annotations], dtype=np.float64)
    sizes = [size_of[a['image_id']] for a in annotations]
    return boxes.reshape(-1, 4), np.array(sizes).reshape(-1, 2), annotations


#: What mends which kind, in the order in which it has to be done.
MENDS: Dict[str, Callable[[Content, Pictures], int]] = {
    'images-share-id': _drop_copies('images'),
    'videos-share-id': _drop_copies('videos'),
    'categories-share-id': _drop_copies('categories'),
    'categories-share-name': _join_categories,
    'annotations-share-id': _number_annotations,
    'file-twice': _join_images,
    'videos-missing': _list_videos,
    'image-missing': _drop_images,
    'image-unreadable': _drop_images,
    'size-missing': _fill_sizes,
    'video-without-frames': _drop_videos,
    'category-ids': _number_categories,
    'key-frame-missing': _set_key_frames,
    'frame-id-missing': _sort_frames,
    'frames-by-alphabet': _sort_frames,
    'frame-gaps': _count_frames,
    'box-inverted': _turn_boxes,
    'box-not-finite': _drop_boxes,
    'box-empty': _drop_boxes,
    'box-outside': _drop_boxes,
    'box-beyond': _cut_boxes,
    'box-repeated': _drop_repeats,
}
