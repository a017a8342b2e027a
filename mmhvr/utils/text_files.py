# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Text and JSON files as people's tools write them.

A mark at the head of a file (BOM) tells UTF-8, UTF-16 and UTF-32 apart; a
file without one must be UTF-8. Nothing else is guessed.
"""

import codecs
import gc
import json
import os
from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Tuple, Union

from mmengine.fileio import get

# The mark of UTF-32 LE begins with that of UTF-16 LE.
_MARKS = (
    (codecs.BOM_UTF32_LE, 'utf-32'),
    (codecs.BOM_UTF32_BE, 'utf-32'),
    (codecs.BOM_UTF16_LE, 'utf-16'),
    (codecs.BOM_UTF16_BE, 'utf-16'),
)

_PACKED = (
    (b'\x1f\x8b', 'gzip'),
    (b'PK\x03\x04', 'zip'),
    (b'BZh', 'bzip2'),
    (b'\xfd7zXZ', 'xz'),
)


def decode_text(data: bytes, name: str) -> str:
    r"""Turn the bytes of a text file into text, without its mark.

    Args:
        data (bytes): The whole file.
        name (str): What to call it in an error.

    Returns:
        str: Its lines end in ``\n``, whatever they end in there.

    Raises:
        ValueError: It is in another encoding; the message names the line.

    Example:
        >>> decode_text('\ufeffcar\r\n'.encode('utf-16'), 'a.txt')
        'car\n'
    """
    kind = next((k for mark, k in _PACKED if data.startswith(mark)), None)
    if kind:
        raise ValueError(f'{name} is packed ({kind}); unpack it first')
    encoding = next(
        (e for mark, e in _MARKS if data.startswith(mark)), 'utf-8'
    )
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(_misfit(data, name, encoding, error)) from error
    if encoding == 'utf-8' and '\0' in text:
        raise ValueError(
            f'{name} has zero bytes in line {_line(data, data.index(0))}: it '
            'is no text, or UTF-16 without a mark at its head; save it as '
            'UTF-8'
        )
    # Files that were joined have marks inside, which nobody can see.
    text = text.replace('\ufeff', '')
    return text.replace('\r\n', '\n').replace('\r', '\n')


def read_text(path: Union[str, os.PathLike]) -> str:
    """Read a text file on the disk, see :func:`decode_text`."""
    with open(path, 'rb') as file:
        return decode_text(file.read(), os.fspath(path))


def read_json(path: Union[str, os.PathLike]) -> Any:
    """Read a JSON file, on the disk or where MMEngine's backends reach.

    Args:
        path (str | PathLike): Its name.

    Returns:
        What it holds. ``NaN`` and ``Infinity`` are read, as Python's and
        JavaScript's tools write them.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is empty, cut off, in another encoding or not JSON;
            the message names the line. Or a name comes twice in an object.
    """
    name = os.fspath(path)
    text = decode_text(get(name), name)
    if not text.strip():
        raise ValueError(f'{name} is empty; write it again')
    try:
        with no_collection():
            return json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or 'Unterminated' in error.msg
        why = 'it is cut off: ' if cut else ''
        raise ValueError(
            f'{name}, line {error.lineno} column {error.colno}: {why}not '
            f'JSON ({error.msg}); write it again'
        ) from error
    except _RepeatedName as error:
        raise ValueError(
            f'{name} has the name {error} twice in one object, and all but '
            'the last would be lost: join what belongs together, and write '
            'it again'
        ) from error
    except RecursionError as error:
        raise ValueError(f'{name} is nested too deeply for JSON') from error


def numbered_lines(path: Union[str, os.PathLike]) -> List[Tuple[int, str]]:
    """Return the lines of a text file that are not blank, numbered."""
    lines = read_text(path).split('\n')
    return [(n, line) for n, line in enumerate(lines, 1) if line.strip()]


@contextmanager
def no_collection() -> Iterator[None]:
    """Let Python's search for cycles rest.

    Millions of records have none, and each search goes through all of them:
    a file of a million frames is read in two thirds of the time without.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _RepeatedName(Exception):
    """A name that an object of a JSON file has twice."""


def _object(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    """Make a JSON object; refuse a name that comes twice."""
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        raise _RepeatedName(repr(max(content, key=names.count)))
    return content


def _line(data: bytes, place: int) -> int:
    """Return the line, from 1, of a byte."""
    return data.count(b'\n', 0, place) + 1


def _misfit(
    data: bytes, name: str, encoding: str, error: UnicodeDecodeError
) -> str:
    """Say where a file is not in its encoding, and what to do."""
    label = encoding.upper()
    if encoding != 'utf-8':
        return (
            f'{name} has the mark of {label} at its head, but is not in it '
            f'({error.reason} at byte {error.start}): it is cut off or '
            'damaged; save it as UTF-8'
        )
    start = data.rfind(b'\n', 0, error.start) + 1
    shown = data[start : error.end + 20].split(b'\n')[0].decode('latin-1')
    return (
        f'{name}, line {_line(data, error.start)}: byte '
        f'0x{data[error.start]:02x} in {shown[:60]!r} is not {label}; the '
        'file is perhaps in latin-1 or a code page of Windows: save it as '
        'UTF-8, for example with: iconv -f latin1 -t utf-8 OLD > NEW'
    )
