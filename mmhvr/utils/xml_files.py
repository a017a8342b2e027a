# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""XML files as people's tools write them.

They may be in any encoding that they declare; one that is not declared is
UTF-8, or has a mark at its head. Entities are refused: a few of them, each
made of others, fill the memory.
"""

import os
import xml.etree.ElementTree as ET
from typing import Any, Iterator, List, Union

from .text_files import decode_text

_CHUNK = 1 << 16
_ENTITY = b'<!ENTITY'


def parse_xml(data: bytes) -> ET.Element:
    """Return the root element of a file.

    Args:
        data (bytes): The whole file.

    Returns:
        ET.Element: The root.

    Raises:
        ValueError: It is empty, has entities, or is in an encoding that it
            does not declare.
        ET.ParseError: It is no XML.
    """
    if not data.strip():
        raise ValueError('the file is empty')
    _refuse_entities(data)
    try:
        return ET.fromstring(data)
    except ET.ParseError:
        _explain(data)
        raise


def iter_children(path: Union[str, os.PathLike]) -> Iterator[ET.Element]:
    """Read a large file child by child of its root.

    Args:
        path (str | PathLike): The file.

    Yields:
        ET.Element: First the root, without children, then each child, which
        is emptied when the next one is asked for.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no XML, see :func:`parse_xml`; the message names
            file and line.
    """
    try:
        yield from _children(path)
    except (ET.ParseError, LookupError, ValueError) as error:
        reason: Exception = error
        if isinstance(error, ET.ParseError):
            with open(path, 'rb') as file:
                data = file.read()
            try:
                if not data.strip():
                    raise ValueError('the file is empty')
                _explain(data)
            except ValueError as better:
                reason = better
        raise ValueError(
            f'{os.fspath(path)} is no XML that can be read: {reason}; '
            'export it again'
        ) from error


def root_tag(path: Union[str, os.PathLike]) -> str:
    """Return the name of the root element; see :func:`iter_children`."""
    return next(iter_children(path)).tag


def _children(path: Union[str, os.PathLike]) -> Iterator[ET.Element]:
    """Yield the root and its children; errors are not explained."""
    parser: Any = ET.XMLPullParser(('start', 'end'))
    open_elements: List[ET.Element] = []
    tail = b''
    with open(path, 'rb') as file:
        while True:
            chunk = file.read(_CHUNK)
            _refuse_entities(tail + chunk)
            tail = (tail + chunk)[-2 * len(_ENTITY) :]
            if chunk:
                parser.feed(chunk)
            else:
                parser.close()
            for event, element in parser.read_events():
                if event == 'start':
                    open_elements.append(element)
                    if len(open_elements) == 1:
                        yield element
                    continue
                open_elements.pop()
                if len(open_elements) == 1:
                    yield element
                    open_elements[0].clear()
            if not chunk:
                return


def _refuse_entities(data: bytes) -> None:
    """ValueError if entities are declared; UTF-16 has zeros between."""
    if _ENTITY in data.replace(b'\0', b''):
        raise ValueError(
            'it declares entities (<!ENTITY ...>), which no annotation needs'
        )


def _explain(data: bytes) -> None:
    """ValueError if it is in an encoding that it does not declare."""
    if b'encoding' not in data[:200]:
        decode_text(data, 'it')
