# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Time data set and batch sampler on the real lists of ImageNet VID and DET.

Boxes and categories are made up, since the lists have none; the numbers of
videos, frames and images are the real ones. Each measurement is a process of
its own. Times are CPU seconds, which other programs hardly disturb.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from mmhvr.annotations.reader import read_annotations
from mmhvr.datasets import TripletVideoBatchSampler, TripletVideoDataset
from mmhvr.datasets.converters.classes import IMAGENET_VID_CLASSES as CLASSES
from mmhvr.datasets.converters.classes import make_categories
from mmhvr.datasets.converters.coco_writer import CocoWriter
from mmhvr.datasets.converters.lists import read_det_list, read_train_list

NAMES = tuple(CLASSES.values())
SIZE = dict(width=1280, height=720)


def parse_args(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'lists',
        type=Path,
        help='folder with VID_train_15frames.txt, for --det also '
        'DET_train_30classes.txt',
    )
    parser.add_argument(
        '--all-frames',
        action='store_true',
        help='every frame of the videos (1.1 million), not the listed ones',
    )
    parser.add_argument('--det', action='store_true', help='with still images')
    parser.add_argument('--batches', type=int, default=2000)
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument(
        '--measure',
        nargs='*',
        metavar='FILE.json',
        help='measure these annotation files, VID first, then DET',
    )
    return parser.parse_args(argv)


def write_vid(lists: Path, out: Path, all_frames: bool, seed: int) -> None:
    """Write the training videos, with one or two made boxes a frame.

    Args:
        lists: Folder of the list.
        out: The annotation file.
        all_frames: Every frame, or those of the list alone.
        seed: Of categories and boxes.
    """
    rng = np.random.default_rng(seed)
    sections = ('videos', 'images', 'annotations')
    with CocoWriter(out, sections, make_categories(CLASSES)) as writer:
        for video in read_train_list(lists / 'VID_train_15frames.txt'):
            video_id = writer.add('videos', dict(name=video.name))
            category = int(rng.integers(1, len(NAMES) + 1))
            keys = set(video.key_frames)
            numbers = range(video.length) if all_frames else sorted(keys)
            for frame_id, number in enumerate(numbers):
                name = f'{video.name}/{number:06d}.JPEG'
                image = dict(file_name=name, frame_id=frame_id, **SIZE)
                image.update(
                    video_id=video_id, is_vid_train_frame=number in keys
                )
                image_id = writer.add('images', image)
                for track in range(int(rng.integers(1, 3))):
                    add_box(writer, rng, image_id, category, track)


def write_det(lists: Path, out: Path, seed: int) -> None:
    """Write the still images, with one or two made boxes each."""
    rng = np.random.default_rng(seed)
    sections = ('images', 'annotations')
    with CocoWriter(out, sections, make_categories(CLASSES)) as writer:
        for name in read_det_list(lists / 'DET_train_30classes.txt'):
            image = dict(
                file_name=f'{name}.JPEG', is_vid_train_frame=True, **SIZE
            )
            image_id = writer.add('images', image)
            category = int(rng.integers(1, len(NAMES) + 1))
            for _ in range(int(rng.integers(1, 3))):
                add_box(writer, rng, image_id, category)


def add_box(
    writer: CocoWriter,
    rng: np.random.Generator,
    image_id: int,
    category: int,
    track: Optional[int] = None,
) -> None:
    """Append a box inside of an image."""
    x, y = rng.integers(0, 600, 2).tolist()
    w, h = rng.integers(20, 120, 2).tolist()
    box: Dict[str, Any] = dict(
        image_id=image_id, category_id=category, bbox=[x, y, w, h], iscrowd=0
    )
    if track is not None:
        box['instance_id'] = track + 1
    writer.add('annotations', dict(box, area=w * h))


def measure(files: List[str], batches: int, seed: int) -> Dict[str, float]:
    """Read, index and draw.

    Args:
        files: Annotation files, VID first.
        batches: How many batches to draw.
        seed: Of the batches.

    Returns:
        CPU seconds of the index, milliseconds of a batch, and MB that this
        process holds more after the index than before it, and at its peak.
    """
    from mmengine.dataset import DefaultSampler
    from torch.utils.data import ConcatDataset

    before, start = held(), time.process_time()
    parts = [
        TripletVideoDataset(
            ann_file=file,
            metainfo=dict(CLASSES=NAMES),
            load_as_video=place == 0,
            pipeline=[],
        )
        for place, file in enumerate(files)
    ]
    dataset: Any = ConcatDataset(parts) if len(parts) > 1 else parts[0]
    sampler = TripletVideoBatchSampler(
        DefaultSampler(dataset, shuffle=True, seed=seed),
        9,
        num_batches=batches,
    )
    found = dict(
        key_frames=len(dataset),
        index_s=time.process_time() - start,
        index_mb=held() - before,
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        - before,
    )
    start = time.process_time()
    assert sum(map(len, sampler)) == 9 * batches
    found['batch_ms'] = (time.process_time() - start) / batches * 1000
    start = time.process_time()
    for file in files:
        read_annotations(file)
    found['read_s'] = time.process_time() - start
    return found


def held() -> float:
    """Return the memory that this process holds, in MB."""
    pages = int(Path('/proc/self/statm').read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Write annotation files, and measure them in a fresh process."""
    args = parse_args(argv)
    if args.measure:
        print(json.dumps(measure(args.measure, args.batches, args.seed)))
        return
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, 'vid.json')]
        write_vid(args.lists, files[0], args.all_frames, args.seed)
        if args.det:
            files.append(Path(folder, 'det.json'))
            write_det(args.lists, files[1], args.seed)
        command = [sys.executable, __file__, str(args.lists)]
        command += ['--batches', str(args.batches), '--seed', str(args.seed)]
        done = subprocess.run(
            [*command, '--measure', *map(str, files)],
            stdout=subprocess.PIPE,
            check=True,
        )
    found = json.loads(done.stdout.splitlines()[-1])
    print(f'key frames          {found["key_frames"]:9d}')
    print(f'reading and checking{found["read_s"]:9.1f} s')
    print(f'index               {found["index_s"]:9.1f} s')
    print(f'held by the index   {found["index_mb"]:9.0f} MB')
    print(f'peak of the index   {found["peak_mb"]:9.0f} MB')
    print(f'a batch             {found["batch_ms"]:9.2f} ms')


if __name__ == '__main__':
    main()
