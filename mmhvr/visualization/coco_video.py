# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Frames with their truth and their detections, video by video."""

import json
import os.path as osp
import pickle
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence

import numpy as np


@dataclass
class AnnotatedFrame:
    """A frame of a CocoVID file and what was found in it.

    Attributes:
        img_id: The id in the annotation file.
        path: The image file.
        gt_boxes: [n, 4] xyxy in pixels of the image.
        gt_labels: [n] class indices.
        boxes: [m, 4] xyxy, the detections; None if it was not tested.
        labels: [m].
        scores: [m].
    """

    img_id: int
    path: str
    gt_boxes: np.ndarray
    gt_labels: np.ndarray
    boxes: Optional[np.ndarray] = None
    labels: Optional[np.ndarray] = None
    scores: Optional[np.ndarray] = None


@dataclass
class AnnotatedVideo:
    """A video of a CocoVID file.

    Attributes:
        name: Its name in the file, without folders.
        frames: In order.
        category: Index of the class with the most boxes, the lowest of
            several; -1 without boxes.
    """

    name: str
    frames: List[AnnotatedFrame]
    category: int


def load_videos(ann_file: str, img_root: str) -> List[AnnotatedVideo]:
    """Reads the videos of a CocoVID file.

    Class indices count the categories of the file in the order of their
    ids.

    Args:
        ann_file: The JSON file.
        img_root: The folder to which its file names are relative.

    Returns:
        The videos that have frames, in the order of the file.

    Raises:
        ValueError: The file holds no videos.
    """
    with open(ann_file) as file:
        data = json.load(file)
    if not data.get('videos'):
        raise ValueError(
            f'{ann_file} holds no videos; make it with the converter in '
            'tools/dataset_converters'
        )
    order = sorted(category['id'] for category in data['categories'])
    index = {category: label for label, category in enumerate(order)}
    truth: Dict[int, list] = defaultdict(list)
    for ann in data['annotations']:
        truth[ann['image_id']].append(ann)
    images: Dict[int, list] = defaultdict(list)
    for image in data['images']:
        images[image['video_id']].append(image)
    videos = []
    for video in data['videos']:
        frames = []
        for image in sorted(images[video['id']], key=_frame_id):
            anns = truth[image['id']]
            xywh = np.array([a['bbox'] for a in anns], float).reshape(-1, 4)
            frames.append(
                AnnotatedFrame(
                    img_id=image['id'],
                    path=osp.join(img_root, image['file_name']),
                    gt_boxes=np.hstack(
                        [xywh[:, :2], xywh[:, :2] + xywh[:, 2:]]
                    ),
                    gt_labels=np.array(
                        [index[a['category_id']] for a in anns], int
                    ),
                )
            )
        if frames:
            videos.append(
                AnnotatedVideo(
                    name=osp.basename(video['name']),
                    frames=frames,
                    category=_main_category(frames),
                )
            )
    return videos


def _frame_id(image: dict) -> int:
    """The position of an image in its video."""
    return image['frame_id']


def _main_category(frames: Sequence[AnnotatedFrame]) -> int:
    """The most frequent label, the lowest of several; -1 without any."""
    counts = Counter(int(label) for f in frames for label in f.gt_labels)
    if not counts:
        return -1
    return min(counts, key=lambda label: (-counts[label], label))


def add_predictions(videos: Sequence[AnnotatedVideo], path: str) -> None:
    """Puts the detections of ``tools/test.py --out FILE`` onto frames.

    Args:
        videos: Changed in place; frames that were not tested stay as they
            are.
        path: The pickle file.

    Raises:
        ValueError: No frame of ``videos`` is in the file.
    """
    with open(path, 'rb') as file:
        found = {frame['img_id']: frame for frame in pickle.load(file)}
    matched = 0
    for video in videos:
        for frame in video.frames:
            sample = found.get(frame.img_id)
            if sample is None:
                continue
            boxes = (
                sample.get('pred_det_instances') or sample['pred_instances']
            )
            frame.boxes = np.asarray(boxes['bboxes'])
            frame.labels = np.asarray(boxes['labels'])
            frame.scores = np.asarray(boxes['scores'])
            matched += 1
    if not matched:
        raise ValueError(
            f'{path} holds no frame of these videos; test on the annotation '
            'file that the videos come from'
        )


def spread_over_categories(
    videos: Sequence[AnnotatedVideo], number: int
) -> List[AnnotatedVideo]:
    """Chooses videos without looking at how well they went.

    Takes the first video of each category in turn, then the second of each,
    and so on; categories in an order that spreads over all of them.

    Args:
        videos: To choose from.
        number: How many at most.

    Returns:
        Up to ``number`` videos.
    """
    groups: Dict[int, list] = defaultdict(list)
    for video in videos:
        groups[video.category].append(video)
    names = sorted(groups)
    rounds = max(len(group) for group in groups.values()) if groups else 0
    chosen: List[AnnotatedVideo] = []
    for turn in range(rounds):
        layer = [groups[n][turn] for n in names if turn < len(groups[n])]
        room = min(number - len(chosen), len(layer))
        chosen += [layer[i * len(layer) // room] for i in range(room)]
    return chosen
