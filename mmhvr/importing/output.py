# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The two annotation files of an import, both or neither."""

from __future__ import annotations

import functools
import os
import shutil
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Dict, List, Union

from ..datasets.converters.coco_writer import CocoWriter
from ..formats.structures import Box, Video
from ..utils.interrupts import interrupts_later
from .linking import link_boxes
from .video_frames import FrameFiles

_SECTIONS = ('videos', 'images', 'annotations')
# Pixels are written to a ten-thousandth: what no tool rounds more finely.
_DIGITS = 4


class AnnotationFiles:
    """Writes ``train.json`` and, if there are such videos, ``val.json``.

    They come into place when both are complete; until then, and after an
    error, old ones stay as they are.

    Args:
        out (Path): The folder that gets ``annotations``.
        classes (list[str]): Class names; ids count from 1 in their order.
        has_val (bool): Whether there are videos that validate.
    """

    def __init__(self, out: Path, classes: List[str], has_val: bool) -> None:
        self._out = out
        self._folder = out / 'annotations'
        self._unfinished = out / '.unfinished'
        self._ids = {name: n for n, name in enumerate(classes, 1)}
        categories = [dict(id=n, name=c) for c, n in self._ids.items()]
        self._writers = {
            part: CocoWriter(
                self._unfinished / f'{part}.json', _SECTIONS, categories
            )
            for part in ('train', 'val')[: 1 + has_val]
        }
        self._stack = ExitStack()

    def __enter__(self) -> AnnotationFiles:
        self._root = _real(self._out)
        for writer in self._writers.values():
            self._stack.enter_context(writer)
        return self

    def __exit__(self, *error: object) -> None:
        """Put the files into place, unless there was an error."""
        try:
            self._stack.__exit__(*error)  # type: ignore[arg-type]
            if error[0] is None:
                self._folder.mkdir(exist_ok=True)
                with interrupts_later():
                    for part in self._writers:
                        name = f'{part}.json'
                        os.replace(
                            self._unfinished / name, self._folder / name
                        )
                    if 'val' not in self._writers:
                        # Its videos are in training now.
                        (self._folder / 'val.json').unlink(missing_ok=True)
        finally:
            shutil.rmtree(self._unfinished, ignore_errors=True)
            with suppress(OSError):  # it is not empty
                self._out.rmdir()

    def counts(self) -> Dict[Path, Dict[str, int]]:
        """Return the number of records by section, by file."""
        return {
            self._folder / f'{part}.json': dict(writer.counts)
            for part, writer in self._writers.items()
        }

    def add(
        self, video: Video, name: str, frames: FrameFiles, part: str
    ) -> bool:
        """Write a video.

        Args:
            video (Video): Its boxes.
            name (str): Its name in the file.
            frames (FrameFiles): Its images.
            part (str): 'val', or '' for training.

        Returns:
            bool: Whether tracks were made by linking.
        """
        writer = self._writers[part or 'train']
        fps = video.fps or frames.fps
        record = dict(name=name, **(dict(fps=fps) if fps else {}))
        video_id = writer.add('videos', record)
        is_linked = any(box.track is None for box in video.boxes)
        boxes: List[Box] = list(video.boxes)
        if is_linked:
            boxes = link_boxes(_in_pixels(video, frames), list(frames.files))
        elif video.shares:
            boxes = _in_pixels(video, frames)
        in_frame: Dict[int, List[Box]] = {}
        for box in boxes:
            in_frame.setdefault(box.frame, []).append(box)
        for place, (number, file) in enumerate(frames.files.items()):
            width, height = frames.sizes[number]
            image_id = writer.add(
                'images',
                dict(
                    file_name=self._relative(file),
                    width=width,
                    height=height,
                    video_id=video_id,
                    frame_id=place,
                    is_vid_train_frame=part != 'val',
                ),
            )
            for box in in_frame.get(number, ()):
                writer.add(
                    'annotations', self._annotation(box, image_id, video_id)
                )
        return is_linked

    def _annotation(self, box: Box, image_id: int, video_id: int) -> dict:
        """Return the record of a box."""
        x1, y1, x2, y2 = box.xyxy
        bbox = [_tidy(v) for v in (x1, y1, x2 - x1, y2 - y1)]
        return dict(
            video_id=video_id,
            image_id=image_id,
            category_id=self._ids[box.name],
            instance_id=box.track,
            bbox=bbox,
            area=_tidy(bbox[2] * bbox[3]),
            iscrowd=0,
            **({'ignore': 1} if box.ignored else {}),
            occluded=box.occluded,
            generated=box.generated,
        )

    def _relative(self, file: Path) -> str:
        """Return the name of an image, relative to the output folder."""
        folder = _real(file.parent)
        return Path(os.path.relpath(folder / file.name, self._root)).as_posix()


@functools.lru_cache(maxsize=64)
def _real(folder: Path) -> Path:
    """Resolve links of folders: '..' goes up from where they lead."""
    return Path(os.path.realpath(folder))


def _in_pixels(video: Video, frames: FrameFiles) -> List[Box]:
    """Return the boxes of a video in pixels."""
    if not video.shares:
        return list(video.boxes)
    boxes = []
    for box in video.boxes:
        width, height = frames.sizes[box.frame]
        x1, y1, x2, y2 = box.xyxy
        xyxy = (x1 * width, y1 * height, x2 * width, y2 * height)
        boxes.append(box._replace(xyxy=xyxy))
    return boxes


def _tidy(value: float) -> Union[int, float]:
    """Round a number of pixels; a whole one has no point."""
    value = round(value, _DIGITS)
    return int(value) if value == int(value) else value
