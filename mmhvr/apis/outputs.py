# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What a run over a video leaves on the disk."""

from __future__ import annotations

import os
import os.path as osp
import re
import warnings
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence

from ..sources import Frame, FrameSource, ImageFiles
from ..utils.files import check_writable
from ..utils.image_files import save_picture
from ..utils.interrupts import interrupts_later
from ..visualization.draw import draw_detections
from ..visualization.hook import legible_factor
from ..visualization.video import VideoWriter
from .frames import FrameResult
from .json_writer import JSONWriter

# What a folder of frames plays at; most videos are near it.
DEFAULT_FPS = 25.0


@dataclass(frozen=True)
class OutputPaths:
    """Where the results of a run go; None is nowhere.

    Attributes:
        video (str | None): A file that ends in .mp4.
        json (str | None): A file that ends in .json.
        folder (str | None): A folder for pictures, ``000000.jpg`` on.
    """

    video: Optional[str] = None
    json: Optional[str] = None
    folder: Optional[str] = None

    def check(self, source: Optional[FrameSource] = None) -> None:
        """Make sure that all of them can be written.

        Args:
            source: The source, which must not be overwritten.

        Raises:
            ValueError: A name has the wrong ending, or is the source's.
            OSError: One cannot be written.
        """
        for path, suffix, kind in (
            (self.video, '.mp4', 'video'),
            (self.json, '.json', 'JSON file'),
        ):
            if path is None:
                continue
            if not path.endswith(suffix):
                raise ValueError(
                    f'the path of the {kind} is {path!r}; let it end in '
                    f'{suffix}'
                )
            if source is not None and _same_file(path, source.name):
                raise ValueError(
                    f'the {kind} would overwrite the source {source.name}; '
                    'choose another path'
                )
            check_writable(path, kind)
        if self.folder is not None:
            for folder in {osp.dirname(p) or '.' for p in _images(source)}:
                if _same_file(self.folder, folder):
                    raise ValueError(
                        f'the pictures would lie among the images in {folder}'
                        '; choose another folder'
                    )
            check_writable(osp.join(self.folder, '000000.jpg'), 'picture')

    @property
    def has_pictures(self) -> bool:
        """Whether frames are drawn at all."""
        return self.video is not None or self.folder is not None


class ResultWriter:
    """Writes the results of a run as they come.

    A context manager; all that was written before an exception or Ctrl-C is
    whole: a video that plays and valid JSON.

    Args:
        paths (OutputPaths): Where to.
        class_names (Sequence[str]): The name of each class.
        header (dict): What the JSON file says beside the frames.
        fps (float, optional): Frames a second of the video. Without, each
            frame is shown at its own time; frames that have none, at the
            ``fps`` of the header, or 25.

    Raises:
        ValueError: A path has the wrong ending.
        OSError: A file cannot be written.
    """

    def __init__(
        self,
        paths: OutputPaths,
        class_names: Sequence[str],
        header: Dict[str, Any],
        fps: Optional[float] = None,
    ) -> None:
        self.paths = paths
        self.class_names = class_names
        self._fps = fps
        self._last = -1
        self._stack = ExitStack()
        self._video: Optional[VideoWriter] = None
        self._json: Optional[JSONWriter] = None
        if paths.video is not None:
            self._video = self._stack.enter_context(
                VideoWriter(paths.video, fps or header['fps'] or DEFAULT_FPS)
            )
        if paths.json is not None:
            self._json = self._stack.enter_context(
                JSONWriter(paths.json, class_names, header)
            )

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Append a frame to everything.

        Args:
            frame (Frame): The frame.
            result (FrameResult): What was found in it.
        """
        with interrupts_later():
            if self.paths.has_pictures:
                self._draw(frame, result)
            if self._json is not None:
                self._json.write(frame, result)

    def finish(self, message: str = '') -> None:
        """Note in the JSON file that the source has been read.

        Args:
            message: Why it ended early; '' if it did not.

        Warns:
            UserWarning: The folder has pictures of another run.
        """
        others = self._other_pictures()
        if others:
            warnings.warn(
                f'{self.paths.folder} also has {len(others)} pictures of '
                f'another run ({others[0]} and on): remove them',
                stacklevel=3,
            )
        if self._json is not None:
            self._json.complete = not message
            self._json.message = message

    def __enter__(self) -> 'ResultWriter':
        return self

    def __exit__(self, *error: Any) -> None:
        with interrupts_later():
            self._stack.close()

    def _other_pictures(self) -> List[str]:
        """Names of pictures after the last one that was written."""
        if self.paths.folder is None:
            return []
        names = sorted(os.listdir(self.paths.folder))
        return [
            name
            for name in names
            if re.fullmatch(r'\d{6,}\.jpg', name)
            and int(name[:-4]) > self._last
        ]

    def _draw(self, frame: Frame, result: FrameResult) -> None:
        """Write the frame with its boxes to video and folder."""
        picture = draw_detections(
            frame.image,
            result.boxes,
            result.labels,
            result.scores,
            class_names=self.class_names,
            factor=legible_factor(frame.image),
        )
        if self._video is not None:
            time = frame.time if self._fps is None else None
            self._video.write(picture, time)
        self._last = frame.index
        if self.paths.folder is not None:
            save_picture(
                picture,
                osp.join(self.paths.folder, f'{frame.index:06d}.jpg'),
            )


def _images(source: Optional[FrameSource]) -> Sequence[str]:
    """Return the image files of a source."""
    return source.paths if isinstance(source, ImageFiles) else ()


def _same_file(one: str, two: str) -> bool:
    """Whether two paths lead to one file or folder that exists."""
    return osp.exists(one) and osp.exists(two) and osp.samefile(one, two)
