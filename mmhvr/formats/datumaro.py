# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Datumaro's JSON, as Datumaro and CVAT export it: one item a frame."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, Iterator, List, Tuple

from ..utils.text_files import read_json
from .interpolation import upright
from .names import first_number, group_images
from .paths import files_in
from .records import Record, attributes_of, corners, flag_of, list_in, track_of
from .structures import XYXY, Box, Export, Frame, Video

# What has an upright box around it.
_BOXED = ('bbox', 'polygon')


class Datumaro(Export):
    """A JSON file of Datumaro, or a folder of them."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.files = files_in(path, '.json')
        if not self.files:
            raise ValueError(f'{path} has no JSON file of Datumaro')

    def videos(self) -> Iterator[Video]:
        """Yield the videos; see :meth:`Export.videos`."""
        for file in self.files:
            yield from self._read(file)

    def _read(self, file: Path) -> Iterator[Video]:
        """Yield the videos of a file."""
        data = read_json(file)
        labels = _labels(data, file)
        self.set_classes(labels, str(file))
        items = {}
        for item in list_in(data, 'items', file):
            name = item.get('id')
            if not isinstance(name, str) or name in items:
                raise ValueError(
                    f'{file}: the id {name!r} of an item is no text or comes '
                    'twice'
                )
            items[name] = item
        skipped: Counter = Counter()
        lone = file.stem if file.stem != 'default' else _root_name(file)
        for name, frames in group_images(items, lone).items():
            found = [items[frame.name] for frame in frames]
            numbers = _numbers(found)
            # Numbers that are written count from 0.
            base = 0 if numbers else first_number(frames)
            numbers = numbers or [frame.number for frame in frames]
            boxes = [
                box
                for number, item in zip(numbers, found)
                for box in _boxes(item, number, labels, file, skipped)
            ]
            named = sorted(
                Frame(number, *_image(item))
                for number, item in zip(numbers, found)
            )
            yield Video(name, str(file), boxes, named, base=base)
        for kind, number in skipped.items():
            self.note(f'{number} annotations {kind!r} of {file} are left out')


def _labels(data: Any, file: Path) -> List[str]:
    """Return the class names."""
    place = data
    for key in ('categories', 'label'):
        place = place.get(key) if isinstance(place, dict) else None
    labels = list_in(place, 'labels', f'{file}, categories of label')
    return [str(label.get('name') or '') for label in labels]


def _root_name(file: Path) -> str:
    """Return the folder of an export: annotations/default.json is in it."""
    folder = file.resolve().parent
    return folder.parent.name if folder.name == 'annotations' else folder.name


def _numbers(items: List[Record]) -> List[int]:
    """Return the frame numbers that are written; none if not all are."""
    written: List[Any] = [
        (item.get('attr') or {}).get('frame') for item in items
    ]
    if all(type(n) is int and n >= 0 for n in written):
        if len(set(written)) == len(written):
            return written
    return []


def _image(item: Record) -> Tuple[str, Any]:
    """Return image name and size of an item."""
    media = item.get('image') or item.get('media') or {}
    size = media.get('size')
    name = str(media.get('path') or item['id'])
    if isinstance(size, list) and len(size) == 2 and all(size):
        return name, (int(size[1]), int(size[0]))
    return name, None


def _boxes(
    item: Record, frame: int, labels: List[str], file: Path, skipped: Counter
) -> Iterator[Box]:
    """Yield the boxes of an item."""
    for record in list_in(item, 'annotations', f'{file}, item {item["id"]}'):
        kind = record.get('type')
        where = f'{file}, item {item["id"]}, annotation {record.get("id")}'
        if kind not in _BOXED:
            skipped[str(kind)] += 1
            continue
        if flag_of(record, 'outside'):
            continue
        label = record.get('label_id')
        if type(label) is not int or not 0 <= label < len(labels):
            raise ValueError(
                f'{where}: label_id {label!r} is none of the {len(labels)} '
                'labels'
            )
        yield Box(
            frame,
            _corners(record, where),
            labels[label],
            track_of(record, 'track_id'),
            occluded=flag_of(record, 'occluded'),
            generated=attributes_of(record).get('keyframe') is False,
            ignored=flag_of(record, 'is_crowd') or flag_of(record, 'ignored'),
        )


def _corners(record: Record, where: str) -> XYXY:
    """Return the upright box of a record."""
    if record['type'] == 'polygon':
        points = record.get('points') or []
        if len(points) < 6:
            raise ValueError(f'{where}: a polygon has at least three points')
        xs, ys = points[::2], points[1::2]
        left, top = min(xs), min(ys)
        return corners([left, top, max(xs) - left, max(ys) - top], where)
    angle = attributes_of(record).get('rotation') or 0
    return upright(corners(record.get('bbox'), where), float(angle))
