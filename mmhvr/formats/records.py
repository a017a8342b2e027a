# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What the JSON formats have in common."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Tuple

from ..annotations.fields import is_id, is_number, is_size
from .paths import files_in
from .structures import XYXY, TrackId

Record = Dict[str, Any]


def json_file(path: Path, wanted: str) -> Path:
    """Return the JSON file of an export.

    Args:
        path (Path): The file, or a folder with one JSON file in it or below.
        wanted (str): What the file should be, for the message.

    Raises:
        ValueError: The folder has none, or several.
    """
    files = files_in(path, '.json')
    if len(files) != 1:
        names = ', '.join(str(file) for file in files[:5])
        raise ValueError(
            f'{path} has {len(files)} JSON files ({names or "none"}); name '
            f'the one that is {wanted}'
        )
    return files[0]


def list_in(data: Any, key: str, file: Any) -> List[Record]:
    """Return a list of records; ValueError if it is none."""
    records = data.get(key) if isinstance(data, dict) else None
    if not isinstance(records, list) or not all(
        isinstance(record, dict) for record in records
    ):
        raise ValueError(f'{file}: {key} is no list of records')
    return records


def by_id(records: Iterable[Record], what: str, file: Any) -> Dict[Any, Any]:
    """Return records by their id; ValueError if two share one."""
    found: Dict[Any, Any] = {}
    for record in records:
        number = record.get('id')
        if not is_id(number) or number in found:
            raise ValueError(
                f'{file}: the id {number!r} of {what} is missing or comes '
                'twice; give each an id of its own'
            )
        found[number] = record
    return found


def corners(xywh: Any, where: str) -> XYXY:
    """Return ``[x, y, width, height]`` as corners."""
    if (
        not isinstance(xywh, (list, tuple))
        or len(xywh) != 4
        or not all(is_number(v) and math.isfinite(v) for v in xywh)
    ):
        raise ValueError(
            f'{where}: the box is {xywh!r}; it must be four numbers [x, y, '
            'width, height]'
        )
    x, y, w, h = xywh
    return x, y, x + w, y + h


def size_of(record: Record) -> Optional[Tuple[int, int]]:
    """Return width and height of a record, if it has them."""
    width, height = record.get('width'), record.get('height')
    if is_size(width) and is_size(height):
        return int(width or 0), int(height or 0)
    return None


def track_of(record: Record, *keys: str) -> Optional[TrackId]:
    """Return the first track id that a record or its attributes have."""
    for place in (record, attributes_of(record)):
        for key in keys:
            if is_id(place.get(key)):
                value = place[key]
                return int(value) if isinstance(value, float) else value
    return None


def attributes_of(record: Record) -> Record:
    """Return the attributes of a record, perhaps none."""
    attributes = record.get('attributes')
    return attributes if isinstance(attributes, dict) else {}


def flag_of(record: Record, key: str) -> bool:
    """Whether a record or its attributes have a mark."""
    value = record.get(key)
    if value is None:
        value = attributes_of(record).get(key)
    return value in (True, 1, 'true', 'True', '1')
