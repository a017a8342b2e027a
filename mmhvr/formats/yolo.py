# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""YOLO: a text file a frame, and a file with the names of the classes.

A line is ``class centre_x centre_y width height`` in shares of the image,
perhaps with the track as a sixth number, or ``class x1 y1 x2 y2 x3 y3 ...``,
a polygon, whose upright box is taken.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import yaml

from ..utils.image_files import IMAGE_SUFFIXES
from ..utils.text_files import numbered_lines, read_text
from .names import IMAGE_ENDING, first_number, group_images
from .paths import files_in
from .structures import Box, Export, Video

_YAML = ('.yaml', '.yml')
_NAME_FILES = ('obj.names', 'classes.txt')
# Files beside the labels that are none.
_OTHERS = {'classes.txt', 'train.txt', 'val.txt', 'valid.txt', 'test.txt'}


class Yolo(Export):
    """A folder in one of YOLO's layouts, or its ``data.yaml``."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        files_in(path)  # says that it is missing
        self.root = path if path.is_dir() else path.parent
        file, names = _read_names(path, self.root)
        self.set_classes(names, str(file))
        self._labels = _by_key(
            (
                label
                for label in files_in(self.root, '.txt')
                if label.name not in _OTHERS
                and not label.name.lower().startswith('readme')
            ),
            self.root,
        )
        if not self._labels:
            raise ValueError(
                f'{self.root} has no text file with labels; name the folder '
                f'that holds {file.name} and the folder labels'
            )

    def videos(self) -> Iterator[Video]:
        """Yield the videos; see :meth:`Export.videos`."""
        images = _by_key(files_in(self.root, *IMAGE_SUFFIXES), self.root)
        keys = dict.fromkeys([*self._labels, *images])
        lone = self.root.resolve().name
        for name, frames in group_images(keys, lone).items():
            boxes = [
                box
                for frame in frames
                if frame.name in self._labels
                for box in self._boxes(self._labels[frame.name], frame.number)
            ]
            named = [
                frame._replace(name=images[frame.name].as_posix())
                if frame.name in images
                else frame
                for frame in frames
            ]
            yield Video(
                name,
                str(self.root),
                boxes,
                # Of a video file, frames without a label have no text file.
                named if images else None,
                base=first_number(frames),
                shares=True,
                numbered=True,
            )

    def _boxes(self, file: Path, frame: int) -> Iterator[Box]:
        """Yield the boxes of a file."""
        for number, line in numbered_lines(self.root / file):
            where = f'{self.root / file}:{number}'
            label, box, track = _read_line(line, where)
            if not 0 <= label < len(self.classes):
                raise ValueError(
                    f'{where}: class {label} is none of the '
                    f'{len(self.classes)} named, 0 to '
                    f'{len(self.classes) - 1}; add its name, or take the '
                    'line out'
                )
            yield Box(frame, box, self.classes[label], track)


def _read_line(line: str, where: str) -> Tuple[int, Any, Any]:
    """Return label, box and track of a line."""
    try:
        values = [float(text) for text in line.split()]
    except ValueError:
        values = []
    fits = len(values) in (5, 6) or len(values) > 6 and len(values) % 2
    if not fits or not all(map(math.isfinite, values)) or values[0] % 1:
        raise ValueError(
            f'{where}: expected class, centre x, centre y, width and height, '
            f'found {line.strip()!r}'
        )
    track = None
    if len(values) == 6:
        if values[5] % 1:
            raise ValueError(
                f'{where}: the sixth number is {values[5]}; it must be the '
                'track, a whole number (take confidences out)'
            )
        track = int(values[5])
    if len(values) > 6:
        xs, ys = values[1::2], values[2::2]
        box = (min(xs), min(ys), max(xs), max(ys))
    else:
        x, y, w, h = values[1:5]
        box = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
    if max(map(abs, box)) > 2:
        raise ValueError(
            f'{where}: {line.strip()!r} is not in shares of the image, 0 to '
            '1; divide x and widths by its width, y and heights by its height'
        )
    return int(values[0]), box, track


def _by_key(files: Any, root: Path) -> Dict[str, Path]:
    """Files, relative to a root, by what label and image have in common."""
    found: Dict[str, Path] = {}
    for file in files:
        path = file.relative_to(root)
        parts = [p for p in path.parts[:-1] if p not in ('labels', 'images')]
        name = IMAGE_ENDING.sub('', path.name)
        name = name[:-4] if name.lower().endswith('.txt') else name
        key = '/'.join([*parts, name])
        if key in found:
            raise ValueError(
                f'{root / found[key]} and {file} have one name; leave one'
            )
        found[key] = path
    return found


def _read_names(path: Path, root: Path) -> Tuple[Path, List[str]]:
    """Return the class names, and the file that has them."""
    files = [path] if path.suffix.lower() in _YAML else []
    files += sorted(f for f in root.iterdir() if f.suffix.lower() in _YAML)
    files += [root / name for name in _NAME_FILES]
    files += [root / 'labels' / 'classes.txt']
    for file in files:
        if not file.is_file():
            continue
        if file.suffix.lower() not in _YAML:
            return file, [line.strip() for _, line in numbered_lines(file)]
        names = _names_in_yaml(file)
        if names:
            return file, names
    raise ValueError(
        f'{root} has no class names: neither data.yaml with names, nor '
        f'{" or ".join(_NAME_FILES)}; export it with one of them'
    )


def _names_in_yaml(file: Path) -> List[str]:
    """Return the names in ``data.yaml``, by number; none if it has none."""
    try:
        # All values as they are written: yes, no and on are names, too.
        data = yaml.load(read_text(file), Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise ValueError(f'{file} is not YAML: {error}') from error
    names = data.get('names') if isinstance(data, dict) else None
    if isinstance(names, dict):
        numbers = list(map(str, range(len(names))))
        if sorted(names) != sorted(numbers):
            raise ValueError(
                f'{file}: names has the numbers {list(names)}; count the '
                'classes 0, 1, 2, ...'
            )
        names = [names[number] for number in numbers]
    if names and not isinstance(names, list):
        raise ValueError(f'{file}: names is {names!r}; write a list')
    return names or []
