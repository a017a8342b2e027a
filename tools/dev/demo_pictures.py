# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The video and the contact sheet that ``make demo`` ends with."""

import os.path as osp
from typing import Sequence, Tuple

import cv2
import numpy as np

from mmhvr.analysis.annotated_videos import (
    AnnotatedFrame,
    AnnotatedVideo,
    load_tested_videos,
    spread_over_categories,
)
from mmhvr.utils.image_files import save_picture
from mmhvr.visualization.draw import draw_detections, draw_ground_truth
from mmhvr.visualization.hook import legible_factor
from mmhvr.visualization.layout import caption, contact_sheet, side_by_side
from mmhvr.visualization.video import VideoWriter


def demo_pictures(
    ann_file: str,
    img_root: str,
    predictions: str,
    out_dir: str,
    num_videos: int = 10,
    fps: float = 5.0,
    score_thr: float = 0.3,
) -> Tuple[str, str]:
    """Write ``demo.mp4`` and ``contact_sheet.jpg``.

    The videos are spread over the categories, not chosen by result.

    Args:
        ann_file: A CocoVID file.
        img_root: The folder to which its file names are relative.
        predictions: What ``tools/test.py --out FILE`` wrote.
        out_dir: A folder.
        num_videos: How many videos to show.
        fps: Frames a second of ``demo.mp4``.
        score_thr: Detections of at least this score are drawn.

    Returns:
        The paths of the video and of the contact sheet.

    Raises:
        OSError: ``out_dir`` cannot be written to.
        ValueError: The files do not belong together.
    """
    video_path = osp.join(out_dir, 'demo.mp4')
    sheet_path = osp.join(out_dir, 'contact_sheet.jpg')
    with VideoWriter(video_path, fps=fps) as writer:
        videos, names = load_tested_videos(ann_file, img_root, predictions)
        chosen = spread_over_categories(videos, num_videos)
        size = _common_size(chosen)
        for video in chosen:
            for number, frame in enumerate(video.frames, start=1):
                title = f'{video.name}  {number}/{len(video.frames)}'
                picture = compare_frame(frame, names, title, score_thr)
                writer.write(_centred(picture, size))
    sheet = [
        caption(_overlay(_middle(video), names, score_thr), video.name)
        for video in chosen
    ]
    save_picture(contact_sheet(sheet, columns=min(4, len(sheet))), sheet_path)
    return video_path, sheet_path


def compare_frame(
    frame: AnnotatedFrame,
    class_names: Sequence[str],
    title: str = '',
    score_thr: float = 0.3,
) -> np.ndarray:
    """Truth on the left, detections on the right.

    Args:
        frame: The frame; without detections its right half has no boxes.
        class_names: The name of each class.
        title: Written above the left half.
        score_thr: Detections of at least this score are drawn.

    Returns:
        [H, W, 3] BGR uint8; small frames are enlarged.
    """
    image = frame.image()
    factor = legible_factor(image)
    left = draw_ground_truth(
        image, frame.gt_boxes, frame.gt_labels, class_names, factor
    )
    right = _detections(image, frame, class_names, score_thr, factor)
    return side_by_side(
        [
            caption(left, f'ground truth  {title}'),
            caption(right, f'detections, score at least {score_thr:g}'),
        ]
    )


def _detections(
    image: np.ndarray,
    frame: AnnotatedFrame,
    class_names: Sequence[str],
    score_thr: float,
    factor: int,
) -> np.ndarray:
    """Return the frame with its detections, if it was tested."""
    none = np.zeros(0)
    return draw_detections(
        image,
        none if frame.boxes is None else frame.boxes,
        none if frame.labels is None else frame.labels,
        none if frame.scores is None else frame.scores,
        class_names=class_names,
        score_thr=score_thr,
        factor=factor,
    )


def _overlay(
    frame: AnnotatedFrame, class_names: Sequence[str], score_thr: float
) -> np.ndarray:
    """Truth and detections on one picture."""
    image = frame.image()
    factor = legible_factor(image)
    picture = _detections(image, frame, class_names, score_thr, factor)
    enlarged = frame.gt_boxes * factor
    return draw_ground_truth(picture, enlarged, frame.gt_labels, class_names)


def _middle(video: AnnotatedVideo) -> AnnotatedFrame:
    """Return the frame in the middle of a video."""
    return video.frames[len(video.frames) // 2]


def _common_size(videos: Sequence[AnnotatedVideo]) -> Tuple[int, int]:
    """(height, width) that holds the picture of every video."""
    shapes = [compare_frame(video.frames[0], []).shape[:2] for video in videos]
    return max(s[0] for s in shapes), max(s[1] for s in shapes)


def _centred(picture: np.ndarray, size: Tuple[int, int]) -> np.ndarray:
    """Put a picture into the middle of a dark canvas; shrinks it to fit."""
    height, width = size
    scale = min(1.0, height / picture.shape[0], width / picture.shape[1])
    if scale < 1.0:
        picture = cv2.resize(
            picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
        )
    top = (height - picture.shape[0]) // 2
    left = (width - picture.shape[1]) // 2
    canvas = np.zeros((height, width, 3), np.uint8)
    canvas[top : top + picture.shape[0], left : left + picture.shape[1]] = (
        picture
    )
    return canvas
