# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""MOTChallenge: a folder a sequence, with ``gt/gt.txt`` and ``seqinfo.ini``.

A line is ``frame, id, left, top, width, height, flag, class, visibility``;
frames and pixels count from 1, and flag 0 says that the box is ignored. CVAT
and Datumaro write pixels from 0 into the same form, with ``labels.txt`` and
without ``seqinfo.ini``, by which they are told apart.
"""

from __future__ import annotations

import configparser
import math
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from ..utils.text_files import numbered_lines, read_text
from .paths import files_in
from .structures import Box, Export, Frame, Video, check_length

# The classes of MOTChallenge from 1 on, where no labels.txt names others.
MOT_CLASSES = (
    'pedestrian',
    'person on vehicle',
    'car',
    'bicycle',
    'motorbike',
    'non motorized vehicle',
    'static person',
    'distractor',
    'occluder',
    'occluder on the ground',
    'occluder full',
    'reflection',
    'crowd',
)


class _Info(NamedTuple):
    """What ``seqinfo.ini`` says; None for what it does not."""

    folder: str = 'img1'
    length: Optional[int] = None
    size: Optional[Tuple[int, int]] = None
    fps: Optional[float] = None


class MotChallenge(Export):
    """A sequence in MOTChallenge's form, or a folder of them."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.files = [
            file
            for file in files_in(path, '.txt')
            if path.is_file() or file.parts[-2:] == ('gt', 'gt.txt')
        ]
        if not self.files:
            raise ValueError(
                f'{path} has no gt/gt.txt in it or in a folder below; name '
                'the folder of a sequence, or of several'
            )

    def videos(self) -> Iterator[Video]:
        """Yield the sequences; see :meth:`Export.videos`."""
        for file in self.files:
            yield self._read(file)

    def _read(self, file: Path) -> Video:
        """Read a sequence."""
        in_gt = file.parent.name == 'gt'
        folder = file.parent.parent if in_gt else file.parent
        # A file alone is named after itself.
        name = folder.resolve().name if in_gt else file.stem
        info = _read_info(folder / 'seqinfo.ini')
        labels = _read_labels(folder)
        first_pixel = 1
        if labels and info is None:
            first_pixel = 0
            self.note(
                'boxes are taken as CVAT and Datumaro write them, with pixels '
                'from 0, where there is labels.txt and no seqinfo.ini'
            )
        if labels:
            self.set_classes(labels, str(folder))
        known = labels or list(MOT_CLASSES)
        boxes = [
            _box(file, number, line, known, first_pixel)
            for number, line in numbered_lines(file)
        ]
        if not labels:
            used = {box.name for box in boxes}
            names = [name for name in (*known, 'object') if name in used]
            self.set_classes(names, str(file))
        info = info or _Info()
        frames = None
        if info.length is not None:
            length = check_length(info.length, f'{folder}/seqinfo.ini')
            frames = [Frame(number) for number in range(1, length + 1)]
        return Video(
            name,
            str(file),
            boxes,
            frames,
            source=f'{name}/{info.folder}',
            size=info.size,
            fps=info.fps,
            base=1,
        )


def _box(
    file: Path, number: int, line: str, labels: List[str], first_pixel: int
) -> Box:
    """Read a line."""
    values = []
    for text in line.replace('\t', ',').split(','):
        try:
            values.append(float(text))
        except ValueError:
            values.append(math.nan)
    if len(values) < 6 or not all(map(math.isfinite, values)):
        raise ValueError(
            f'{file}:{number}: expected frame, id, left, top, width, height, '
            f'flag, class, visibility, found {line.strip()!r}'
        )
    frame, track, left, top, width, height = values[:6]
    if frame < 1 or frame % 1 or track % 1:
        raise ValueError(
            f'{file}:{number}: frame {frame:g} and id {track:g} must be whole '
            'numbers, frames from 1'
        )
    # In files of 2015 a position in the world is in the place of the class.
    label = values[7] if len(values) > 7 else -1
    if label == -1 or len(values) > 9:
        name = labels[0] if len(labels) == 1 else 'object'
    elif label % 1 or not 1 <= label <= len(labels):
        raise ValueError(
            f'{file}:{number}: class {label:g} is none of the {len(labels)} '
            f'that are known, 1 {labels[0]!r} to {len(labels)} '
            f'{labels[-1]!r}; write gt/labels.txt, a name a line'
        )
    else:
        name = labels[int(label) - 1]
    x, y = left - first_pixel, top - first_pixel
    visibility = values[8] if 9 == len(values) else 1
    return Box(
        int(frame),
        (x, y, x + width, y + height),
        name,
        int(track) if track >= 0 else None,
        occluded=0 <= visibility < 1,
        ignored=len(values) > 6 and values[6] == 0,
    )


def _read_labels(folder: Path) -> List[str]:
    """Return the class names of a sequence, if it has a file of them."""
    for file in (folder / 'gt' / 'labels.txt', folder / 'labels.txt'):
        if file.is_file():
            names = [line.strip() for _, line in numbered_lines(file)]
            if not names:
                raise ValueError(f'{file} is empty; write a name a line')
            return names
    return []


def _read_info(file: Path) -> Optional[_Info]:
    """Read ``seqinfo.ini``; None if there is none."""
    if not file.is_file():
        return None
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(read_text(file))
        values: Dict[str, str] = dict(parser['Sequence'])
    except (configparser.Error, KeyError) as error:
        raise ValueError(
            f'{file} has no readable section [Sequence] ({error})'
        ) from error
    for key in ('seqlength', 'imwidth', 'imheight', 'framerate'):
        text = values.get(key, '1')
        if not text.replace('.', '', 1).isdigit() or float(text) == 0:
            raise ValueError(f'{file}: {key} is {text!r}, no number above 0')
    size = None
    if {'imwidth', 'imheight'} <= set(values):
        size = (int(values['imwidth']), int(values['imheight']))
    return _Info(
        values.get('imdir', 'img1'),
        int(values['seqlength']) if 'seqlength' in values else None,
        size,
        float(values['framerate']) if 'framerate' in values else None,
    )
