# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Label Studio's JSON of video tasks.

A result of the type ``videorectangle`` is a track: a ``sequence`` of
keyframes in percent of the frame, counted from 1. ``enabled`` says that the
object stays up to the next keyframe, or to the end; without it the object is
there in this frame and not after it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

from ..utils.text_files import read_json
from .interpolation import Key, fill, upright
from .names import VIDEO_SUFFIXES, stem_of
from .records import Record, corners, json_file
from .structures import Box, Export, Frame, Video, check_length

_UPLOADED = re.compile(r'(/upload/.*?)[0-9a-f]{8}-(?=[^/]+$)')


class LabelStudio(Export):
    """A JSON file of Label Studio, or a folder that has one."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.path = json_file(path, "Label Studio's")
        self._data: Any = None

    def videos(self) -> Iterator[Video]:
        """Yield the tasks; see :meth:`Export.videos`."""
        data = self._data = self._data or read_json(self.path)
        tasks = data if isinstance(data, list) else [data]
        for place, task in enumerate(tasks):
            if not isinstance(task, dict):
                raise ValueError(f'{self.path}: task {place} is no record')
            where = f'{self.path}, task {task.get("id", place)}'
            results = _results(task, where)
            if results:
                yield self._read(task, results, where)
            else:
                self.note(f'{where} has no annotation, and is left out')

    def _read(
        self, task: Record, results: List[List[Record]], where: str
    ) -> Video:
        """Read a task."""
        source = _source(task, where)
        if len(results) > 1:
            raise ValueError(
                f'{where} has {len(results)} annotations, of which one can '
                'be used; delete or cancel the others'
            )
        records = results[0]
        length = _length(records, where)
        labels = {
            record.get('id'): _label(record)
            for record in records
            if _label(record)
        }
        boxes: List[Box] = []
        skipped = 0
        for record in records:
            if record.get('type') != 'videorectangle':
                skipped += record.get('id') not in labels
                continue
            place = f'{where}, region {record.get("id")}'
            name = labels.get(record.get('id'))
            if not name:
                raise ValueError(
                    f'{place} has no label; give it one in Label Studio'
                )
            self.set_classes([name], place)
            keys = _keys(record, place)
            if keys and keys[-1].frame > length:
                raise ValueError(
                    f'{place}: frame {keys[-1].frame} is beyond the '
                    f'{length} frames of {source}'
                )
            track = str(record.get('id'))
            for key in fill(keys, length):
                x1, y1, x2, y2 = upright(key.xyxy, key.angle, corner=True)
                xyxy = (x1 / 100, y1 / 100, x2 / 100, y2 / 100)
                boxes.append(
                    Box(
                        key.frame,
                        xyxy,
                        name,
                        int(track) if track.isdigit() else track,
                        generated=key.generated,
                    )
                )
        if skipped:
            self.note(f'{skipped} results of {where} are no boxes: left out')
        return Video(
            stem_of(source),
            where,
            boxes,
            [Frame(n) for n in range(1, length + 1)] if length else None,
            source=source,
            base=1,
            shares=True,
        )


def _source(task: Record, where: str) -> str:
    """Return the video file of a task."""
    data = task.get('data')
    values = data.values() if isinstance(data, dict) else []
    texts = [v.partition('?')[0] for v in values if isinstance(v, str)]
    texts = [text for text in texts if text.lower().endswith(VIDEO_SUFFIXES)]
    if not texts:
        raise ValueError(
            f'{where} names no video file in its data; export the project as '
            'JSON'
        )
    # What Label Studio puts before the name of an uploaded file.
    return _UPLOADED.sub(r'\1', texts[0])


def _results(task: Record, where: str) -> List[List[Record]]:
    """Return the results of the annotations that were not cancelled."""
    found = []
    for annotation in task.get('annotations') or []:
        result = annotation.get('result') or []
        if not annotation.get('was_cancelled'):
            found.append(result)
        if not all(isinstance(record, dict) for record in result):
            raise ValueError(f'{where}: result is no list of records')
    return found


def _length(records: List[Record], where: str) -> int:
    """Return the number of frames of a task, 0 if nothing tells it."""
    counts = {
        (record.get('value') or {}).get('framesCount')
        for record in records
        if record.get('type') == 'videorectangle'
    }
    if not counts:
        return 0
    count = counts.pop()
    if counts or type(count) is not int or count < 1:
        raise ValueError(
            f'{where}: framesCount of its regions must be one whole number '
            f'above 0, found {sorted(map(str, {count, *counts}))}'
        )
    return check_length(count, where)


def _label(record: Record) -> Optional[str]:
    """Return the label of a result, if it has one."""
    labels = (record.get('value') or {}).get('labels') or []
    return str(labels[0]) if labels else None


def _keys(record: Record, where: str) -> List[Key]:
    """Return the keyframes of a result by frame."""
    keys: Dict[int, Key] = {}
    for item in record['value'].get('sequence') or []:
        frame = item.get('frame')
        if type(frame) is not int or frame < 1 or frame in keys:
            raise ValueError(
                f'{where}: frame {frame!r} of its sequence is no whole '
                'number from 1 on, or comes twice'
            )
        place = f'{where}, frame {frame}'
        sides = [item.get(key) for key in ('x', 'y', 'width', 'height')]
        keys[frame] = Key(
            frame,
            corners(sides, place),
            angle=float(item.get('rotation') or 0),
            lasts=bool(item.get('enabled', True)),
        )
    return [keys[frame] for frame in sorted(keys)]
