# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Reading a COCO or CocoVID annotation file.

Legend: I images, A annotations.
"""

import os.path as osp
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

import numpy as np
from mmengine.fileio import exists

from ..utils.text_files import read_json
from .boxes import check_boxes, check_ignored, check_repeats, leave_out
from .fields import Records, check_fields
from .findings import AnnotationError, Findings
from .structure import check_frames, check_ids, check_references
from .videos import check_videos

SECTIONS = ('images', 'annotations', 'categories', 'videos')
SIZE = ('width', 'height')


class Tally(NamedTuple):
    """Boxes of a category.

    Attributes:
        found (int): To be learnt and found.
        ignored (int): Of crowds, and ignored ones.
        left_out (int): That do not count.
    """

    found: int
    ignored: int
    left_out: int


@dataclass(frozen=True)
class AnnotationFile:
    """An annotation file whose records were checked.

    Attributes:
        path (str): Its name.
        images (list[dict]): The image records, I.
        annotations (list[dict]): The annotation records, A.
        categories (list[dict]): The category records.
        videos (list[dict]): The video records; empty if there are none.
        boxes (np.ndarray): xywh in pixels, float64 [A, 4].
        image_index (np.ndarray): Place of each box's image, int64 [A].
        category_index (np.ndarray): Place of its category, int64 [A].
        counts (np.ndarray): Whether a box counts, bool [A]; the others are
            left out of everything.
        ignored (np.ndarray): ``iscrowd`` or ``ignore``, bool [A]: a region
            that is neither learnt nor found, where detections are not false.
    """

    path: str
    images: Records
    annotations: Records
    categories: Records
    videos: Records
    boxes: np.ndarray
    image_index: np.ndarray
    category_index: np.ndarray
    counts: np.ndarray
    ignored: np.ndarray

    def annotations_of(self) -> List[List[int]]:
        """Places of the annotations that count, for each image, I lists."""
        places: List[List[int]] = [[] for _ in self.images]
        for n in np.flatnonzero(self.counts).tolist():
            places[self.image_index[n]].append(n)
        return places

    def tally(self) -> Dict[str, Tally]:
        """Boxes of each category, by name, in the order of the file."""
        kinds = np.where(self.ignored, 1, 0)
        kinds[~self.counts] = 2
        table = np.zeros((len(self.categories), 3), dtype=np.int64)
        np.add.at(table, (self.category_index, kinds), 1)
        return {
            category['name']: Tally(*row)
            for category, row in zip(self.categories, table.tolist())
        }


def read_annotations(
    path: str, remedy: str = 'check the path, or convert the data first'
) -> AnnotationFile:
    """Read an annotation file and say all that is wrong with it.

    What would train or evaluate something else than is meant is an error;
    boxes that are left out, and what looks like a slip, are one warning.

    Args:
        path (str): The JSON file.
        remedy (str): What to do if there is no such file.

    Returns:
        AnnotationFile: Its records.

    Raises:
        FileNotFoundError: There is no such file.
        AnnotationError: It is not a JSON object of lists of records, or ids,
            names or fields are wrong; the text says everything at once, the
            costliest first.
    """
    findings = Findings(path)
    file = examine(path, read_content(path, remedy), findings)
    findings.close()
    assert file is not None
    return file


def examine(
    path: str, content: Mapping[str, Any], findings: Findings
) -> Optional[AnnotationFile]:
    """Look for all that is wrong with the records of a file.

    Args:
        path (str): Its name.
        content (dict): As :func:`read_content` returns it.
        findings (Findings): Gets what is found.

    Returns:
        AnnotationFile: None if fields or ids are wrong, so that boxes and
        videos could not be looked at.
    """
    lists: Dict[str, Records] = {name: content[name] for name in SECTIONS}
    check_fields(lists, findings)
    check_ids(lists, findings)
    check_references(lists, findings)
    check_frames(lists['images'], findings)
    if findings.has_errors:
        # What follows needs boxes and images that are what they should be.
        return None
    annotations = lists['annotations']
    boxes = np.array(
        [ann['bbox'] for ann in annotations], dtype=np.float64
    ).reshape(-1, 4)
    image_index = _places(annotations, 'image_id', lists['images'])
    sizes = _sizes(lists['images'], image_index)
    reasons = leave_out(boxes, sizes)
    file = AnnotationFile(
        path=path,
        boxes=boxes,
        image_index=image_index,
        category_index=_places(
            annotations, 'category_id', lists['categories']
        ),
        counts=reasons == 0,
        ignored=np.array([_is_ignored(a) for a in annotations], dtype=bool),
        **lists,
    )
    check_boxes(boxes, reasons, sizes, annotations, findings)
    check_repeats(
        np.column_stack([image_index, file.category_index, boxes]),
        annotations,
        findings,
    )
    check_ignored(file.ignored, findings)
    check_videos(file.images, annotations, findings)
    return file


def read_content(
    path: str, remedy: str = 'check the path, or convert the data first'
) -> Dict[str, Any]:
    """Read an annotation file without looking at its records.

    Args:
        path (str): The JSON file.
        remedy (str): What to do if there is no such file.

    Returns:
        dict: The whole object, with a list of records for each of
        :data:`SECTIONS`.

    Raises:
        FileNotFoundError: There is no such file.
        AnnotationError: It is not a JSON object of lists of records.
    """
    if not path or not exists(path):
        raise FileNotFoundError(
            f'annotation file {path!r} does not exist (looked for '
            f'{osp.abspath(path)}); {remedy}'
        )
    remedy = 'it is not a COCO or CocoVID file: convert the data again'
    try:
        data = read_json(path)
    except ValueError as error:
        raise AnnotationError(f'annotation file {error}') from error
    if not isinstance(data, dict):
        raise AnnotationError(
            f'annotation file {path} holds a {type(data).__name__} in place '
            f'of an object with {", ".join(SECTIONS)}; {remedy}'
        )
    for section in SECTIONS:
        records = data.get(section)
        data[section] = records = [] if records is None else records
        if not isinstance(records, list) or not all(
            isinstance(record, dict) for record in records
        ):
            raise AnnotationError(
                f'annotation file {path}: {section} is not a list of records; '
                f'{remedy}'
            )
    if not any(data[section] for section in SECTIONS):
        others = sorted(set(data) - set(SECTIONS))[:6]
        raise AnnotationError(
            f'annotation file {path} has none of {", ".join(SECTIONS)}, but '
            f'{others}; {remedy}'
        )
    return data


def _places(records: Records, key: str, targets: Records) -> np.ndarray:
    """Return the place of what each record names by its id, int64."""
    place = {target['id']: n for n, target in enumerate(targets)}
    return np.array([place[r[key]] for r in records], dtype=np.int64)


def _is_ignored(annotation: Dict[str, Any]) -> bool:
    """Whether it is a crowd, or marked to be ignored."""
    return bool(annotation.get('iscrowd') or annotation.get('ignore'))


def _sizes(images: Records, index: np.ndarray) -> Optional[np.ndarray]:
    """Width and height of each box's image, [A, 2], if the file has them."""
    if any(image.get(k) is None for image in images[:1] for k in SIZE):
        return None
    columns = [
        np.array([image[key] for image in images], dtype=np.float64)
        for key in SIZE
    ]
    return np.column_stack(columns)[index]
