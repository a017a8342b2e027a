# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Where the frames of an annotated video are."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ..datasets.converters.image_names import images_in
from ..formats.names import (
    IMAGE_ENDING,
    VIDEO_SUFFIXES,
    group_images,
    parts_of,
    stem_of,
)
from ..formats.structures import Frame, Video
from ..utils.files import natural_key

# Folders of images below the place that is searched.
_BASES = (
    '',
    'images',
    'img1',
    'JPEGImages',
    'Data/VID',
    'data',
    'obj_train_data',
)
_VIDEO_FOLDERS = ('', 'videos', 'video', 'clips', 'data')


class Pictures(NamedTuple):
    """The frames of a video.

    Attributes:
        images (dict[int, Path]): Image file by frame number; empty if they
            are in a video file.
        video (Path | None): The video file.
        named (bool): Whether the place was found by a name, so that it is
            this video's and no other's.
    """

    images: Dict[int, Path]
    video: Optional[Path] = None
    named: bool = True


class PictureFinder:
    """Finds images or the video file of a video.

    Args:
        places (Sequence[Path]): Folders, or a video file, in which to look.
    """

    def __init__(self, places: Sequence[Path]) -> None:
        self.places = places
        self._images_in = functools.lru_cache(maxsize=64)(images_in)
        for place in places:
            if not place.exists():
                raise FileNotFoundError(
                    f'{place} does not exist (looked for {place.resolve()}); '
                    'name a video file, or the folder of videos or frames'
                )

    def find(self, video: Video) -> Pictures:
        """Return the frames of a video.

        Raises:
            FileNotFoundError: There are none, or not all of them.
            ValueError: There are fewer than were annotated.
        """
        for place in self.places:
            if place.is_file():
                named = stem_of(place.name) in map(stem_of, _names(video))
                return Pictures({}, place, named)
            found = self._by_image_name(video, place)
            found = found or self._in_folder(video, place)
            found = found or self._in_file(video, place)
            if found:
                return found
        raise FileNotFoundError(
            f'{video.where}: the frames of the video {video.name!r} are '
            f'neither images nor a video file ({_sought(video)}) in '
            f'{" or ".join(map(str, self.places))}; name their folder or the '
            'video file with --frames'
        )

    def _by_image_name(self, video: Video, place: Path) -> Optional[Pictures]:
        """Look for the images that the export names."""
        frames = [frame for frame in video.frames or () if frame.name]
        if not frames:
            return None
        first = Path(frames[0].name)
        if first.is_absolute() and self._image(first.parent, first.name):
            return self._all_of(video, frames, Path(first.anchor), 0)
        parts = parts_of(frames[0].name)
        for skipped in range(len(parts)):
            tail = parts[skipped:]
            for base in (*_BASES, video.name, f'images/{video.name}'):
                root = place / base
                if self._image(root.joinpath(*tail[:-1]), tail[-1]):
                    return self._all_of(video, frames, root, skipped)
        return None

    def _all_of(
        self, video: Video, frames: Sequence[Frame], root: Path, skipped: int
    ) -> Pictures:
        """Return all images, by the way in which the first was found."""
        images, missing = {}, []
        for frame in frames:
            *folders, name = parts_of(frame.name)[skipped:] or ['']
            image = self._image(root.joinpath(*folders), name)
            if image is None:
                missing.append(frame)
            else:
                images[frame.number] = image
        if missing:
            raise FileNotFoundError(
                f'{video.where}: {len(missing)} of {len(frames)} images of '
                f'the video {video.name!r} are missing in {root}, the first '
                f'is {missing[0].name} (frame {missing[0].number}); copy all '
                'of them'
            )
        return Pictures(images)

    def _image(self, folder: Path, name: str) -> Optional[Path]:
        """Return the image of a name, with this ending or another."""
        stem = IMAGE_ENDING.sub('', name)
        endings = self._images_in(folder).get(stem, [])
        if not endings:
            return None
        written = name[len(stem) :]
        return folder / (
            stem + (written if written in endings else endings[0])
        )

    def _in_folder(self, video: Video, place: Path) -> Optional[Pictures]:
        """Look for a folder of images in the order of the frames."""
        for folder, named in _folders(video, place):
            listing = self._images_in(folder)
            files = [
                folder / (stem + ending)
                for stem, endings in listing.items()
                for ending in endings
            ]
            if files:
                files.sort(key=lambda file: natural_key(file.name))
                return Pictures(_numbered(video, folder, files), named=named)
        return None

    def _in_file(self, video: Video, place: Path) -> Optional[Pictures]:
        """Look for a video file."""
        files = [
            file
            for folder in _VIDEO_FOLDERS
            if (place / folder).is_dir()
            for file in sorted((place / folder).iterdir())
            if file.suffix.lower() in VIDEO_SUFFIXES
        ]
        names = _names(video)
        stems = [stem_of(name) for name in names]
        fitting = [f for f in files if f.name in names]
        fitting = fitting or [f for f in files if stem_of(f.name) in stems]
        if len(fitting) > 1:
            raise ValueError(
                f'{fitting[0]} and {fitting[1]} both could be the video '
                f'{video.name!r}; name one with --frames'
            )
        if fitting:
            return Pictures({}, fitting[0])
        return Pictures({}, files[0], named=False) if len(files) == 1 else None


def _names(video: Video) -> List[str]:
    """Return what the file of a video may be called."""
    return [
        (parts_of(name) or [''])[-1]
        for name in (video.source, video.name)
        if name
    ]


def _folders(video: Video, place: Path) -> Iterator[Tuple[Path, bool]]:
    """Yield folders in which the frames may be, and whether by name."""
    names = dict.fromkeys(
        [
            '/'.join(parts_of(video.source)),
            video.name,
            *map(stem_of, _names(video)),
        ]
    )
    for name in filter(None, names):
        for base in _BASES:
            for end in ('', 'img1', 'images'):
                yield place / base / name / end, True
    for base in ('img1', 'images', ''):
        yield place / base, False


def _numbered(
    video: Video, folder: Path, files: Sequence[Path]
) -> Dict[int, Path]:
    """Give images the numbers of frames."""
    if video.frames is None and video.numbered:
        groups = group_images([file.name for file in files], video.name)
        if len(groups) > 1:
            raise ValueError(
                f'{video.where}: {folder} has the frames of {len(groups)} '
                f'videos, by their names: {", ".join(list(groups)[:5])}; '
                'give each video a folder of its own'
            )
        (frames,) = groups.values()
        return {frame.number: folder / frame.name for frame in frames}
    if video.frames is None:
        return dict(enumerate(files, video.base))
    if len(files) == len(video.frames):
        return {f.number: file for f, file in zip(video.frames, files)}
    last = max((f.number for f in video.frames), default=0) - video.base
    if last >= len(files):
        raise ValueError(
            f'{video.where}: the video {video.name!r} was annotated to frame '
            f'{last + video.base}, but {folder} has {len(files)} images; are '
            'they all there, and of this video?'
        )
    return {f.number: files[f.number - video.base] for f in video.frames}


def _sought(video: Video) -> str:
    """Say what was looked for."""
    names = list(dict.fromkeys(_names(video)))
    for frame in (video.frames or ())[:1]:
        names += [frame.name] * bool(frame.name)
    return ', '.join(map(repr, names))
