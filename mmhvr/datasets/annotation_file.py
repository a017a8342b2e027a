# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Reading a CocoVID annotation file, and saying what is wrong with it."""

from __future__ import annotations

import logging
import os.path as osp
from typing import Dict, List, Optional, Sequence

from mmdet.datasets.api_wrappers import COCO
from mmengine.fileio import exists, get_local_path
from mmengine.logging import print_log

REMEDY = (
    'make the small data set with "python tools/dataset_converters/'
    'make_mini_dataset.py data/mini", or link ImageNet VID there, or '
    'set data_root'
)


def read_annotations(ann_file: str, data_root: Optional[str] = None) -> COCO:
    """Open an annotation file.

    Args:
        ann_file: Its name, with the data root.
        data_root: Folder of the data, looked at first.

    Raises:
        FileNotFoundError: If the data root or the file is missing.
        ValueError: If the file is not a JSON object.
    """
    if data_root and not exists(data_root):
        raise FileNotFoundError(
            f'data_root {data_root} ({osp.abspath(data_root)}) does not '
            f'exist; {REMEDY}'
        )
    if not ann_file or not exists(ann_file):
        raise FileNotFoundError(
            f'annotation file {ann_file!r} does not exist; convert the '
            f'annotations with the scripts in tools/dataset_converters, or '
            f'{REMEDY}'
        )
    with get_local_path(ann_file) as local_path:
        try:
            return COCO(local_path)
        except (ValueError, AssertionError) as error:
            raise ValueError(
                f'annotation file {ann_file} is not a CocoVID JSON file '
                f'({error}); convert the data again'
            ) from error


def match_categories(
    categories: Sequence[dict], names: Sequence[str], ann_file: str
) -> Dict[int, int]:
    """Find the label of each category by its name.

    Args:
        categories: The records ``{id, name}`` of the file.
        names: The class names; a label is a place in this list.
        ann_file: The file's name, for messages.

    Returns:
        Label of each category id whose name is a class. Names that the file
        does not have are logged.

    Raises:
        ValueError: If no name is in the file.
    """
    in_file = {category['name']: category['id'] for category in categories}
    missing = [name for name in names if name not in in_file]
    if len(missing) == len(names):
        raise ValueError(
            f'none of the class names {tuple(names)} is a category of '
            f'{ann_file}, which has {tuple(in_file)}; set '
            'metainfo=dict(CLASSES=...) to names of the file'
        )
    if missing:
        print_log(
            f'{ann_file} has no category of the names {missing}; they get no '
            'boxes from it',
            logger='current',
            level=logging.WARNING,
        )
    return {
        in_file[name]: label
        for label, name in enumerate(names)
        if name in in_file
    }


def still_images(dataset: dict, all_images: bool = False) -> List[List[dict]]:
    """Treat each image as a video of one frame.

    Args:
        dataset: The parsed file, with ``images``.
        all_images: Also those that are not key frames. No video needs them,
            and ImageNet DET has seven times as many as key frames.

    Returns:
        One list with one record for each image.
    """
    return [
        [{**image, 'video_id': image['id'], 'frame_id': 0}]
        for image in dataset.get('images', [])
        if all_images or is_key_frame(image)
    ]


def is_key_frame(image: dict) -> bool:
    """Whether an image record may be a target of training.

    A record that does not say is one.
    """
    return image.get('is_vid_train_frame', True)


def group_frames(dataset: dict, ann_file: str) -> List[List[dict]]:
    """Group the images of a CocoVID annotation file by video.

    Args:
        dataset: The parsed file, with ``videos`` and ``images``.
        ann_file: Its name, for messages.

    Returns:
        For each video that has images, in the order of ``videos``, its image
        records in the order of ``frame_id``.

    Raises:
        ValueError: If there is no video, an image names a video that is not
            there, or the frames of a video are not numbered 0, 1, 2, ...
    """
    if not dataset.get('videos') or not dataset.get('images'):
        raise ValueError(
            f'annotation file {ann_file} has {len(dataset.get("videos", []))} '
            f'videos and {len(dataset.get("images", []))} images; convert the '
            'data with tools/dataset_converters, or set load_as_video=False '
            'for a file of still images'
        )
    frames: Dict[int, List[dict]] = {v['id']: [] for v in dataset['videos']}
    for image in dataset['images']:
        if image.get('video_id') not in frames:
            raise ValueError(
                f'annotation file {ann_file}: image {image["file_name"]} has '
                f'video_id {image.get("video_id")}, which is not among its '
                'videos; convert the data again'
            )
        frames[image['video_id']].append(image)
    for video_id, images in frames.items():
        images.sort(key=lambda image: image.get('frame_id', -1))
        numbers = [image.get('frame_id', -1) for image in images]
        if numbers != list(range(len(images))):
            wrong = next(i for i, n in enumerate(numbers) if n != i)
            raise ValueError(
                f'annotation file {ann_file}: the frame_id of video '
                f'{video_id} must run 0, 1, 2, ... without gaps, but is '
                f'{numbers[wrong]} where {wrong} is due; convert the data '
                'again'
            )
    return [images for images in frames.values() if images]
