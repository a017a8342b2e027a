# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Mends what can be mended without guessing.

A mend is a function of the lists of a file; it changes the records that it
is handed, which are copies, and returns how many it changed. What a person
would have to decide is left as it is.
"""

from collections import Counter
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from ..reader import SECTIONS
from . import mend_boxes, mend_frames, mend_records
from .pictures import Pictures

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


#: What mends which kind, in the order in which it has to be done.
MENDS: Dict[str, Callable[[Content, Pictures], int]] = {
    'images-share-id': mend_records.drop_copies('images'),
    'videos-share-id': mend_records.drop_copies('videos'),
    'categories-share-id': mend_records.drop_copies('categories'),
    'categories-share-name': mend_records.join_categories,
    'annotations-share-id': mend_records.number_annotations,
    'file-twice': mend_records.join_images,
    'videos-missing': mend_records.list_videos,
    'image-missing': mend_frames.drop_images,
    'image-unreadable': mend_frames.drop_images,
    'size-missing': mend_frames.fill_sizes,
    'image-turned': mend_frames.turn_images,
    'video-without-frames': mend_records.drop_videos,
    'category-ids': mend_records.number_categories,
    'key-frame-missing': mend_frames.set_key_frames,
    'frame-id-missing': mend_frames.sort_frames,
    'frames-by-alphabet': mend_frames.sort_frames,
    'frame-gaps': mend_frames.count_frames,
    'box-inverted': mend_boxes.turn_boxes,
    'box-not-finite': mend_boxes.drop_boxes,
    'box-empty': mend_boxes.drop_boxes,
    'box-outside': mend_boxes.drop_boxes,
    'box-beyond': mend_boxes.cut_boxes,
    'box-repeated': mend_boxes.drop_repeats,
}
