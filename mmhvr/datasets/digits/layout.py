# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Write frames, XML annotations and lists in the layout of ImageNet VID."""

from __future__ import annotations

from pathlib import Path
from typing import Iterable, List, Sequence, Tuple

import cv2
import numpy as np

from .render import Box

# As ImageNet names its classes by WordNet ids, the digits have ids of that
# form; the class table of the converter maps them to names.
SYNSETS = tuple(f'd{digit:08d}' for digit in range(10))
JPEG_QUALITY = 95

_OBJECT = """\t<object>
\t\t<trackid>{track_id}</trackid>
\t\t<name>{synset}</name>
\t\t<bndbox>
\t\t\t<xmax>{xmax}</xmax>
\t\t\t<xmin>{xmin}</xmin>
\t\t\t<ymax>{ymax}</ymax>
\t\t\t<ymin>{ymin}</ymin>
\t\t</bndbox>
\t\t<occluded>{occluded}</occluded>
\t\t<generated>0</generated>
\t</object>
"""

_ANNOTATION = """<annotation>
\t<folder>{folder}</folder>
\t<filename>{filename}</filename>
\t<source>
\t\t<database>digits_vid</database>
\t</source>
\t<size>
\t\t<width>{width}</width>
\t\t<height>{height}</height>
\t</size>
{objects}</annotation>
"""


def annotation_xml(
    name: str, size: Tuple[int, int], boxes: Sequence[Box]
) -> str:
    """Text of a frame's annotation file.

    Args:
        name (str): Path of the frame below the data folder, without ending.
        size (tuple[int, int]): Width and height in pixels.
        boxes (Sequence[Box]): Boxes of the frame.

    Returns:
        str: XML in ImageNet VID's form; bounds are pixels, ends included.
    """
    folder, _, filename = name.rpartition('/')
    objects = ''.join(
        _OBJECT.format(
            track_id=box.track_id,
            synset=SYNSETS[box.label],
            occluded=int(box.occluded),
            **dict(zip(('xmin', 'ymin', 'xmax', 'ymax'), box.bounds)),
        )
        for box in boxes
    )
    return _ANNOTATION.format(
        folder=folder,
        filename=filename,
        width=size[0],
        height=size[1],
        objects=objects,
    )


def write_frame(
    root: Path, part: str, name: str, image: np.ndarray, boxes: Sequence[Box]
) -> None:
    """Write one frame and its annotation.

    Args:
        root (Path): Root of the data set.
        part (str): ``'VID'`` or ``'DET'``.
        name (str): Path of the frame below the part, without ending.
        image (np.ndarray): Image in BGR, uint8, ``[H, W, 3]``.
        boxes (Sequence[Box]): Boxes of the frame.

    Raises:
        OSError: The image could not be written.
    """
    frame_file = root / 'Data' / part / f'{name}.JPEG'
    xml_file = root / 'Annotations' / part / f'{name}.xml'
    frame_file.parent.mkdir(parents=True, exist_ok=True)
    xml_file.parent.mkdir(parents=True, exist_ok=True)
    done, data = cv2.imencode(
        '.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    )
    if not done:
        raise OSError(f'OpenCV could not encode {frame_file} as JPEG')
    frame_file.write_bytes(data.tobytes())
    size = (image.shape[1], image.shape[0])
    xml_file.write_text(annotation_xml(name, size, boxes), encoding='utf-8')


def key_frames(frames: int, count: int = 15) -> List[int]:
    """Evenly spread key frames, as in ImageNet VID's training list.

    Example:
        >>> key_frames(300, 15)[:3]
        [10, 30, 50]
    """
    return sorted({(2 * k + 1) * frames // (2 * count) for k in range(count)})


def write_list(root: Path, part: str, name: str, lines: Iterable[str]) -> None:
    """Write one list file below ``ImageSets``."""
    file = root / 'ImageSets' / part / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(''.join(f'{line}\n' for line in lines), encoding='utf-8')
