# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Frames and boxes of an annotation file, as a data set holds them."""

from __future__ import annotations

import os.path as osp
from typing import Any, Dict, List, Mapping, Optional

from mmengine.fileio import exists

from ..annotations.fields import is_key_frame
from ..annotations.reader import (
    AnnotationError,
    AnnotationFile,
    read_annotations,
)

REMEDY = (
    'convert the annotations with the scripts in tools/dataset_converters; '
    'or make the small data set with "python tools/dataset_converters/'
    'make_mini_dataset.py data/mini", or link ImageNet VID there, or '
    'set data_root'
)


def open_annotations(
    ann_file: str, data_root: Optional[str] = None
) -> AnnotationFile:
    """Read an annotation file.

    Args:
        ann_file: Its name, with the data root.
        data_root: Folder of the data, looked at first.

    Raises:
        FileNotFoundError: If the data root or the file is missing.
        AnnotationError: If the file is broken.
    """
    if data_root and not exists(data_root):
        raise FileNotFoundError(
            f'data_root {data_root} ({osp.abspath(data_root)}) does not '
            f'exist; {REMEDY}'
        )
    return read_annotations(ann_file, REMEDY)


class VideoFrames:
    """Frames and boxes of an annotation file, video by video.

    Args:
        file: The annotation file.
        labels: Label of each category id; boxes of others are left out.
    """

    def __init__(self, file: AnnotationFile, labels: Mapping[Any, int]):
        self.file = file
        self.labels = labels
        self._places = file.annotations_of()
        self._tracks = _track_numbers(file)

    def videos(self) -> List[List[dict]]:
        """Group the images by video.

        Returns:
            For each video that has images, in the order of the file, its
            frames by ``frame_id``: image records with ``img_id`` and
            ``instances``.

        Raises:
            AnnotationError: If there is no video, an image is of none, or
                the frames of a video are not numbered 0, 1, 2, ...
        """
        file = self.file
        if not file.videos or not file.images:
            raise AnnotationError(
                f'annotation file {file.path} has {len(file.videos)} videos '
                f'and {len(file.images)} images; convert the data with '
                'tools/dataset_converters, or set load_as_video=False for a '
                'file of still images'
            )
        groups: Dict[Any, List[int]] = {v['id']: [] for v in file.videos}
        for place, image in enumerate(file.images):
            if image.get('video_id') is None:
                raise AnnotationError(
                    f'annotation file {file.path}: image '
                    f'{image["file_name"]} has no video_id; convert the data '
                    'again, or set load_as_video=False for still images'
                )
            groups[image['video_id']].append(place)
        for places in groups.values():
            places.sort(key=self._frame_id)
        self._check_numbers(groups)
        return [
            [
                self._frame(place, frame_id=number)
                for number, place in enumerate(places)
            ]
            for places in groups.values()
            if places
        ]

    def stills(self, all_images: bool = False) -> List[List[dict]]:
        """Treat each image as a video of one frame.

        Args:
            all_images: Also those that are not key frames. No video needs
                them, and ImageNet DET has seven times as many as key frames.

        Returns:
            As :meth:`videos`, one list with one frame for each image.
        """
        return [
            [self._frame(place, frame_id=0, video_id=image['id'])]
            for place, image in enumerate(self.file.images)
            if all_images or is_key_frame(image)
        ]

    def _frame_id(self, place: int) -> float:
        """Where a frame is in its video; -1 if it does not say."""
        number = self.file.images[place].get('frame_id')
        return -1 if number is None else number

    def _check_numbers(self, groups: Dict[Any, List[int]]) -> None:
        """Raise an error unless frames count 0, 1, 2, ... in each video."""
        wrong = {
            video: places
            for video, places in groups.items()
            if list(map(self._frame_id, places)) != list(range(len(places)))
        }
        if not wrong:
            return
        video, places = next(iter(wrong.items()))
        due, place = next(
            (n, p) for n, p in enumerate(places) if self._frame_id(p) != n
        )
        found = self.file.images[place].get('frame_id', 'missing')
        raise AnnotationError(
            f'annotation file {self.file.path}: the frame_id of video {video} '
            f'must run 0, 1, 2, ... without gaps, but is {found} where {due} '
            f'is due ({len(wrong)} of {len(groups)} videos have such gaps); '
            'convert the data again'
        )

    def _frame(self, place: int, **numbers: Any) -> dict:
        """Return the record of an image with its boxes."""
        image = self.file.images[place]
        return {
            **image,
            **numbers,
            'img_id': image['id'],
            'instances': self._instances(self._places[place]),
        }

    def _instances(self, places: List[int]) -> List[dict]:
        """Return the boxes of an image as the pipeline takes them.

        One dict a box: bbox [x1, y1, x2, y2] in pixels, bbox_label,
        ignore_flag, instance_id (without one its number in the image), and
        mask if there is a segmentation.
        """
        instances = []
        for number, place in enumerate(places):
            record = self.file.annotations[place]
            label = self.labels.get(record['category_id'])
            if label is None:
                continue
            x, y, width, height = record['bbox']
            track = record.get('instance_id')
            instance = dict(
                ignore_flag=int(self.file.ignored[place]),
                bbox=[x, y, x + width, y + height],
                bbox_label=label,
                instance_id=self._tracks.get(
                    track, number if track is None else track
                ),
            )
            if record.get('segmentation'):
                instance['mask'] = record['segmentation']
            instances.append(instance)
        return instances


def _track_numbers(file: AnnotationFile) -> Dict[Any, int]:
    """Numbers for tracks that are texts or too large for 32 bits.

    Empty if none is: then the tracks are their own numbers.
    """
    tracks = {record.get('instance_id') for record in file.annotations}
    tracks.discard(None)
    if all(type(t) is int and abs(t) < 2**31 for t in tracks):
        return {}
    order = dict.fromkeys(r.get('instance_id') for r in file.annotations)
    order.pop(None, None)
    return {track: number for number, track in enumerate(order)}
