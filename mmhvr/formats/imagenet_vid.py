# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""ImageNet VID: a folder of XML files for each video, one a frame.

Bounds are taken as they stand, as the converter of the lists does
(:func:`mmhvr.datasets.converters.imagenet_vid.convert_vid`).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Iterator, List

from ..datasets.converters.classes import IMAGENET_VID_CLASSES
from ..datasets.converters.xml_reader import FrameReader
from ..utils.files import natural_key
from .names import first_number, group_images
from .structures import Box, Export, Frame, Video


class ImagenetVid(Export):
    """A folder with folders of XML files, such as ``Annotations/VID``."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        if not path.is_dir():
            raise FileNotFoundError(
                f'{path} is no folder; name the one that holds Annotations, '
                'or the folders of XML files themselves'
            )
        inside = path / 'Annotations' / 'VID'
        self.root = inside if inside.is_dir() else path

    def videos(self) -> Iterator[Video]:
        """Yield the videos; see :meth:`Export.videos`."""
        reader = FrameReader()
        some = False
        for folder, folders, names in os.walk(self.root):
            folders.sort(key=natural_key)
            files = [n for n in names if n.lower().endswith('.xml')]
            if files:
                some = True
                yield self._read(Path(folder), files, reader)
        if not some:
            raise ValueError(f'{self.root} has no XML file in it or below')

    def _read(
        self, folder: Path, names: List[str], reader: FrameReader
    ) -> Video:
        """Read a folder."""
        name = folder.relative_to(self.root).as_posix()
        name = folder.resolve().name if name == '.' else name
        groups = group_images([f'v/{n[:-4]}' for n in names], name)
        if len(groups) > 1:
            raise ValueError(
                f'{folder} has the frames of {len(groups)} videos, by their '
                f'names: {", ".join(list(groups)[:3])}; give each video a '
                'folder of its own'
            )
        (numbered,) = groups.values()
        _check_steps(numbered, folder)
        boxes, frames = [], []
        for frame in numbered:
            stem = frame.name[2:]
            file = folder / f'{stem}.xml'
            content = reader.read(file)
            size = (content.width, content.height)
            frames.append(frame._replace(name=f'{name}/{stem}', size=size))
            for item in content.objects:
                label = IMAGENET_VID_CLASSES.get(item.name, item.name)
                self.set_classes([label], str(file))
                track = item.track_id
                boxes.append(
                    Box(
                        frame.number,
                        item.bounds,
                        label,
                        (int(track) if track.isdigit() else track or None),
                        occluded=item.occluded,
                        generated=item.generated,
                        ignored=item.difficult,
                    )
                )
        reader.close()
        return Video(
            name, str(folder), boxes, frames, base=first_number(frames)
        )


def _check_steps(frames: List[Frame], folder: Path) -> None:
    """ValueError if a file is missing between others."""
    numbers = [frame.number for frame in frames]
    steps = [b - a for a, b in zip(numbers, numbers[1:])]
    if len(set(steps)) > 1:
        place = steps.index(max(steps))
        raise ValueError(
            f'{folder} has no XML file between frame {numbers[place]} and '
            f'{numbers[place + 1]}, others are {min(steps)} apart; each frame '
            'has a file, without <object> if there is nothing in it'
        )
