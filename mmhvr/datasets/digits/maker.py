# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Make the digits data set: all or nothing, and the same bytes each time."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Iterable, Union

import cv2
import numpy as np

from ...utils.progress import with_progress
from ..converters.imagenet_det import convert_det
from ..converters.imagenet_vid import convert_vid
from ..converters.lists import LIST_NAMES
from .finished_folder import make_folder
from .layout import SYNSETS, key_frames, write_frame, write_list
from .render import draw_frame, draw_video, measure_boxes
from .samples import CLASSES, GlyphBook
from .scene import plan_scene

FORMAT_VERSION = 2
STAMP_NAME = 'digits_vid.json'
# First part of the seed of each video, after the data set's own seed.
_STREAMS = dict(train=0, val=1, det=2)


def video_rng(seed: int, split: str, number: int) -> np.random.Generator:
    """Return the generator of one video, whatever other videos do."""
    return np.random.default_rng(
        np.random.SeedSequence([seed, _STREAMS[split], number])
    )


def video_name(split: str, number: int) -> str:
    """Folder of a video, named as ImageNet VID names its own."""
    if split == 'train':
        return f'train/digits_VID_train_0000/digits_train_{number:08d}'
    return f'val/digits_val_{number:08d}'


def _count(total: int, what: str, progress: bool) -> Iterable[int]:
    """Numbers from 0, with a progress bar on demand."""
    if progress:
        print(f'making {total} {what}', flush=True)
    return with_progress(list(range(total)), progress)


def _make_videos(
    root: Path, split: str, seed: int, videos: int, frames: int, progress: bool
) -> None:
    """Write one split's videos; number n shows digit n % 10."""
    book = GlyphBook(split, seed)
    for number in _count(videos, f'{split} videos', progress):
        rng = video_rng(seed, split, number)
        scene = plan_scene(rng, book, number % len(CLASSES), frames)
        folder = video_name(split, number)
        for frame, (image, boxes) in enumerate(draw_video(scene)):
            write_frame(root, 'VID', f'{folder}/{frame:06d}', image, boxes)


def _make_stills(root: Path, seed: int, images: int, progress: bool) -> None:
    """Write the DET part: one frame of a short scene each."""
    book = GlyphBook('train', seed)
    for number in _count(images, 'still images', progress):
        rng = video_rng(seed, 'det', number)
        scene = plan_scene(rng, book, number % len(CLASSES), frames=3)
        write_frame(
            root,
            'DET',
            still_name(number),
            draw_frame(scene, 1),
            measure_boxes(scene, 1),
        )


def still_name(number: int) -> str:
    """Path of a still image without ending."""
    return f'train/digits_DET_train_0000/digits_det_{number:08d}'


def _write_lists(
    root: Path, train: int, val: int, frames: int, det: int
) -> None:
    """Write the lists that the converters and other tools read."""
    train_names = [video_name('train', number) for number in range(train)]
    val_names = [video_name('val', number) for number in range(val)]
    write_list(
        root,
        'VID',
        LIST_NAMES['train'],
        (
            f'{name} 1 {frame} {frames}'
            for name in train_names
            for frame in key_frames(frames)
        ),
    )
    write_list(
        root,
        'VID',
        LIST_NAMES['val'],
        (
            f'{name} {1 + number * frames} 0 {frames}'
            for number, name in enumerate(val_names)
        ),
    )
    write_list(
        root,
        'VID',
        'train.txt',
        (f'{name[len("train/") :]} 1' for name in train_names),
    )
    write_list(
        root,
        'VID',
        'val.txt',
        (
            f'{name[len("val/") :]}/{frame:06d} {1 + number * frames + frame}'
            for number, name in enumerate(val_names)
            for frame in range(frames)
        ),
    )
    write_list(
        root,
        'DET',
        LIST_NAMES['det'],
        (f'{still_name(number)} 1' for number in range(det)),
    )


def _make(root: Path, parameters: Dict[str, int], progress: bool) -> None:
    """Write everything but the stamp."""
    seed, frames = parameters['seed'], parameters['frames']
    train = len(CLASSES) * parameters['train_videos_per_class']
    val = len(CLASSES) * parameters['val_videos_per_class']
    det = parameters['det_images']
    _make_videos(root, 'train', seed, train, frames, progress)
    _make_videos(root, 'val', seed, val, frames, progress)
    _make_stills(root, seed, det, progress)
    _write_lists(root, train, val, frames, det)
    classes = dict(zip(SYNSETS, CLASSES))
    table = ''.join(f'{key} {name}\n' for key, name in classes.items())
    (root / 'classes.txt').write_text(table, encoding='utf-8')
    for split in ('train', 'val'):
        convert_vid(
            root,
            split,
            root / f'annotations/imagenet_vid_{split}.json',
            classes,
            progress=False,
        )
    if det:
        convert_det(
            root,
            root / 'annotations/imagenet_det_30plus1cls.json',
            classes,
            progress=False,
        )


def _check_parameters(parameters: Dict[str, int]) -> None:
    """TypeError or ValueError for what cannot be made."""
    lowest = dict(
        seed=0,
        train_videos_per_class=1,
        val_videos_per_class=1,
        frames=1,
        det_images=0,
    )
    for name, value in parameters.items():
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
            raise TypeError(f'{name} must be an int, found {value!r}')
        if value < lowest[name]:
            raise ValueError(
                f'{name} must be at least {lowest[name]}, found {value}'
            )


def make_digits_vid(
    root: Union[str, Path],
    seed: int = 0,
    train_videos_per_class: int = 120,
    val_videos_per_class: int = 20,
    frames: int = 16,
    det_images: int = 200,
    force: bool = False,
    progress: bool = True,
) -> Path:
    """Make the digits data set in ImageNet VID's layout, with its JSON files.

    Everything is made in a folder beside ``root`` that is renamed at the end:
    ``root`` is complete or not there. An interrupted run is redone; a finished
    ``root`` with the same parameters is kept as it is. Training and validation
    use disjoint handwriting. Each video has a generator of its own, so that it
    does not change with the number of videos.

    Args:
        root (str | Path): Folder to make.
        seed (int): Seed of everything.
        train_videos_per_class (int): Training videos of each digit.
        val_videos_per_class (int): Validation videos of each digit.
        frames (int): Frames of each video.
        det_images (int): Still images (the DET part); with 0 there is no
            DET annotation file.
        force (bool): Make a finished data set again.
        progress (bool): Show progress bars.

    Returns:
        Path: The finished folder.

    Raises:
        TypeError: A parameter is no int.
        ValueError: A parameter is too small, ``root`` was made with others, or
            it holds something else.

    Example:
        >>> make_digits_vid('data/mini').name
        'mini'
    """
    parameters = dict(
        seed=seed,
        train_videos_per_class=train_videos_per_class,
        val_videos_per_class=val_videos_per_class,
        frames=frames,
        det_images=det_images,
    )
    _check_parameters(parameters)
    # NumPy's integers are no JSON.
    parameters = {name: int(value) for name, value in parameters.items()}
    stamp = {'format_version': FORMAT_VERSION, **parameters}
    root = Path(root).resolve()

    def make(folder: Path) -> None:
        """Fill the folder on one thread: OpenCV's result is then fixed."""
        threads = cv2.getNumThreads()
        cv2.setNumThreads(1)
        try:
            _make(folder, parameters, progress)
        finally:
            cv2.setNumThreads(threads)

    make_folder(root, STAMP_NAME, stamp, make, force)
    return root
