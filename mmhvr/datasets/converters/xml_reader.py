# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Read the XML annotation of one frame."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import List, Tuple, Union

Number = Union[int, float]


@dataclass(frozen=True)
class XMLObject:
    """One object of an annotation file.

    Attributes:
        name (str): Class id, such as ``n02691156``.
        bounds (tuple): ``xmin, ymin, xmax, ymax`` as written in the file.
        track_id (str): Id of the object within its video; '' in still images.
        occluded (bool): Whether the object is partly hidden.
        generated (bool): Whether the box was made by a tracker.
    """

    name: str
    bounds: Tuple[Number, Number, Number, Number]
    track_id: str
    occluded: bool
    generated: bool

    def to_xywh(self, box_offset: int = 0) -> List[Number]:
        """Box as ``[x, y, w, h]``.

        Args:
            box_offset (int): Added to the width and height; see
                :func:`mmhvr.datasets.converters.convert_vid`.
        """
        xmin, ymin, xmax, ymax = self.bounds
        return [xmin, ymin, xmax - xmin + box_offset, ymax - ymin + box_offset]


@dataclass(frozen=True)
class XMLFrame:
    """One annotation file: frame width and height in pixels, objects."""

    width: int
    height: int
    objects: List[XMLObject]


def _number(element: ET.Element, tag: str) -> Number:
    """Value of a child; an int where it is whole."""
    text = element.findtext(tag)
    if text is None:
        raise ValueError(f'<{element.tag}> has no <{tag}>')
    value = float(text)
    return int(value) if value.is_integer() else value


def _parse_object(element: ET.Element) -> XMLObject:
    """Read one ``<object>``; ValueError says what is wrong in it."""
    name = element.findtext('name')
    if not name or not name.strip():
        raise ValueError('<object> has no <name>')
    box = element.find('bndbox')
    if box is None:
        raise ValueError('<object> has no <bndbox>')
    xmin, ymin, xmax, ymax = (
        _number(box, tag) for tag in ('xmin', 'ymin', 'xmax', 'ymax')
    )
    if xmax < xmin or ymax < ymin:
        raise ValueError(
            f'<bndbox> ends before it begins: xmin {xmin}, '
            f'ymin {ymin}, xmax {xmax}, ymax {ymax}'
        )
    return XMLObject(
        name=name.strip(),
        bounds=(xmin, ymin, xmax, ymax),
        track_id=element.findtext('trackid', '').strip(),
        occluded=element.findtext('occluded', '0').strip() == '1',
        generated=element.findtext('generated', '0').strip() == '1',
    )


def read_xml(file: Path) -> XMLFrame:
    """Read one annotation file in PASCAL VOC's or ImageNet's form.

    Args:
        file (Path): The file.

    Returns:
        XMLFrame: Its content.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is malformed; the message names it.
    """
    try:
        root = ET.parse(str(file)).getroot()
        size = root.find('size')
        if size is None:
            raise ValueError('no <size>')
        return XMLFrame(
            int(_number(size, 'width')),
            int(_number(size, 'height')),
            [_parse_object(element) for element in root.findall('object')],
        )
    except FileNotFoundError:
        raise FileNotFoundError(
            f'annotation {file} does not exist; is the archive fully '
            'unpacked, and does the list belong to it?'
        ) from None
    except (ET.ParseError, ValueError) as error:
        raise ValueError(
            f'annotation {file} is malformed: {error}; unpack '
            'or write this file again'
        ) from error
