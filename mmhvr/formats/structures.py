# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Boxes of videos, whatever tool has written them.

Frames go by the number that the file gives them, so that messages name them
as the tool does; :attr:`Video.base` says where that counts from.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import (
    Dict,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
    Union,
)

# Two days at 50 frames a second: a larger number is a slip, and would fill the
# memory with frames.
_MOST_FRAMES = 10_000_000

XYXY = Tuple[float, float, float, float]
TrackId = Union[int, str]


class Box(NamedTuple):
    """A box of a frame.

    Attributes:
        frame (int): The number of its frame.
        xyxy (tuple): Upper left and lower right corner in pixels of the
            image, from 0.
        name (str): Its class.
        track (int | str | None): The object that it is of; None if the
            format knows none.
        occluded (bool): Whether the object is partly hidden.
        generated (bool): Whether a program made the box, by tracking or
            between two that a person drew.
        ignored (bool): Whether it is neither to be learnt nor to be found.
    """

    frame: int
    xyxy: XYXY
    name: str
    track: Optional[TrackId] = None
    occluded: bool = False
    generated: bool = False
    ignored: bool = False


class Frame(NamedTuple):
    """A frame that was annotated, with or without boxes.

    Attributes:
        number (int): Its number in the video.
        name (str): Its image file as the export writes it, perhaps without
            ending; '' if it names none.
        size (tuple | None): Width and height in pixels, if known.
    """

    number: int
    name: str = ''
    size: Optional[Tuple[int, int]] = None


@dataclass(frozen=True)
class Video:
    """A video and its boxes.

    Attributes:
        name (str): Its name, of which a folder can be made.
        where (str): The annotation file, for messages.
        boxes (Sequence[Box]): All of them.
        frames (Sequence[Frame] | None): The frames that were annotated, by
            number; None: all that there are.
        source (str): The video file or folder of frames as the export names
            it; '' if it names none.
        size (tuple | None): Width and height of its frames, if known.
        fps (float | None): Frames a second, if known.
        base (int): The number of its first frame, 0 or 1.
        shares (bool): Whether boxes are shares of width and height, and not
            pixels.
        numbered (bool): Whether the names of image files tell the numbers of
            frames, where ``frames`` is None; else their order does.
    """

    name: str
    where: str
    boxes: Sequence[Box]
    frames: Optional[Sequence[Frame]] = None
    source: str = ''
    size: Optional[Tuple[int, int]] = None
    fps: Optional[float] = None
    base: int = 0
    shares: bool = False
    numbered: bool = False


def check_length(number: int, where: str) -> int:
    """Return the number of frames of a video; ValueError for no such one."""
    if not 0 <= number <= _MOST_FRAMES:
        raise ValueError(
            f'{where}: {number} cannot be the number of frames of a video'
        )
    return number


class Export:
    """What an annotation tool has written.

    Args:
        path (Path): A file or a folder.

    Attributes:
        classes (list[str]): Class names in the order of the export. Complete
            after a pass through :meth:`videos`.
        notes (dict[str, None]): What a person should know, each text once.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.classes: List[str] = []
        self.notes: Dict[str, None] = {}

    def videos(self) -> Iterator[Video]:
        """Yield the videos, each time anew and in the same order.

        Raises:
            FileNotFoundError: A file is missing.
            ValueError: A file is malformed; the text says where.
        """
        raise NotImplementedError

    def __iter__(self) -> Iterator[Video]:
        """Yield the videos; what is of another form is a ValueError, too."""
        videos = self.videos()
        while True:
            try:
                video = next(videos)
            except StopIteration:
                return
            except (
                AttributeError,
                IndexError,
                KeyError,
                OverflowError,
                TypeError,
            ) as error:
                raise ValueError(
                    f'{self.path} is not in the form that '
                    f'{type(self).__name__} has ({type(error).__name__}: '
                    f'{error}); export it again, or name another --format'
                ) from error
            yield video

    def note(self, text: str) -> None:
        """Keep what a person should know."""
        self.notes[text] = None

    def set_classes(self, names: Sequence[str], where: str) -> None:
        """Take the class names of a file; those of a further one are added.

        Raises:
            ValueError: A name is blank, or comes twice in the file.
        """
        for name in names:
            if not isinstance(name, str) or not name.strip():
                raise ValueError(
                    f'{where}: {name!r} is no class name; write a text'
                )
            if names.count(name) > 1:
                raise ValueError(
                    f'{where} has the class {name!r} twice; rename or take '
                    'out one of them'
                )
        for name in names:
            if name not in self.classes:
                self.classes.append(name)
