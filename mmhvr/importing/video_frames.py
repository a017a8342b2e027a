# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The image files of a video's frames, with their sizes."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Mapping, NamedTuple, Optional, Tuple, Union

from ..formats.structures import Frame, Video
from .extraction import Extracted, frame_file
from .image_sizes import sizes_of

Size = Tuple[int, int]


class FrameFiles(NamedTuple):
    """Files and sizes by frame number, in order, and frames a second."""

    files: Dict[int, Path]
    sizes: Dict[int, Size]
    fps: Optional[float]


def video_frames(
    video: Video,
    place: Union[Path, Mapping[int, Path]],
    extracted: Optional[Extracted] = None,
) -> FrameFiles:
    """Return the files of the frames that were annotated.

    Args:
        video (Video): The video.
        place (Path | Mapping[int, Path]): The folder of extracted frames, or
            image files by frame number.
        extracted (Extracted, optional): What is known of extracted ones.

    Raises:
        ValueError: An image cannot be used, sizes are not those of the
            export, or a box is in a frame that is not there.
    """
    known = {frame.number: frame for frame in video.frames or ()}
    if isinstance(place, Path):
        assert extracted is not None and extracted.frames is not None
        numbers = list(known)
        if video.frames is None:
            end = video.base + extracted.frames
            numbers = list(range(video.base, end))
        size = (extracted.width, extracted.height)
        found = FrameFiles(
            {n: place / frame_file(n - video.base) for n in numbers},
            dict.fromkeys(numbers, size),
            extracted.fps,
        )
    else:
        files = {n: place[n] for n in (known or sorted(place))}
        recorded = {
            n: known.get(n, Frame(n)).size or video.size for n in files
        }
        try:
            sizes = sizes_of(files, recorded)
        except ValueError as error:
            raise ValueError(
                f'{video.where}: images of the video {video.name!r} cannot be '
                f'used:\n  {error}'
            ) from error
        found = FrameFiles(files, sizes, None)
    for box in video.boxes:
        if box.frame not in found.files:
            numbers = list(found.files)
            raise ValueError(
                f'{video.where}: a box of {box.name!r} is in frame '
                f'{box.frame} of the video {video.name!r}, which has '
                f'{len(numbers)} frames'
                + f', {numbers[0]} to {numbers[-1]}'
                * bool(numbers)
            )
    return found
