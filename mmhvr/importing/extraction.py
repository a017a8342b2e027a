# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The frames of video files as images, once.

A folder of frames has a record of the video that they are of. An extraction
that was broken off goes on where it was; frames of another video are never
mixed in.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Callable, List, Optional, Sequence, Tuple

import cv2
import numpy as np

from ..run.cores import usable_cores
from ..sources.base import SourceEndedEarly
from ..sources.video_file import VideoFile
from ..utils.progress import Progress
from ..utils.text_files import read_json

#: Name of the record in a folder of frames; hidden, so that it is no frame.
RECORD = '.video.json'
# Of JPEG, 0 to 100: what encoding changes is less than the video's own.
_QUALITY = 95
# Bytes at the head and at the tail of a file that tell it from others.
_DIGESTED = 1 << 20


@dataclass(frozen=True)
class Job:
    """A video whose frames are wanted.

    Attributes:
        name (str): The video, for messages.
        file (Path): The video file.
        folder (Path): Where the frames go.
        wanted (Sequence[int] | None): Indices of the frames from 0 on, in
            order; None: all.
        where (str): The annotation file, for messages.
        size (tuple | None): Width and height in pixels that the annotations
            are of, if known.
    """

    name: str
    file: Path
    folder: Path
    wanted: Optional[Sequence[int]]
    where: str
    size: Optional[Tuple[int, int]] = None


@dataclass(frozen=True)
class Extracted:
    """What is known of a video whose frames are there.

    Attributes:
        digest (str): Tells the file from others.
        wanted (str): Tells which frames were wanted.
        frames (int | None): Number of frames of the video file; None as long
            as not all that are wanted are there.
        width (int): Of the frames, in pixels.
        height (int): Of the frames, in pixels.
        fps (float | None): Frames a second, if the file says so.
        varies (bool): Whether frames are not all shown for the same time.
    """

    digest: str
    wanted: str
    frames: Optional[int] = None
    width: int = 0
    height: int = 0
    fps: Optional[float] = None
    varies: bool = False


class _Stopped(Exception):
    """Another extraction has failed, or a person has pressed Ctrl-C."""


def frame_file(index: int) -> str:
    """Return the name of the image of a frame."""
    return f'{index:06d}.jpg'


def extract_all(jobs: Sequence[Job], progress: bool = True) -> List[Extracted]:
    """Extract the frames of several videos at the same time.

    Args:
        jobs (Sequence[Job]): The videos.
        progress (bool): Show a progress bar.

    Returns:
        list[Extracted]: What is known of each.

    Raises:
        ValueError: A video cannot be read or is too short; the text says all
            that is wrong.
        OSError: An image cannot be written.
    """
    stop = threading.Event()
    lock = threading.Lock()
    wanted = [job.wanted for job in jobs]
    total = None if None in wanted else sum(len(w or ()) for w in wanted)
    with Progress(total, progress and bool(jobs)) as bar:

        def count(is_wanted: bool) -> None:
            if stop.is_set():
                raise _Stopped
            if is_wanted:
                with lock:
                    bar.update()

        def run(job: Job) -> Extracted:
            try:
                return extract(job, count)
            except OSError:
                stop.set()  # the disk is full for the others, too
                raise

        with ThreadPoolExecutor(max(1, usable_cores())) as pool:
            futures = [pool.submit(run, job) for job in jobs]
            try:
                errors = [future.exception() for future in futures]
            except BaseException:
                stop.set()
                for future in futures:
                    future.cancel()
                raise
    faults = [e for e in errors if e and not isinstance(e, _Stopped)]
    for error in faults:
        if not isinstance(error, ValueError):
            raise error
    if faults:
        raise ValueError('\n  '.join(map(str, faults))) from faults[0]
    return [future.result() for future in futures]


def extract(job: Job, count: Callable[[bool], None]) -> Extracted:
    """Extract the frames of a video that are not there yet.

    Args:
        job (Job): The video.
        count (Callable): Called for each frame of the file, with whether it
            is wanted.

    Returns:
        Extracted: What is known of it.

    Raises:
        ValueError: It cannot be read, or ends before the last frame that is
            wanted.
        OSError: An image cannot be written.
    """
    start = Extracted(
        _digest(job.file),
        'all' if job.wanted is None else _short_digest(job.wanted),
    )
    before = _read_record(job)
    if before is not None and before.digest != start.digest:
        raise ValueError(
            f'{job.folder} has the frames of another file than {job.file}; '
            'delete this folder, or choose another --out'
        )
    if before and before.wanted == start.wanted and _is_whole(job, before):
        _check_size(job, before.width, before.height)
        return before
    job.folder.mkdir(parents=True, exist_ok=True)
    _write(job.folder / RECORD, _as_json(start))
    done = _decode(job, start, count)
    _write(job.folder / RECORD, _as_json(done))
    return done


def _decode(
    job: Job, start: Extracted, count: Callable[[bool], None]
) -> Extracted:
    """Go through a video file and write what is missing."""
    try:
        video = VideoFile(job.file)
        wanted = None if job.wanted is None else set(job.wanted)
        times: List[float] = []
        shape: Tuple[int, ...] = (0, 0)
        for frame in video:
            times.append(frame.time or 0.0)
            shape = frame.image.shape
            if frame.index == 0:
                _check_size(job, shape[1], shape[0])
            is_wanted = wanted is None or frame.index in wanted
            image = job.folder / frame_file(frame.index)
            if is_wanted and not image.exists():
                _write(image, _encode(frame.image))
            count(is_wanted)
    except SourceEndedEarly as error:
        raise ValueError(f'{job.where}: {error}') from error
    last = job.wanted[-1] if job.wanted else 0
    if last >= len(times):
        raise ValueError(
            f'{job.where}: the video {job.name!r} was annotated to frame '
            f'{last} from 0, but {job.file} has {len(times)} frames; is it '
            'the video that was annotated?'
        )
    return Extracted(
        start.digest,
        start.wanted,
        len(times),
        shape[1],
        shape[0],
        video.fps,
        _varies(times),
    )


def _check_size(job: Job, width: int, height: int) -> None:
    """ValueError if a video file shows frames of another size."""
    if job.size in (None, (width, height)):
        return
    remedy = 'is it the video that was annotated?'
    if job.size == (height, width):
        remedy = (
            'it has a rotation mark, which players and mmhvr obey, and the '
            'annotation tool did not: annotate a copy without the mark '
            '(ffmpeg -i FILE upright.mp4)'
        )
    annotated = ' x '.join(map(str, job.size or ()))
    raise ValueError(
        f'{job.where}: the video {job.name!r} was annotated at {annotated} '
        f'pixels, but {job.file} shows {width} x {height}; {remedy}'
    )


def _varies(times: Sequence[float]) -> bool:
    """Whether frames are shown for times that differ.

    Containers round to a millisecond, or to a frame of a higher rate.
    """
    steps = np.diff(times)
    if len(steps) < 2:
        return False
    usual = float(np.median(steps))
    return bool((np.abs(steps - usual) > 0.1 * usual + 0.002).any())


def _is_whole(job: Job, record: Extracted) -> bool:
    """Whether all frames that are wanted are there."""
    if record.frames is None:
        return False
    wanted = range(record.frames) if job.wanted is None else job.wanted
    there = set(os.listdir(job.folder))
    return all(frame_file(index) in there for index in wanted)


def _read_record(job: Job) -> Optional[Extracted]:
    """Return the record of a folder; None if nothing is there."""
    file = job.folder / RECORD
    if file.is_file():
        try:
            return Extracted(**read_json(file))
        except (TypeError, ValueError) as error:
            raise ValueError(
                f'{file} is not what mmhvr has written ({error}); delete '
                f'{job.folder}'
            ) from error
    there = os.listdir(job.folder) if job.folder.is_dir() else []
    if any(not name.startswith('.') for name in there):
        raise ValueError(
            f'{job.folder} has files that are not the frames of {job.file}; '
            'choose another --out, or delete this folder'
        )
    return None


def _encode(image: np.ndarray) -> bytes:
    """Return the bytes of a JPEG."""
    done, data = cv2.imencode(
        '.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    )
    assert done
    return data.tobytes()


def _write(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all."""
    unfinished = path.with_name(f'.{path.name}.part')
    try:
        unfinished.write_bytes(data)
        os.replace(unfinished, path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise OSError(
            f'cannot write {path} ({error}); make room, and give the same '
            'command again: it goes on from there'
        ) from error


def _as_json(record: Extracted) -> bytes:
    """Return a record as it is written."""
    return json.dumps(asdict(record), indent=1).encode()


def _digest(file: Path) -> str:
    """Tell a file from others by its size, head and tail."""
    size = file.stat().st_size
    with file.open('rb') as stream:
        head = stream.read(_DIGESTED)
        stream.seek(max(0, size - _DIGESTED))
        tail = stream.read(_DIGESTED)
    return f'{size}-{hashlib.sha256(head + tail).hexdigest()[:16]}'


def _short_digest(numbers: Sequence[int]) -> str:
    """Tell lists of numbers apart."""
    text = ','.join(map(str, numbers))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
