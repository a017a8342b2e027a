# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Time VIDMetric on made-up detections, by default at ImageNet VID's size."""

import argparse
import json
import os.path as osp
import resource
import sys
import tempfile
import time
from typing import Dict

import numpy as np

from mmhvr.evaluation import VIDMetric

# Frames and boxes of ImageNet VID's validation videos, 30 classes.
VID_FRAMES, VID_BOXES, VID_CLASSES = 176126, 273505, 30
WIDTH, HEIGHT = 1280, 720


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--frames', type=int, default=VID_FRAMES)
    parser.add_argument('--boxes', type=int, default=VID_BOXES)
    parser.add_argument('--classes', type=int, default=VID_CLASSES)
    parser.add_argument(
        '--detections', type=int, default=100, help='per frame'
    )
    parser.add_argument(
        '--coco', action='store_true', help='time pycocotools too'
    )
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    for name in ('frames', 'boxes', 'classes', 'detections'):
        if getattr(args, name) < 1:
            parser.error(f'--{name} must be at least 1')
    return args


def make_boxes(rng: np.random.Generator, number: int) -> np.ndarray:
    """Draw boxes of 20 to 420 pixels a side, xyxy float32 [number, 4]."""
    size = rng.uniform(20, 420, (number, 2))
    corner = rng.uniform(0, 1, (number, 2)) * ([WIDTH, HEIGHT] - size)
    return np.hstack([corner, corner + size]).astype(np.float32)


def write_annotations(
    path: str,
    boxes: np.ndarray,
    labels: np.ndarray,
    images: np.ndarray,
    args: argparse.Namespace,
) -> None:
    """Write a COCO file; image and category ids are indices plus 1."""
    xywh = np.hstack([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]])
    annotations = [
        dict(id=n, image_id=image + 1, category_id=label + 1, bbox=box)
        for n, (image, label, box) in enumerate(
            zip(images.tolist(), labels.tolist(), xywh.tolist()), 1
        )
    ]
    with open(path, 'w') as file:
        json.dump(
            dict(
                images=[dict(id=i + 1) for i in range(args.frames)],
                categories=[
                    dict(id=k + 1, name=f'class {k}')
                    for k in range(args.classes)
                ],
                annotations=annotations,
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
        found = np.concatenate([found, moved.astype(np.float32)])
        found_labels = np.concatenate([found_labels, labels[near]])
        scores[num_far:] **= 0.25
    return dict(bboxes=found, labels=found_labels, scores=scores)


def main() -> None:
    """Make the data, run the metric and print time and memory."""
    args = parse_args()
    rng = np.random.default_rng(args.seed)
    boxes = make_boxes(rng, args.boxes)
    labels = rng.integers(0, args.classes, args.boxes)
    images = np.sort(rng.integers(0, args.frames, args.boxes))
    start = np.searchsorted(images, np.arange(args.frames + 1))
    with tempfile.TemporaryDirectory() as folder:
        path = osp.join(folder, 'annotations.json')
        write_annotations(path, boxes, labels, images, args)
        begin = time.perf_counter()
        metric = VIDMetric(path, coco=args.coco)
        reading = time.perf_counter() - begin
    metric.dataset_meta = dict(
        classes=tuple(f'class {k}' for k in range(args.classes))
    )
    processing = 0.0
    for i in range(args.frames):
        own = slice(start[i], start[i + 1])
        sample = dict(
            img_id=i + 1,
            pred_det_instances=make_frame(rng, boxes[own], labels[own], args),
        )
        begin = time.perf_counter()
        metric.process(None, [sample])
        processing += time.perf_counter() - begin
    begin = time.perf_counter()
    metrics = metric.evaluate(args.frames)
    evaluating = time.perf_counter() - begin
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == 'darwin' else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print(
        f'{args.frames} frames, {args.boxes} boxes, {args.detections} '
        f'detections a frame, {args.classes} classes: '
        f'mAP50 {metrics["vid/mAP50"]:.4f}'
    )
    print(
        f'seconds: read annotations {reading:.1f}, process '
        f'{processing:.1f}, evaluate {evaluating:.1f}'
    )
    print(f'peak memory: {peak / 1e9:.2f} GB')


if __name__ == '__main__':
    main()
