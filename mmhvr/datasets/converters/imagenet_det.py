# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""From ImageNet DET's layout to one COCO JSON file."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Mapping, Optional, Union

from ...utils.progress import with_progress
from .classes import IMAGENET_VID_CLASSES, make_categories
from .coco_writer import CocoWriter
from .image_names import ImageNames
from .imagenet_vid import annotation_folder
from .lists import find_list, read_det_list
from .object_counts import ObjectCounts
from .xml_reader import FrameReader


def convert_det(
    root: Union[str, Path],
    out_file: Union[str, Path],
    classes: Optional[Mapping[str, str]] = None,
    list_file: Optional[Union[str, Path]] = None,
    box_offset: int = 0,
    progress: bool = True,
) -> Dict[str, int]:
    """Convert the still images that a list names.

    MMTracking's file of the same name also holds the images that are not in
    the list (marked as unused for VID) and a 31st category for all other
    classes; no training on VID reads either, so both are left out here.

    Args:
        root (str | Path): Folder with ``Annotations/DET`` and the list.
        out_file (str | Path): JSON file to write.
        classes (Mapping[str, str], optional): Names by class id; the 30
            classes of ImageNet VID by default. Objects of other classes are
            skipped and counted; an image without any other object stays,
            without boxes.
        list_file (str | Path, optional): List of the images, if it is not
            under its usual name in ``ImageSets/DET`` or ``Lists``.
        box_offset (int): 0 or 1, see
            :func:`mmhvr.datasets.converters.imagenet_vid.convert_vid`.
        progress (bool): Show a progress bar.

    Returns:
        dict[str, int]: Number of ``images`` and ``annotations``.

    Raises:
        FileNotFoundError: A folder, list or XML file is missing.
        ValueError: A list or XML file is malformed, no object is of a class
            of the table, or an argument is wrong.
    """
    if box_offset not in (0, 1):
        raise ValueError(f'box_offset must be 0 or 1, found {box_offset!r}')
    root = Path(root)
    folder = annotation_folder(root, 'DET')
    names = read_det_list(find_list(root, 'DET', 'det', list_file))
    classes = IMAGENET_VID_CLASSES if classes is None else classes
    categories = make_categories(classes)
    reader, objects = FrameReader(), ObjectCounts(classes)
    category_ids = {item['encode_name']: item['id'] for item in categories}
    image_names = ImageNames(root / 'Data' / 'DET')
    with CocoWriter(out_file, ('images', 'annotations'), categories) as writer:
        for name in with_progress(names, progress):
            file = folder / f'{name}.xml'
            frame = reader.read(file)
            image_id = writer.add(
                'images',
                dict(
                    file_name=image_names.find(name),
                    height=frame.height,
                    width=frame.width,
                    is_vid_train_frame=True,
                ),
            )
            for item in objects.take(str(file), frame, box_offset):
                box = item.to_xywh(box_offset)
                writer.add(
                    'annotations',
                    dict(
                        image_id=image_id,
                        category_id=category_ids[item.name],
                        bbox=box,
                        area=box[2] * box[3],
                        iscrowd=0,
                        **({'ignore': 1} if item.difficult else {}),
                    ),
                )
        reader.close()
        objects.close()
    return dict(writer.counts)
