# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Time seq_nms beside a plain implementation of the published algorithm.

Both get the same made-up boxes of one class; the tool prints the processor
time of each, the ratio, and whether the results are the same bit for bit.
``plain_seq_nms`` is what the tests compare with, too. It is there to be read
and to be sure of: use ``mmhvr.evaluation.seq_nms``.
"""

import argparse
import time
from typing import List, Tuple

import numpy as np

from mmhvr.evaluation import seq_nms

WIDTH, HEIGHT = 1280, 720
Frames = List[np.ndarray]


def plain_seq_nms(
    boxes: Frames,
    scores: Frames,
    link_iou: float = 0.5,
    nms_iou: float = 0.3,
    rescore: str = 'avg',
    min_sum: float = 0.01,
    offset: float = 1,
) -> Tuple[Frames, Frames]:
    """Seq-NMS step by step: the whole programme anew for every path.

    Args:
        boxes (list[np.ndarray]): Boxes of each frame, xyxy [n_t, 4].
        scores (list[np.ndarray]): Their scores, [n_t].
        link_iou: The least IoU of a link.
        nms_iou: The least IoU that suppresses.
        rescore: 'avg' or 'max'.
        min_sum: Paths with a smaller sum are left alone.
        offset: Added to widths and heights.

    Returns:
        tuple[list, list]: New scores [n_t] and whether boxes stay, [n_t].
    """
    boxes = [np.asarray(b, dtype=np.float64) for b in boxes]
    old = [np.asarray(s, dtype=np.float64).tolist() for s in scores]
    new = [list(s) for s in old]
    keep = [[True] * len(s) for s in old]
    free = [[True] * len(s) for s in old]
    last = len(boxes) - 1
    links: List[List[List[int]]] = [
        [
            np.flatnonzero(
                plain_iou(box, boxes[t + 1], offset) >= link_iou
            ).tolist()
            for box in boxes[t]
        ]
        if t < last
        else [[] for _ in boxes[t]]
        for t in range(len(boxes))
    ]
    while True:
        # best[t][i]: largest sum of scores of a path that starts at box i of
        # frame t; after[t][i]: the box of frame t + 1 that follows, or -1.
        best = [[0.0] * len(s) for s in old]
        after = [[-1] * len(s) for s in old]
        is_link_left = False
        for t in range(last, -1, -1):
            for i in range(len(old[t])):
                if not free[t][i]:
                    continue
                for j in links[t][i]:
                    k = after[t][i]
                    if free[t + 1][j] and (
                        k < 0 or best[t + 1][j] > best[t + 1][k]
                    ):
                        after[t][i] = j
                best[t][i] = old[t][i]
                if after[t][i] >= 0:
                    is_link_left = True
                    best[t][i] += best[t + 1][after[t][i]]
        start, largest = (-1, -1), -1.0
        for t in range(last + 1):
            for i in range(len(old[t])):
                if free[t][i] and best[t][i] > largest:
                    start, largest = (t, i), best[t][i]
        if not is_link_left or largest < min_sum:
            break
        path = [start]
        while after[path[-1][0]][path[-1][1]] >= 0:
            t, i = path[-1]
            path.append((t + 1, after[t][i]))
        value = largest / len(path)
        if rescore == 'max':
            value = max(old[t][i] for t, i in path)
        for t, i in path:
            new[t][i] = value
            for j in np.flatnonzero(
                plain_iou(boxes[t][i], boxes[t], offset) >= nms_iou
            ).tolist():
                if free[t][j] and j != i:
                    free[t][j] = keep[t][j] = False
            free[t][i] = False
    return (
        [np.array(s, dtype=np.float64) for s in new],
        [np.array(k, dtype=bool) for k in keep],
    )


def plain_iou(
    box: np.ndarray, others: np.ndarray, offset: float
) -> np.ndarray:
    """IoU of one box [4] with others [n, 4]; 0 for a box without area."""
    overlap, area, areas = 1.0, 1.0, np.ones(len(others))
    for low, high in ((0, 2), (1, 3)):
        side = np.minimum(box[high], others[:, high]) - np.maximum(
            box[low], others[:, low]
        )
        overlap = overlap * np.maximum(side + offset, 0)
        area = area * max(box[high] - box[low] + offset, 0)
        areas = areas * np.maximum(
            others[:, high] - others[:, low] + offset, 0
        )
    union = area + areas - overlap
    return np.where(union > 0, overlap / np.where(union > 0, union, 1), 0)


def make_video(
    rng: np.random.Generator,
    frames: int,
    boxes: int,
    objects: int,
    background: float,
) -> Tuple[Frames, Frames]:
    """Boxes of one class before NMS, as a detector gives them.

    Half of the boxes of a frame crowd about objects that move through the
    video, with scores that fall with the distance; the others lie anywhere.

    Args:
        rng: The generator.
        frames: Number of frames.
        boxes: Boxes of a frame.
        objects: Number of moving objects.
        background: The middle (median) score of the other boxes.

    Returns:
        tuple[list, list]: Boxes, xyxy float32 [n, 4], and scores, float32
        [n], of each frame.
    """
    size = rng.uniform(60, 300, (objects, 2))
    begin, end = rng.uniform(0, 1, (2, objects, 2)) * ([WIDTH, HEIGHT] - size)
    all_boxes, all_scores = [], []
    for t in range(frames):
        owner = rng.integers(0, objects, boxes // 2)
        corner = begin + (end - begin) * t / max(frames - 1, 1)
        jitter = rng.normal(0, 0.12, (len(owner), 4))
        near = np.hstack([corner, corner + size])[owner]
        near += jitter * np.tile(size[owner], 2)
        far_size = rng.uniform(40, 400, (boxes - len(owner), 2))
        far = rng.uniform(0, 1, far_size.shape) * ([WIDTH, HEIGHT] - far_size)
        all_boxes.append(np.vstack([near, np.hstack([far, far + far_size])]))
        all_scores.append(
            np.append(
                np.exp(-4 * np.abs(jitter).max(axis=1)),
                rng.lognormal(np.log(background), 1, len(far)).clip(max=1),
            )
        )
    return (
        [b.astype(np.float32) for b in all_boxes],
        [s.astype(np.float32) for s in all_scores],
    )


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--frames', type=int, default=300)
    parser.add_argument('--boxes', type=int, default=300, help='of a frame')
    parser.add_argument('--objects', type=int, default=10)
    parser.add_argument(
        '--background',
        type=float,
        default=0.001,
        help='median score of boxes without an object (%(default)s); the '
        'higher, the more paths',
    )
    parser.add_argument('--rescore', choices=('avg', 'max'), default='avg')
    parser.add_argument('--min-sum', type=float, default=0.01)
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    for name in ('frames', 'boxes', 'objects'):
        if getattr(args, name) < 1:
            parser.error(f'--{name} must be at least 1')
    return args


def main() -> None:
    """Run both on the same boxes, print times and compare the results."""
    args = parse_args()
    video = make_video(
        np.random.default_rng(args.seed),
        args.frames,
        args.boxes,
        args.objects,
        args.background,
    )
    options = dict(rescore=args.rescore, min_sum=args.min_sum)
    results, seconds = [], []
    # The fast one before and after the other: machines are not always alike.
    for function in (seq_nms, seq_nms, plain_seq_nms, seq_nms):
        begin = time.process_time()
        results.append(function(*video, **options))
        seconds.append(time.process_time() - begin)
    _, first, plain, second = seconds
    fast = (first + second) / 2
    same = all(
        np.array_equal(one, two)
        for part in range(2)
        for one, two in zip(results[0][part], results[2][part])
    )
    kept = sum(int(k.sum()) for k in results[0][1])
    print(
        f'{args.frames} frames x {args.boxes} boxes: {kept} stay, results '
        f'{"are the same" if same else "DIFFER"}'
    )
    print(
        f'seconds of processor time: seq_nms {fast:.2f} ({first:.2f} and '
        f'{second:.2f}), plain {plain:.1f}: {plain / fast:.0f} times'
    )


if __name__ == '__main__':
    main()
