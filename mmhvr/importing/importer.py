# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""From an export of an annotation tool to annotation files and frames.

The export is gone through twice, a video at a time, so that memory does not
grow with the number of videos: first what there is, then, once frames are
there and videos are dealt out, the writing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Sequence, Set, Tuple

from ..formats.names import parts_of
from ..formats.structures import Export, Video
from ..utils.progress import Progress
from .extraction import Extracted, Job, extract_all
from .output import AnnotationFiles
from .pictures import PictureFinder, Pictures
from .split import split_by_file, split_by_share
from .video_frames import FrameFiles, video_frames


@dataclass
class Summary:
    """What an import has found and written.

    Attributes:
        boxes (dict[str, Counter]): Number of boxes by class, by video.
        val (set[str]): The videos that validate.
        files (dict[Path, dict]): Number of records by section, by file.
        linked (list[str]): Videos whose tracks were made by linking.
        extracted (int): Number of videos whose frames were extracted.
        notes (list[str]): What a person should know.
    """

    boxes: Dict[str, Counter] = field(default_factory=dict)
    val: Set[str] = field(default_factory=set)
    files: Dict[Path, Dict[str, int]] = field(default_factory=dict)
    linked: List[str] = field(default_factory=list)
    extracted: int = 0
    notes: List[str] = field(default_factory=list)


def import_export(
    export: Export,
    out: Path,
    places: Sequence[Path],
    val_share: float = 0.2,
    seed: int = 0,
    val_videos: Optional[Path] = None,
    progress: bool = True,
) -> Summary:
    """Write the annotation files of an export, and its frames if need be.

    Args:
        export (Export): What the annotation tool has written.
        out (Path): Gets ``annotations/train.json``, ``val.json`` and, of
            videos that are in video files, ``frames/VIDEO/000000.jpg``.
        places (Sequence[Path]): Where to look for frames: folders, or a
            video file.
        val_share (float): Share of the videos that validate.
        seed (int): Seed of their choice.
        val_videos (Path, optional): A file with their names instead.
        progress (bool): Show progress bars.

    Returns:
        Summary: What was done.

    Raises:
        FileNotFoundError: Annotations or frames are missing.
        ValueError: They cannot be used; the text says where.
        OSError: Something cannot be written; old files stay whole.
    """
    summary = Summary()
    finder = PictureFinder(places)
    jobs = _survey(export, finder, out, summary)
    if not summary.boxes:
        raise ValueError(f'{export.path} has no video')
    if not any(map(sum, map(Counter.values, summary.boxes.values()))):
        raise ValueError(
            f'{export.path} has {len(summary.boxes)} videos and no box; '
            'annotate them, or export the annotations with their boxes'
        )
    if val_videos is not None:
        summary.val = split_by_file(summary.boxes, val_videos)
    else:
        summary.val = split_by_share(summary.boxes, val_share, seed)
    extracted = dict(zip(jobs, extract_all(list(jobs.values()), progress)))
    summary.extracted = len(jobs)
    with AnnotationFiles(out, export.classes, bool(summary.val)) as files:
        with Progress(len(summary.boxes), progress) as bar:
            for video in export:
                name = video_name(video)
                frames = _frames(video, finder, jobs, extracted)
                linked = files.add(
                    video, name, frames, 'val' if name in summary.val else ''
                )
                summary.linked += [name] * linked
                bar.update()
    summary.files = files.counts()
    summary.notes += [*export.notes, *_notes(jobs, extracted)]
    empty = [name for name, boxes in summary.boxes.items() if not boxes]
    if empty:
        summary.notes.append(
            f'{len(empty)} of {len(summary.boxes)} videos have no box, such '
            f'as {empty[0]!r}: training takes them for videos without '
            'objects; if they are not annotated, leave them out'
        )
    return summary


def video_name(video: Video) -> str:
    """Return the name of a video as folders of frames and files have it.

    Raises:
        ValueError: It leads out of the folder of frames, or is blank.
    """
    parts = parts_of(video.name)
    if '..' in parts or not parts or not video.name.strip():
        raise ValueError(
            f'{video.where}: {video.name!r} cannot be the name of a folder; '
            'rename the video'
        )
    return '/'.join(parts)


def _survey(
    export: Export, finder: PictureFinder, out: Path, summary: Summary
) -> Dict[str, Job]:
    """Go through an export once; return what is to be extracted."""
    jobs: Dict[str, Job] = {}
    places: Dict[Path, str] = {}
    for video in export:
        name = video_name(video)
        if name in summary.boxes:
            raise ValueError(
                f'{video.where}: a second video is called {name!r}; rename '
                'one, or, if they are parts of one video, export it whole'
            )
        summary.boxes[name] = Counter(box.name for box in video.boxes)
        _check_tracks(video)
        pictures = finder.find(video)
        place = _check_place(video, pictures, places)
        if not pictures.named and place not in finder.places:
            summary.notes.append(
                f'the frames of {name!r} are taken from {place}, the only '
                'ones there'
            )
        if pictures.video is not None:
            wanted = None
            if video.frames is not None:
                wanted = [frame.number - video.base for frame in video.frames]
            by_name = any(frame.name for frame in video.frames or ())
            if video.base and (video.numbered or by_name):
                summary.notes.append(
                    f'frames of {pictures.video} count from 1, since the '
                    'export names no frame 0'
                )
            jobs[name] = Job(
                name,
                pictures.video,
                out / 'frames' / name,
                wanted,
                video.where,
                video.size or next(_sizes(video), None),
            )
    return jobs


def _check_place(
    video: Video, pictures: Pictures, places: Dict[Path, str]
) -> Optional[Path]:
    """Return the place of frames.

    Raises:
        ValueError: It bears no name, and is that of two videos.
    """
    place = pictures.video
    if place is None and pictures.images:
        place = next(iter(pictures.images.values())).parent
    if pictures.named or place is None:
        return place
    other = places.setdefault(place, video.name)
    if other != video.name:
        raise ValueError(
            f'{video.where}: the videos {other!r} and {video.name!r} would '
            f'both have their frames in {place}; give --frames a folder with '
            'a video file or a folder of frames for each, named as they are'
        )
    return place


def _sizes(video: Video) -> Iterator[Tuple[int, int]]:
    """Yield the sizes of its frames that the export has."""
    for frame in video.frames or ():
        if frame.size is not None:
            yield frame.size


def _check_tracks(video: Video) -> None:
    """ValueError if a track has two boxes in a frame."""
    tracks = [(b.frame, b.track) for b in video.boxes if b.track is not None]
    if len(set(tracks)) == len(tracks):
        return
    (frame, track), number = Counter(tracks).most_common(1)[0]
    raise ValueError(
        f'{video.where}: track {track} of the video {video.name!r} has '
        f'{number} boxes in frame {frame}; an object is in a frame once: '
        'correct it in the annotation tool'
    )


def _frames(
    video: Video,
    finder: PictureFinder,
    jobs: Dict[str, Job],
    extracted: Dict[str, Extracted],
) -> FrameFiles:
    """Return the image files of a video."""
    name = video_name(video)
    if name in jobs:
        return video_frames(video, jobs[name].folder, extracted[name])
    return video_frames(video, finder.find(video).images)


def _notes(jobs: Dict[str, Job], extracted: Dict[str, Extracted]) -> List[str]:
    """Return what a person should know of the video files."""
    notes = []
    for name, job in jobs.items():
        found = extracted[name]
        if found.varies:
            notes.append(
                f'{job.file} has a variable frame rate: frames are counted '
                'as they are stored, and a tool that counts by time (Label '
                'Studio does) has boxes in others; if boxes lie beside '
                'their objects, make a copy and annotate that: ffmpeg -i '
                'FILE -fps_mode cfr copy.mp4'
            )
        last = job.wanted[-1] if job.wanted else 0
        if job.wanted is not None and found.frames:
            step = job.wanted[1] - job.wanted[0] if len(job.wanted) > 1 else 1
            if last + step < found.frames and len(job.wanted) > last:
                notes.append(
                    f'{job.file} has {found.frames} frames, of which '
                    f'{len(job.wanted)} were annotated: the others are left '
                    'out'
                )
    return notes
