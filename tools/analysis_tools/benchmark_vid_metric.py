# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Time VIDMetric on made-up detections, by default at ImageNet VID's size.

Times are CPU seconds of this process, which other programs hardly disturb.
"""

import argparse
import json
import os.path as osp
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import Dict

import numpy as np

from mmhvr.evaluation import VIDMetric
from mmhvr.evaluation.range_average_precision import PROTOCOLS

# Frames, boxes and videos of ImageNet VID's validation set, 30 classes.
VID_FRAMES, VID_BOXES, VID_VIDEOS, VID_CLASSES = 176126, 273505, 555, 30
WIDTH, HEIGHT = 1280, 720
# About as many frames as there are without a box: 4,046 of 176,126.
EMPTY_EVERY = 43


@dataclass(frozen=True)
class MadeData:
    """Annotated boxes, sorted by frame.

    Attributes:
        boxes (np.ndarray): xyxy in pixels, float32 [G, 4].
        labels (np.ndarray): int [G].
        images (np.ndarray): Index of each box's frame, int [G].
        tracks (np.ndarray): Track of each box, int [G].
        videos (np.ndarray): Video of each frame, int [I].
        frames (np.ndarray): Number of each frame in its video, int [I].
    """

    boxes: np.ndarray
    labels: np.ndarray
    images: np.ndarray
    tracks: np.ndarray
    videos: np.ndarray
    frames: np.ndarray


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--frames', type=int, default=VID_FRAMES)
    parser.add_argument('--boxes', type=int, default=VID_BOXES)
    parser.add_argument('--videos', type=int, default=VID_VIDEOS)
    parser.add_argument('--classes', type=int, default=VID_CLASSES)
    parser.add_argument(
        '--detections', type=int, default=100, help='per frame'
    )
    parser.add_argument(
        '--protocols',
        nargs='*',
        choices=sorted(PROTOCOLS),
        default=['fgfa'],
        help='of slow, medium and fast (default: fgfa)',
    )
    parser.add_argument(
        '--coco', action='store_true', help='time pycocotools too'
    )
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    for name in ('frames', 'boxes', 'videos', 'classes', 'detections'):
        if getattr(args, name) < 1:
            parser.error(f'--{name} must be at least 1')
    return args


def make_boxes(rng: np.random.Generator, number: int) -> np.ndarray:
    """Draw boxes of 20 to 420 pixels a side, xyxy float32 [number, 4]."""
    size = rng.uniform(20, 420, (number, 2))
    corner = rng.uniform(0, 1, (number, 2)) * ([WIDTH, HEIGHT] - size)
    return np.hstack([corner, corner + size]).astype(np.float32)


def make_data(rng: np.random.Generator, args: argparse.Namespace) -> MadeData:
    """Let objects move through videos of equal length.

    Each object stays for its whole video and is of one class. The objects
    come layer by layer: the first of all videos, the second of all videos,
    and so on until there are enough boxes.
    """
    videos = np.arange(args.frames) * args.videos // args.frames
    frames = np.arange(args.frames) - np.searchsorted(videos, videos)
    filled = np.flatnonzero(
        np.arange(args.frames) % EMPTY_EVERY != EMPTY_EVERY - 1
    )
    layers, place = np.divmod(np.arange(args.boxes), len(filled))
    images = filled[place]
    order = np.argsort(images, kind='stable')
    images, layers = images[order], layers[order]
    tracks = layers * args.videos + videos[images]
    number = int(tracks.max()) + 1
    start = make_boxes(rng, number)[tracks]
    # Pixels a frame: a third each of the objects is about slow, medium, fast.
    speed = np.array([0.2, 3.0, 15.0])[rng.integers(0, 3, number)]
    way = speed[tracks] * frames[images]
    # Back and forth between the sides of the image.
    room = WIDTH - (start[:, 2] - start[:, 0])
    x1 = np.abs((start[:, 0] + way + room) % (2 * room) - room)
    boxes = start + (x1 - start[:, 0])[:, None] * np.array([1, 0, 1, 0])
    labels = rng.integers(0, args.classes, number)[tracks]
    return MadeData(
        boxes.astype(np.float32), labels, images, tracks, videos, frames
    )


def write_annotations(
    path: str, data: MadeData, args: argparse.Namespace
) -> None:
    """Write a CocoVID file; ids are indices plus 1."""
    xywh = np.hstack([data.boxes[:, :2], data.boxes[:, 2:]])
    xywh[:, 2:] -= xywh[:, :2]
    annotations = [
        dict(
            id=n,
            image_id=image + 1,
            category_id=label + 1,
            instance_id=track,
            bbox=box,
        )
        for n, (image, label, track, box) in enumerate(
            zip(
                data.images.tolist(),
                data.labels.tolist(),
                data.tracks.tolist(),
                xywh.tolist(),
            ),
            1,
        )
    ]
    images = [
        dict(
            id=n,
            file_name=f'{video}/{frame}.JPEG',
            video_id=video + 1,
            frame_id=frame,
        )
        for n, (video, frame) in enumerate(
            zip(data.videos.tolist(), data.frames.tolist()), 1
        )
    ]
    categories = [
        dict(id=k + 1, name=f'class {k}') for k in range(args.classes)
    ]
    with open(path, 'w') as file:
        json.dump(
            dict(
                images=images, categories=categories, annotations=annotations
            ),
            file,
        )


def make_frame(
    rng: np.random.Generator,
    boxes: np.ndarray,
    labels: np.ndarray,
    args: argparse.Namespace,
) -> Dict[str, np.ndarray]:
    """Draw one frame's detections.

    Half of them lie about the annotated boxes and bear their labels, as the
    detections of a trained model do; the others lie anywhere.
    """
    num_near = args.detections // 2 if len(boxes) else 0
    num_far = args.detections - num_near
    found, found_labels = (
        make_boxes(rng, num_far),
        rng.integers(0, args.classes, num_far),
    )
    scores = rng.random(args.detections, dtype=np.float32) ** 4
    if num_near:
        near = rng.integers(0, len(boxes), num_near)
        moved = boxes[near] + rng.normal(0, 20, (num_near, 4))
        moved[:, 2:] = np.maximum(moved[:, 2:], moved[:, :2])
        found = np.concatenate([found, moved.astype(np.float32)])
        found_labels = np.concatenate([found_labels, labels[near]])
        scores[num_far:] **= 0.25
    return dict(bboxes=found, labels=found_labels, scores=scores)


def main() -> None:
    """Make the data, run the metric and print time and memory."""
    args = parse_args()
    rng = np.random.default_rng(args.seed)
    data = make_data(rng, args)
    start = np.searchsorted(data.images, np.arange(args.frames + 1))
    with tempfile.TemporaryDirectory() as folder:
        path = osp.join(folder, 'annotations.json')
        write_annotations(path, data, args)
        begin = time.process_time()
        metric = VIDMetric(path, protocols=args.protocols, coco=args.coco)
        reading = time.process_time() - begin
    metric.dataset_meta = dict(
        classes=tuple(f'class {k}' for k in range(args.classes))
    )
    processing = 0.0
    for i in range(args.frames):
        own = slice(start[i], start[i + 1])
        found = make_frame(rng, data.boxes[own], data.labels[own], args)
        begin = time.process_time()
        metric.process(None, [dict(img_id=i + 1, pred_det_instances=found)])
        processing += time.process_time() - begin
    begin = time.process_time()
    metrics = metric.evaluate(args.frames)
    evaluating = time.process_time() - begin
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == 'darwin' else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print(
        f'{args.frames} frames, {args.boxes} boxes, {args.detections} '
        f'detections a frame, {args.classes} classes, protocols '
        f'{" ".join(args.protocols) or "none"}: '
        f'mAP50 {metrics["vid/mAP50"]:.4f}'
    )
    print(
        f'CPU seconds: read annotations {reading:.1f}, process '
        f'{processing:.1f}, evaluate {evaluating:.1f}'
    )
    print(f'peak memory: {peak / 1e9:.2f} GB')


if __name__ == '__main__':
    main()
