# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""From ImageNet VID's layout to one CocoVID JSON file."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Dict, Mapping, Optional, Sequence, Union

from mmengine.logging import print_log

from ...utils.progress import with_progress
from .classes import IMAGENET_VID_CLASSES, make_categories
from .coco_writer import CocoWriter
from .image_names import ImageNames
from .lists import ListedVideo, find_list, read_train_list, read_val_list
from .object_counts import ObjectCounts
from .xml_reader import FrameReader


def annotation_folder(root: Path, part: str) -> Path:
    """Folder of the XML files; FileNotFoundError if it is missing."""
    folder = root / 'Annotations' / part
    if not folder.is_dir():
        raise FileNotFoundError(
            f'annotation folder {folder} does not exist; the root must hold '
            f'Data/{part} and Annotations/{part} as in the archives of '
            'ILSVRC2015'
        )
    return folder


def _convert_video(
    video: ListedVideo,
    folder: Path,
    image_names: ImageNames,
    writer: CocoWriter,
    category_ids: Mapping[str, int],
    instances: Dict[tuple, int],
    reader: FrameReader,
    objects: ObjectCounts,
    box_offset: int,
) -> None:
    """Append one video's frames and boxes."""
    video_id = writer.add('videos', dict(name=video.name))
    for frame_id in range(video.length):
        name = f'{video.name}/{frame_id:06d}'
        file = folder / f'{name}.xml'
        frame = reader.read(file)
        image_id = writer.add(
            'images',
            dict(
                file_name=image_names.find(name),
                height=frame.height,
                width=frame.width,
                frame_id=frame_id,
                video_id=video_id,
                is_vid_train_frame=frame_id in video.key_frames,
            ),
        )
        for item in objects.take(str(file), frame, box_offset):
            if not item.track_id:
                text = (
                    f'{file}: an object has no <trackid>; give each object of '
                    'a video the same id in all its frames'
                )
                reader.add(ValueError(text))
                break
            # Ids are unique over the data set and stay with the track.
            instance_id = instances.setdefault(
                (video_id, item.track_id), len(instances) + 1
            )
            box = item.to_xywh(box_offset)
            writer.add(
                'annotations',
                dict(
                    video_id=video_id,
                    image_id=image_id,
                    category_id=category_ids[item.name],
                    instance_id=instance_id,
                    bbox=box,
                    area=box[2] * box[3],
                    iscrowd=0,
                    **({'ignore': 1} if item.difficult else {}),
                    occluded=item.occluded,
                    generated=item.generated,
                ),
            )


def convert_vid(
    root: Union[str, Path],
    split: str,
    out_file: Union[str, Path],
    classes: Optional[Mapping[str, str]] = None,
    list_file: Optional[Union[str, Path]] = None,
    box_offset: int = 0,
    progress: bool = True,
) -> Dict[str, int]:
    """Convert one split of ImageNet VID, or of data in its layout.

    XML bounds are pixels with both ends included. By default the box is
    ``[xmin, ymin, xmax - xmin, ymax - ymin]``: what MMTracking's converter
    writes, so that its files and these are interchangeable, and what the
    reference evaluation expects, which adds 1 to widths and heights itself.
    ``box_offset=1`` writes the full extent instead.

    Args:
        root (str | Path): Folder with ``Annotations/VID`` and the list.
        split (str): ``'train'`` or ``'val'``.
        out_file (str | Path): JSON file to write.
        classes (Mapping[str, str], optional): Names by class id; the 30
            classes of ImageNet VID by default. Objects of other classes are
            skipped and counted.
        list_file (str | Path, optional): List of the videos, if it is not
            under its usual name in ``ImageSets/VID`` or ``Lists``.
        box_offset (int): 0 or 1, see above.
        progress (bool): Show a progress bar.

    Returns:
        dict[str, int]: Number of ``videos``, ``images`` and ``annotations``.

    Raises:
        FileNotFoundError: A folder, list or XML file is missing, or the image
            of a frame while others of its video are there.
        ValueError: A list or XML file is malformed, no object is of a class
            of the table, or an argument is wrong.
    """
    if split not in ('train', 'val'):
        raise ValueError(f"split must be 'train' or 'val', found {split!r}")
    if box_offset not in (0, 1):
        raise ValueError(f'box_offset must be 0 or 1, found {box_offset!r}')
    root = Path(root)
    folder = annotation_folder(root, 'VID')
    read_list = read_train_list if split == 'train' else read_val_list
    videos = read_list(find_list(root, 'VID', split, list_file))
    classes = IMAGENET_VID_CLASSES if classes is None else classes
    categories = make_categories(classes)
    category_ids = {item['encode_name']: item['id'] for item in categories}
    instances: Dict[tuple, int] = {}
    reader, objects = FrameReader(), ObjectCounts(classes)
    image_names = ImageNames(root / 'Data' / 'VID')
    sections = ('videos', 'images', 'annotations')
    with CocoWriter(out_file, sections, categories) as writer:
        for video in with_progress(videos, progress):
            _convert_video(
                video,
                folder,
                image_names,
                writer,
                category_ids,
                instances,
                reader,
                objects,
                box_offset,
            )
        reader.close()
        objects.close()
    _warn_of_more_frames(videos, folder)
    return dict(writer.counts)


def _warn_of_more_frames(videos: Sequence[ListedVideo], folder: Path) -> None:
    """Count videos whose list names fewer frames than are there."""
    longer = [
        video
        for video in videos
        if (folder / video.name / f'{video.length:06d}.xml').is_file()
    ]
    if longer:
        print_log(
            f'{len(longer)} of {len(videos)} videos have more annotation '
            f'files than their list says, such as {longer[0].name} with '
            f'{longer[0].length} frames in the list: the others are left out; '
            'the last number of a line is the number of frames',
            logger='current',
            level=logging.WARNING,
        )
