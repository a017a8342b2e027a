# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""COCO's JSON of images that are the frames of videos.

The video of an image is its ``video_id``; without one its file name tells it
(:mod:`.names`). Files are read by :mod:`mmhvr.annotations`, by its rules.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

from ..annotations.reader import AnnotationFile, read_annotations
from .names import first_number, group_images, stem_of
from .records import (
    Record,
    corners,
    flag_of,
    json_file,
    size_of,
    track_of,
)
from .structures import Box, Export, Frame, Video

# As CocoVID, TAO and CVAT call them.
_TRACK_KEYS = ('instance_id', 'track_id')
_FRAME_KEYS = ('frame_id', 'frame_index', 'frame_number')


class Coco(Export):
    """A COCO file, or a folder that has one."""

    kind = 'COCO'

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.path = json_file(path, self.kind)
        self._file: Optional[AnnotationFile] = None

    def videos(self) -> Iterator[Video]:
        """Yield the videos; see :meth:`Export.videos`."""
        file = self._file = self._file or read_annotations(str(self.path))
        self.set_classes([c['name'] for c in file.categories], file.path)
        self.check(file)
        names = {c['id']: c['name'] for c in file.categories}
        boxes: Dict[Any, List[Record]] = defaultdict(list)
        for record in file.annotations:
            boxes[record['image_id']].append(record)
        for name, info, images, base in self._groups(file):
            found = [
                _box(record, number, names, file.path)
                for number, image in images
                for record in boxes[image['id']]
            ]
            frames = [
                Frame(number, image['file_name'], size_of(image))
                for number, image in images
            ]
            yield Video(
                name,
                file.path,
                found,
                frames,
                source=str(info.get('file_name') or info.get('name') or name),
                size=size_of(info),
                fps=info.get('fps'),
                base=base,
            )

    def check(self, file: AnnotationFile) -> None:
        """ValueError if the file is not of this kind."""
        if not file.images:
            raise ValueError(f'{file.path} has no images')

    def _groups(
        self, file: AnnotationFile
    ) -> Iterator[Tuple[str, Record, List[Tuple[int, Record]], int]]:
        """Yield name, record, numbered images and base of each video."""
        with_id = [image.get('video_id') is not None for image in file.images]
        if any(with_id) and not all(with_id):
            image = file.images[with_id.index(False)]
            raise ValueError(
                f'{file.path}: image {image["file_name"]!r} has no video_id, '
                'but others have; give it to all of them, or to none'
            )
        if not any(with_id):
            by_name = {image['file_name']: image for image in file.images}
            if len(by_name) < len(file.images):
                raise ValueError(
                    f'{file.path} names an image file twice; give each image '
                    'one record, with all its boxes'
                )
            lone = self.path.stem
            for video, frames in group_images(by_name, lone).items():
                pairs = [(f.number, by_name[f.name]) for f in frames]
                yield video, {}, pairs, first_number(frames)
            return
        records = {video['id']: video for video in file.videos}
        groups: Dict[Any, List[Record]] = {}
        for image in file.images:
            groups.setdefault(image['video_id'], []).append(image)
        for video_id, images in groups.items():
            info = records.get(video_id, {})
            name = str(info.get('name') or info.get('file_name') or video_id)
            numbers, base = _numbers(images, file.path, name)
            pairs = sorted(zip(numbers, images), key=lambda pair: pair[0])
            yield _clean(name), info, pairs, base


def _numbers(
    images: List[Record], path: str, video: str
) -> Tuple[List[int], int]:
    """Return the frame numbers of images, and where they count from.

    A field tells them, which counts from 0, or else their names.
    """
    for key in _FRAME_KEYS:
        values: List[Any] = [image.get(key) for image in images]
        if None in values:
            continue
        if len(set(values)) < len(values) or any(
            type(value) is not int or value < 0 for value in values
        ):
            raise ValueError(
                f'{path}: {key} of the images of video {video!r} must be '
                'whole numbers from 0 on, each once'
            )
        return values, 0
    names = [image['file_name'] for image in images]
    groups = group_images(names, video)
    if len(groups) == 1:
        (frames,) = groups.values()
        number = {frame.name: frame.number for frame in frames}
        numbers = [number[name] for name in names]
        return numbers, first_number(frames)
    return list(range(len(images))), 0


def _clean(name: str) -> str:
    """Return the name of a video, without the ending of its file."""
    head, slash, last = name.replace('\\', '/').rpartition('/')
    return head + slash + stem_of(last)


def _box(record: Record, frame: int, names: Dict[Any, str], path: str) -> Box:
    """Return a box of a record."""
    where = f'{path}, annotation {record.get("id")}'
    return Box(
        frame,
        corners(record['bbox'], where),
        names[record['category_id']],
        track_of(record, *_TRACK_KEYS),
        occluded=flag_of(record, 'occluded'),
        generated=flag_of(record, 'generated'),
        ignored=flag_of(record, 'iscrowd') or flag_of(record, 'ignore'),
    )
