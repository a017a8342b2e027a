# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Read the XML annotation of one frame."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import List, Tuple, Union

from ...utils.xml_files import parse_xml

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
        difficult (bool): PASCAL VOC's mark of an object that need not be
            found.
    """

    name: str
    bounds: Tuple[Number, Number, Number, Number]
    track_id: str
    occluded: bool
    generated: bool
    difficult: bool = False

    def to_xywh(self, box_offset: int = 0) -> List[Number]:
        """Box as ``[x, y, w, h]``.

        Args:
            box_offset (int): Added to the width and height; see
                :func:`mmhvr.datasets.converters.imagenet_vid.convert_vid`.
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
    try:
        value = float(text)
    except ValueError:
        value = float('nan')
    if not math.isfinite(value):
        raise ValueError(f'<{tag}> of <{element.tag}> is {text!r}, no number')
    return int(value) if value.is_integer() else value


def _pixels(element: ET.Element, tag: str) -> int:
    """Return a width or a height, above 0."""
    value = _number(element, tag)
    if value < 1 or value != int(value):
        raise ValueError(
            f'<{tag}> of <{element.tag}> is {value}; write the size of the '
            'image in pixels'
        )
    return int(value)


def _flag(element: ET.Element, tag: str) -> bool:
    """Whether a child says 1; 0 and no child say no."""
    text = element.findtext(tag, '0').strip()
    if text not in ('0', '1', ''):
        raise ValueError(f'<{tag}> of <object> is {text!r}; write 0 or 1')
    return text == '1'


def _parse_object(element: ET.Element) -> XMLObject:
    """Read one ``<object>``; ValueError says what is wrong in it."""
    name = element.findtext('name')
    if not name or not name.strip():
        raise ValueError('<object> has no <name>')
    boxes = element.findall('bndbox')
    if len(boxes) != 1:
        raise ValueError(
            f'<object> has {len(boxes) or "no"} <bndbox>; give each object one'
        )
    (box,) = boxes
    xmin, ymin, xmax, ymax = (
        _number(box, tag) for tag in ('xmin', 'ymin', 'xmax', 'ymax')
    )
    return XMLObject(
        name=name.strip(),
        bounds=(xmin, ymin, xmax, ymax),
        track_id=element.findtext('trackid', '').strip(),
        occluded=_flag(element, 'occluded'),
        generated=_flag(element, 'generated'),
        difficult=_flag(element, 'difficult'),
    )


def _objects(root: ET.Element) -> List[ET.Element]:
    """Return the objects; those that lie elsewhere must not be lost."""
    objects = root.findall('object')
    names = [element.tag.rpartition('}')[2].lower() for element in root.iter()]
    number = names.count('object') - len(objects)
    if number:
        raise ValueError(
            f'{number} objects are not <object> directly below <{root.tag}>, '
            'where they are read'
        )
    return objects


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
        root = parse_xml(file.read_bytes())
        size = root.find('size')
        if size is None:
            raise ValueError('no <size>')
        return XMLFrame(
            _pixels(size, 'width'),
            _pixels(size, 'height'),
            [_parse_object(element) for element in _objects(root)],
        )
    except FileNotFoundError:
        raise FileNotFoundError(
            f'annotation {file} does not exist; is the archive fully '
            'unpacked, and does the list belong to it?'
        ) from None
    except (ET.ParseError, LookupError, ValueError) as error:
        raise ValueError(
            f'annotation {file} is malformed: {error}; unpack '
            'or write this file again'
        ) from error


class FrameReader:
    """Reads annotation files, and says what is wrong with all of them.

    Args:
        limit (int): Stop after so many that cannot be used.
    """

    def __init__(self, limit: int = 20) -> None:
        self._limit = limit
        self._faults: List[Exception] = []

    def read(self, file: Path) -> XMLFrame:
        """Read a file; one that cannot be used looks empty until the end."""
        try:
            return read_xml(file)
        except (FileNotFoundError, ValueError) as error:
            self.add(error)
        return XMLFrame(1, 1, [])

    def add(self, error: Exception) -> None:
        """Note an error; raise all of them when there are too many."""
        self._faults.append(error)
        if len(self._faults) == self._limit:
            self.close()

    def close(self) -> None:
        """Raise what was noted.

        Raises:
            FileNotFoundError: All of them are missing files.
            ValueError: A file is malformed.
        """
        if not self._faults:
            return
        kinds = set(map(type, self._faults))
        kind = kinds.pop() if len(kinds) == 1 else ValueError
        texts = list(map(str, self._faults))
        if len(texts) == self._limit:
            texts.append('there may be more: reading stopped here')
        raise kind('\n  '.join(texts)) from self._faults[0]
