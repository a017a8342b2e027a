# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""CVAT for video 1.1: XML of one or several tasks or of a job.

A track has boxes in its keyframes at least; what lies between follows from
them (:mod:`.interpolation`). ``outside`` says that the object is not there
from that frame on. Frames count from 0 in the video file.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from ..utils.xml_files import iter_children, root_tag
from .interpolation import Key, fill, upright
from .names import stem_of
from .paths import files_in
from .structures import Box, Export, Frame, Video, check_length

ROOT = 'annotations'
# Shapes that have an upright box around them.
_BOXED = ('box', 'ellipse')


class _Task(NamedTuple):
    """What ``<meta>`` says of a task or a job."""

    name: str
    source: str
    size: Optional[Tuple[int, int]]
    frames: range


class CvatVideo(Export):
    """An XML file of the kind "CVAT for video 1.1", or a folder of them."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.files = [
            file for file in files_in(path, '.xml') if root_tag(file) == ROOT
        ]
        if not self.files:
            raise ValueError(
                f'{path} has no XML file of CVAT (<{ROOT}>); export the task '
                'as "CVAT for video 1.1" and unpack the archive'
            )

    def videos(self) -> Iterator[Video]:
        """Yield the tasks; see :meth:`Export.videos`."""
        for file in self.files:
            yield from self._read(file)

    def _read(self, file: Path) -> Iterator[Video]:
        """Yield the tasks of a file."""
        tasks: Dict[str, _Task] = {}
        boxes: Dict[str, List[Box]] = {}
        skipped: Counter = Counter()
        known: List[str] = []
        for element in iter_children(file):
            if element.tag == 'meta':
                tasks = _tasks(element, file)
                boxes = {task: [] for task in tasks}
                known = _labels(element)
                self.set_classes(known, str(file))
            elif element.tag == 'track':
                task = _task_of(element, tasks, file)
                label = element.get('label', '')
                if known and label not in known:
                    raise ValueError(
                        f'{_where(file, element)}: the label {label!r} is '
                        f'not among those of the task, {known}; export again'
                    )
                self.set_classes([label], _where(file, element))
                boxes[task] += _boxes(element, tasks[task], file, skipped)
            elif element.tag == 'image':
                raise ValueError(
                    f'{file} has images, so it is of the kind "CVAT for '
                    'images"; export the task as "CVAT for video 1.1", which '
                    'keeps the tracks'
                )
        for kind, number in skipped.items():
            self.note(f'{number} shapes <{kind}> of {file} are left out')
        if not tasks:
            raise ValueError(
                f'{file} has no <task> or <job> in its <meta>; export it as '
                '"CVAT for video 1.1"'
            )
        for task_id, found in tasks.items():
            yield Video(
                name=found.name,
                where=str(file),
                boxes=boxes[task_id],
                frames=[Frame(n) for n in found.frames],
                source=found.source,
                size=found.size,
            )


def _tasks(meta: ET.Element, file: Path) -> Dict[str, _Task]:
    """Return the tasks of a file by id."""
    found = list(meta.iter('task')) or list(meta.iter('job'))
    tasks = {}
    for element in found:
        source = (element.findtext('source') or '').strip()
        name = (element.findtext('name') or '').strip()
        name = stem_of(name or source) or file.stem
        size = None
        if element.find('original_size') is not None:
            size = (
                _whole(element, 'original_size/width', file),
                _whole(element, 'original_size/height', file),
            )
        number = check_length(_whole(element, 'size', file), str(file))
        step = _step(element.findtext('frame_filter') or '', file)
        start = _whole(element, 'start_frame', file, 0)
        tasks[element.findtext('id') or ''] = _Task(
            name,
            source,
            size,
            range(start, start + number * step, step),
        )
    return tasks


def _step(text: str, file: Path) -> int:
    """From an annotated frame to the next: 5 for 'step=5'."""
    value = text.replace(' ', '').rpartition('step=')[2]
    if not text.strip():
        return 1
    if not value.isdigit() or int(value) < 1:
        raise ValueError(
            f'{file}: <frame_filter> is {text!r}; it must be step=N'
        )
    return int(value)


def _labels(meta: ET.Element) -> List[str]:
    """Return the names of the labels; parts of skeletons have a parent."""
    return list(
        dict.fromkeys(
            (label.findtext('name') or '').strip()
            for label in meta.iter('label')
            if label.find('parent') is None
        )
    )


def _task_of(track: ET.Element, tasks: Dict[str, _Task], file: Path) -> str:
    """Return the id of the task of a track."""
    task = track.get('task_id')
    if task is None and len(tasks) == 1:
        return next(iter(tasks))
    if task is None or task not in tasks:
        raise ValueError(
            f'{_where(file, track)} is of the task {task!r}, but <meta> has '
            f'the tasks {list(tasks)}; export again'
        )
    return task


def _boxes(
    track: ET.Element, task: _Task, file: Path, skipped: Counter
) -> Iterator[Box]:
    """Yield the boxes of a track."""
    keys: Dict[int, Key] = {}
    for shape in track:
        if shape.tag not in _BOXED:
            skipped[shape.tag] += 1
            continue
        frame = int(_number(shape, 'frame', file, track))
        place = f'{_where(file, track)}, frame {frame}'
        if frame in keys:
            raise ValueError(
                f'{place}: the track has two boxes in one frame; take out one'
            )
        outside = _flag(shape, 'outside', place)
        # The frame after the last may say that the object is gone.
        if frame not in task.frames and not outside:
            raise ValueError(
                f'{place} is not among the frames of {task.name!r}, which '
                f'are {_range(task.frames)}: the file is of another video, '
                'or was changed'
            )
        keys[frame] = Key(
            frame,
            _corners(shape, file, track),
            angle=_number(shape, 'rotation', file, track, '0'),
            shown=not outside,
            lasts=not outside,
            occluded=_flag(shape, 'occluded', place),
            generated=not _flag(shape, 'keyframe', place, '1'),
        )
    track_id = track.get('id', '')
    number = int(track_id) if track_id.isdigit() else track_id
    if not keys or not task.frames:
        return
    ordered = [keys[frame] for frame in sorted(keys)]
    for key in fill(ordered, task.frames[-1], task.frames.step):
        yield Box(
            key.frame,
            upright(key.xyxy, key.angle),
            track.get('label', ''),
            number,
            occluded=key.occluded,
            generated=key.generated,
        )


def _corners(
    shape: ET.Element, file: Path, track: ET.Element
) -> Tuple[float, float, float, float]:
    """Corners of a box, or of the box around an ellipse."""

    def value(name: str) -> float:
        return _number(shape, name, file, track)

    if shape.tag == 'ellipse':
        cx, cy, rx, ry = map(value, ('cx', 'cy', 'rx', 'ry'))
        return cx - rx, cy - ry, cx + rx, cy + ry
    return value('xtl'), value('ytl'), value('xbr'), value('ybr')


def _number(
    shape: ET.Element,
    name: str,
    file: Path,
    track: ET.Element,
    default: str = '',
) -> float:
    """Value of an attribute; ValueError says where it is no number."""
    text = shape.get(name, default)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or name == 'frame' and not text.isdigit():
        raise ValueError(
            f'{_where(file, track)}, frame {shape.get("frame")}: {name} of '
            f'<{shape.tag}> is {text!r}, no number'
        )
    return value


def _flag(
    shape: ET.Element, name: str, place: str, default: str = '0'
) -> bool:
    """Whether an attribute says 1."""
    text = shape.get(name, default)
    if text not in ('0', '1'):
        raise ValueError(f'{place}: {name} is {text!r}; write 0 or 1')
    return text == '1'


def _whole(
    element: ET.Element, tag: str, file: Path, default: Optional[int] = None
) -> int:
    """Value of a child that is a whole number from 0 on."""
    text = (element.findtext(tag) or '').strip()
    if not text and default is not None:
        return default
    if not text.isdigit():
        raise ValueError(
            f'{file}: <{tag}> of <{element.tag}> in <meta> is {text!r}; '
            'export again as "CVAT for video 1.1"'
        )
    return int(text)


def _range(frames: range) -> str:
    """Frames for a message."""
    if not frames:
        return 'none'
    step = f', every {frames.step}th' if frames.step > 1 else ''
    return f'{frames[0]} to {frames[-1]}{step}'


def _where(file: Path, track: ET.Element) -> str:
    """Name a track so that a person finds it."""
    return f'{file}, track {track.get("id")} ({track.get("label")})'
