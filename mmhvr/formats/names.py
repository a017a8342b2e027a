# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
r"""Which video and which frame the name of an image tells.

``clip/000012.jpg``, ``clip/frame_000012.png`` and ``clip_000012.jpg`` are
frame 12 of the video ``clip``. Folders that name a part of a data set
(``train/clip/000012.jpg``) or what is in them (``images``) do not belong to
the name of a video. Backslashes are slashes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Dict, Iterable, List, Set, Tuple

from .structures import Frame

_PARTS = re.compile(
    r'(train|val|valid|validation|test)\d*|images?|labels?|frames?|data|img1|'
    r'jpegimages|obj_\w+_data|default|\.',
    re.I,
)
_NUMBERED = re.compile(r'(.*?)[-_. ]*(\d+)')
_FRAME = re.compile(r'[-_. ]+(frames?|images?|imgs?)$', re.I)
_NO_NAME = re.compile(r'(frames?|images?|imgs?|)', re.I)
# What Roboflow adds: clip_mp4-0012_jpg.rf.0123abcd.jpg.
_ROBOFLOW = re.compile(r'_(jpe?g|png|bmp|webp)\.rf\.\w+$', re.I)
_OF_A_VIDEO = re.compile(r'[_.](mp4|avi|mov|mkv|webm|m4v)$', re.I)
IMAGE_ENDING = re.compile(r'\.(jpe?g|png|bmp|tiff?|webp)$', re.I)
VIDEO_SUFFIXES = (
    '.mp4',
    '.avi',
    '.mov',
    '.mkv',
    '.webm',
    '.m4v',
    '.mpg',
    '.mpeg',
    '.wmv',
    '.flv',
    '.ts',
)


def parts_of(name: str) -> List[str]:
    """Return the folders and the file of a path, Windows' too."""
    return [
        part for part in re.split(r'[\\/]+', name) if part not in ('', '.')
    ]


def stem_of(name: str) -> str:
    r"""Return the last part of a path without the ending of a video.

    Example:
        >>> stem_of('C:\\clips\\my yard.MP4'), stem_of('clips/v1.2')
        ('my yard', 'v1.2')
    """
    last = (parts_of(name) or [''])[-1]
    if last.lower().endswith(VIDEO_SUFFIXES):
        last = last.rpartition('.')[0]
    return last


def group_images(names: Iterable[str], lone: str) -> Dict[str, List[Frame]]:
    """Sort images into videos.

    Args:
        names (Iterable[str]): Names of images, with their folders, with or
            without ending.
        lone (str): The name of a video whose images tell none.

    Returns:
        dict[str, list[Frame]]: The frames of each video by number.

    Raises:
        ValueError: Two images are the same frame of a video.

    Example:
        >>> videos = group_images(['a/1.jpg', 'a/0.jpg', 'b_7.png'], 'clip')
        >>> {name: [f.number for f in videos[name]] for name in videos}
        {'a': [0, 1], 'b': [7]}
    """
    split = [(name, *_split(name)) for name in names]
    prefixes: Dict[str, Set[str]] = defaultdict(set)
    for _, folder, prefix, _ in split:
        prefixes[folder].add(prefix)
    videos: Dict[str, Dict[int, str]] = {}
    for name, folder, prefix, number in split:
        # A folder with the frames of one video gives it its name.
        is_one = folder and len(prefixes[folder]) == 1
        own = '' if is_one or _NO_NAME.fullmatch(prefix) else prefix
        video = '/'.join(filter(None, (folder, own))) or lone
        frames = videos.setdefault(video, {})
        if frames.setdefault(number, name) != name:
            raise ValueError(
                f'{frames[number]} and {name} are both frame {number} of '
                f'the video {video!r}, by their names; give each video a '
                'folder of its own, and each frame a number'
            )
    return {
        video: [Frame(n, frames[n]) for n in sorted(frames)]
        for video, frames in videos.items()
    }


def first_number(frames: Iterable[Frame]) -> int:
    """Where frames count from: 0 if there is a frame 0, else 1."""
    return min(1, min((frame.number for frame in frames), default=0))


def _split(name: str) -> Tuple[str, str, int]:
    """Return folder, name and number that an image name has."""
    parts = parts_of(name)
    stem = IMAGE_ENDING.sub('', parts[-1])
    stem = _ROBOFLOW.sub('', stem)
    folder = '/'.join(p for p in parts[:-1] if not _PARTS.fullmatch(p))
    match = _NUMBERED.fullmatch(stem)
    if match is None:
        return folder, stem, 0
    prefix = _OF_A_VIDEO.sub('', _FRAME.sub('', match[1]))
    return folder, prefix, int(match[2])
