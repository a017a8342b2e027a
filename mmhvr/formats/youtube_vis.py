# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""YouTube-VIS and BURST: tracks of masks, of which the upright box is taken.

YouTube-VIS has a list a track, with a mask or nothing a frame; BURST has a
list a video, with the masks of a frame by track.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

from ..utils.text_files import read_json
from .names import parts_of, stem_of
from .records import (
    Record,
    by_id,
    corners,
    flag_of,
    json_file,
    list_in,
    size_of,
)
from .structures import XYXY, Box, Export, Frame, Video


class YoutubeVis(Export):
    """A file of YouTube-VIS or BURST, or a folder that has one."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.path = json_file(path, 'YouTube-VIS or BURST')
        self._data: Any = None

    def videos(self) -> Iterator[Video]:
        """Yield the videos; see :meth:`Export.videos`."""
        data = self._data = self._data or read_json(self.path)
        categories = list_in(data, 'categories', self.path)
        names = {
            number: str(record.get('name') or '')
            for number, record in by_id(
                categories, 'categories', self.path
            ).items()
        }
        self.set_classes(list(names.values()), str(self.path))
        if 'sequences' in data:
            for sequence in list_in(data, 'sequences', self.path):
                yield self._burst(sequence, names)
            return
        tracks: Dict[Any, List[Record]] = {}
        records = list_in(data, 'videos', self.path)
        videos = by_id(records, 'videos', self.path)
        for track in list_in(data, 'annotations', self.path):
            if track.get('video_id') not in videos:
                raise ValueError(
                    f'{self.path}: annotation {track.get("id")} is of the '
                    f'video {track.get("video_id")!r}, which is not there'
                )
            tracks.setdefault(track['video_id'], []).append(track)
        for number, record in videos.items():
            yield self._youtube(record, tracks.get(number, []), names)

    def _youtube(
        self, record: Record, tracks: List[Record], names: Dict[Any, str]
    ) -> Video:
        """Return a video of YouTube-VIS."""
        files = record.get('file_names') or []
        where = f'{self.path}, video {record["id"]}'
        size = _needed_size(record, where)
        boxes: List[Box] = []
        for track in tracks:
            place = f'{where}, annotation {track.get("id")}'
            name = _class_of(track.get('category_id'), names, place)
            masks = track.get('segmentations') or []
            given = track.get('bboxes') or []
            if max(len(masks), len(given)) > len(files):
                raise ValueError(
                    f'{place} has {max(len(masks), len(given))} frames, but '
                    f'the video has {len(files)}'
                )
            for n in range(len(files)):
                box = None
                if n < len(masks) and masks[n]:
                    box = box_of_mask(masks[n], size, f'{place}, frame {n}')
                elif n < len(given) and given[n]:
                    box = corners(given[n], f'{place}, frame {n}')
                if box is not None:
                    ignored = flag_of(track, 'iscrowd')
                    boxes.append(
                        Box(n, box, name, track.get('id'), ignored=ignored)
                    )
        return _video(record, files, boxes, size, str(self.path))

    def _burst(self, record: Record, names: Dict[Any, str]) -> Video:
        """Return a video of BURST."""
        video = str(record.get('seq_name') or record.get('id'))
        where = f'{self.path}, sequence {video}'
        files = record.get('annotated_image_paths') or []
        size = _needed_size(record, where)
        masks = record.get('segmentations') or []
        if len(masks) != len(files):
            raise ValueError(
                f'{where} has {len(masks)} frames of segmentations, but '
                f'{len(files)} annotated_image_paths'
            )
        classes = record.get('track_category_ids') or {}
        boxes: List[Box] = []
        for n, tracks in enumerate(masks):
            for track, mask in tracks.items():
                place = f'{where}, frame {n}, track {track}'
                if not isinstance(mask, dict) or 'rle' not in mask:
                    raise ValueError(f'{place} has no mask (rle)')
                box = box_of_mask(mask['rle'], size, place)
                if box is None:
                    continue
                name = _class_of(classes.get(track), names, place)
                number = int(track) if track.isdigit() else track
                boxes.append(Box(n, box, name, number))
        folder = '/'.join(
            filter(None, (record.get('dataset'), record.get('seq_name')))
        )
        record = {**record, 'name': folder or record.get('id')}
        files = [f'{folder}/{file}' if folder else file for file in files]
        return _video(record, files, boxes, size, str(self.path))


def box_of_mask(
    mask: Any, size: Tuple[int, int], where: str
) -> Optional[XYXY]:
    """Return the upright box around a mask; None if it is empty.

    Args:
        mask: Run lengths (as text, or a dict of COCO), or polygons.
        size: Width and height of the frame in pixels.
        where: What to call it in an error.

    Raises:
        ValueError: It is no mask, or of another size.
    """
    from pycocotools import mask as mask_tools

    width, height = size
    try:
        if isinstance(mask, str):
            mask = dict(size=[height, width], counts=mask)
        if isinstance(mask, list):
            xs = [x for polygon in mask for x in polygon[::2]]
            ys = [y for polygon in mask for y in polygon[1::2]]
            box = (min(xs), min(ys), max(xs), max(ys))
            if not all(map(math.isfinite, box)):
                raise ValueError('a coordinate is no number')
            return box
        if list(mask['size']) != [height, width]:
            raise ValueError(f'it is {mask["size"]}, not {[height, width]}')
        if isinstance(mask['counts'], list):
            if sum(mask['counts']) != width * height:
                raise ValueError('its run lengths are of another size')
            mask = mask_tools.frPyObjects(mask, height, width)
        x, y, w, h = mask_tools.toBbox(mask).tolist()
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f'{where}: the mask cannot be read ({error}); it must be run '
            'lengths or polygons as COCO has them'
        ) from error
    return (x, y, x + w, y + h) if w and h else None


def _needed_size(record: Record, where: str) -> Tuple[int, int]:
    """Return the size of a video; ValueError without one."""
    size = size_of(record)
    if size is None:
        raise ValueError(f'{where} has no width and height')
    return size


def _class_of(number: Any, names: Dict[Any, str], where: str) -> str:
    """Return the name of a category; ValueError if it is not there."""
    if number not in names:
        raise ValueError(
            f'{where}: the category {number!r} is not among {list(names)[:9]}'
        )
    return names[number]


def _video(
    record: Record,
    files: List[str],
    boxes: List[Box],
    size: Tuple[int, int],
    where: str,
) -> Video:
    """Return a video; its name is the folder of its frames, without one."""
    folder = '/'.join(parts_of(files[0])[:-1]) if files else ''
    name = str(record.get('name') or folder or record['id'])
    return Video(
        stem_of(name) if '/' not in name else name,
        where,
        boxes,
        [Frame(n, file, size) for n, file in enumerate(files)],
        source=name,
        size=size,
        fps=record.get('fps'),
    )
