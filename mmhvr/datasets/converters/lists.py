# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Read the list files that say which videos and images are used."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Set, Tuple, Union

from ...utils.text_files import numbered_lines

LIST_NAMES = dict(
    train='VID_train_15frames.txt',
    val='VID_val_videos.txt',
    det='DET_train_30classes.txt',
)


@dataclass
class ListedVideo:
    """One video of a list.

    Attributes:
        name (str): Folder below ``Annotations/VID``.
        length (int): Number of frames.
        key_frames (set[int]): Frames to train on, counted from 0.
    """

    name: str
    length: int
    key_frames: Set[int] = field(default_factory=set)


def find_list(
    root: Path,
    part: str,
    key: str,
    list_file: Optional[Union[str, Path]] = None,
) -> Path:
    """Find a list file.

    Args:
        root (Path): Root of the data set.
        part (str): ``'VID'`` or ``'DET'``.
        key (str): ``'train'``, ``'val'`` or ``'det'``.
        list_file (str | Path, optional): The file, if it is elsewhere.

    Returns:
        Path: ``list_file``, or else the usual name in ``ImageSets/<part>`` or
        in ``Lists`` (where MMTracking looks for it).

    Raises:
        FileNotFoundError: There is no such file.
    """
    name = LIST_NAMES[key]
    if list_file is not None:
        places = [Path(list_file)]
    else:
        places = [root / 'ImageSets' / part / name, root / 'Lists' / name]
    for place in places:
        if place.is_file():
            return place
    raise FileNotFoundError(
        f'no list file at {" or ".join(str(place) for place in places)}; put '
        f'{name} there or name your own list (its form is described in '
        'tools/dataset_converters/README.md)'
    )


def _rows(file: Path, form: str) -> Iterator[Tuple[int, List[str]]]:
    """Yield line number and fields of each line that is not empty."""
    width = len(form.split())
    for number, line in numbered_lines(file):
        # From the right: the name may have blanks.
        fields = line.rsplit(maxsplit=width - 1)
        if len(fields) != width:
            raise ValueError(
                f'{file}:{number}: expected {form!r}, found {line.strip()!r}'
            )
        # Backslashes are those of a list that was written on Windows.
        yield number, [fields[0].strip().replace('\\', '/'), *fields[1:]]


def _whole(file: Path, number: int, what: str, text: str) -> int:
    """Return a field as a whole number; ValueError names file and line."""
    if not text.isdigit():
        raise ValueError(
            f'{file}:{number}: {what} must be a whole number, found {text!r}'
        )
    return int(text)


def read_train_list(file: Path) -> List[ListedVideo]:
    """Read a training list: ``video dummy frame_index video_length``.

    The frame index counts from 0, as the file names of the frames do: in the
    list of ImageNet VID 144 videos name frame 0, the 6-frame videos name 0 to
    5, and no index equals the length of its video.

    Args:
        file (Path): The list, one key frame a line.

    Returns:
        list[ListedVideo]: The videos in the order of their first line.

    Raises:
        ValueError: A line has another form, a frame is beyond its video's
            end, or the lines of a video name different lengths.
    """
    videos: Dict[str, ListedVideo] = {}
    form = 'video dummy frame_index video_length'
    for number, fields in _rows(file, form):
        frame = _whole(file, number, 'frame_index', fields[2])
        length = _whole(file, number, 'video_length', fields[3])
        video = videos.setdefault(fields[0], ListedVideo(fields[0], length))
        if video.length != length:
            raise ValueError(
                f'{file}:{number}: {fields[0]} has {length} '
                f'frames here, but {video.length} above'
            )
        if frame >= length:
            raise ValueError(
                f'{file}:{number}: frame_index {frame} is beyond '
                f'the {length} frames of {fields[0]}; indices '
                'count from 0'
            )
        video.key_frames.add(frame)
    return _not_empty(file, list(videos.values()), form)


def read_val_list(file: Path) -> List[ListedVideo]:
    """Read a validation list: ``video first_frame_number dummy length``.

    Args:
        file (Path): The list, one video a line. The first frame number counts
            frames over the whole set and is not needed here.

    Returns:
        list[ListedVideo]: The videos in the list's order, no key frames.

    Raises:
        ValueError: A line has another form, or a video comes twice.
    """
    videos: Dict[str, ListedVideo] = {}
    form = 'video first_frame_number dummy video_length'
    for number, fields in _rows(file, form):
        if fields[0] in videos:
            raise ValueError(f'{file}:{number}: {fields[0]} comes twice')
        length = _whole(file, number, 'video_length', fields[3])
        videos[fields[0]] = ListedVideo(fields[0], length)
    return _not_empty(file, list(videos.values()), form)


def read_det_list(file: Path) -> List[str]:
    """Read a list of still images: ``image dummy``.

    Args:
        file (Path): The list, one image a line, its path below
            ``Annotations/DET`` without ending.

    Returns:
        list[str]: The images in the list's order, each once.

    Raises:
        ValueError: A line has another form.
    """
    form = 'image dummy'
    # ImageNet DET's list names an image once for each of its classes.
    images = dict.fromkeys(fields[0] for _, fields in _rows(file, form))
    return _not_empty(file, list(images), form)


def _not_empty(file: Path, items: list, form: str) -> list:
    """Return the items; ValueError if there is none."""
    if not items:
        raise ValueError(f'{file} holds no line; expected lines {form!r}')
    return items
