# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Raw frames and their times in a pipe to or from ffmpeg.

Matroska (RFC 9559) carries each frame with its time, which a pipe of pixels
alone cannot. Here are the few elements of it that raw video needs. An element
is an id, the length of its content, and the content; both numbers begin with
as many zero bits as they have further bytes.
"""

import struct
from dataclasses import dataclass
from typing import BinaryIO, Iterator, Optional, Union

_EBML, _DOC_TYPE = 0x1A45DFA3, 0x4282
_SEGMENT, _INFO, _TIMESTAMP_SCALE = 0x18538067, 0x1549A966, 0x2AD7B1
_TRACKS, _TRACK_ENTRY, _TRACK_NUMBER = 0x1654AE6B, 0xAE, 0xD7
_TRACK_UID, _TRACK_TYPE, _CODEC_ID = 0x73C5, 0x83, 0x86
_DEFAULT_DURATION = 0x23E383
_VIDEO, _WIDTH, _HEIGHT, _COLOUR = 0xE0, 0xB0, 0xBA, 0x2EB524
_CLUSTER, _TIMESTAMP = 0x1F43B675, 0xE7
_SIMPLE_BLOCK, _BLOCK_GROUP, _BLOCK = 0xA3, 0xA0, 0xA1

# Elements that hold further ones: these are entered, all others skipped.
_MASTERS = {_SEGMENT, _TRACKS, _TRACK_ENTRY, _VIDEO, _CLUSTER, _BLOCK_GROUP}


@dataclass(frozen=True)
class RawFrame:
    """A frame of a Matroska stream.

    Attributes:
        time (int): In units of the stream: ms, unless its writer says else.
        width (int): What the stream announces, in pixels.
        height (int): Likewise.
        data (bytearray): The pixels.
    """

    time: int
    width: int
    height: int
    data: bytearray


def read_frames(stream: BinaryIO) -> Iterator[RawFrame]:
    """Read the frames of the only track of a stream.

    Args:
        stream: Such as a pipe from ``ffmpeg ... -f matroska -``.

    Yields:
        RawFrame: Each frame; one that is cut off is not given.
    """
    width = height = cluster = 0
    while True:
        kind = _read_number(stream, keep_marker=True)
        size = _read_number(stream)
        if kind is None or size is None:
            return
        if kind in _MASTERS:
            continue
        content = bytearray(size)
        if stream.readinto(content) < size:  # type: ignore[attr-defined]
            return
        if kind == _WIDTH:
            width = int.from_bytes(content, 'big')
        elif kind == _HEIGHT:
            height = int.from_bytes(content, 'big')
        elif kind == _TIMESTAMP:
            cluster = int.from_bytes(content, 'big')
        elif kind in (_SIMPLE_BLOCK, _BLOCK):
            # Number of the track, time since that of the cluster, flags.
            (offset,) = struct.unpack('>h', content[1:3])
            del content[:4]
            yield RawFrame(cluster + offset, width, height, content)


def stream_header(width: int, height: int, fps: float) -> bytes:
    """Begin a stream of BGR frames with times in microseconds.

    Args:
        width: In pixels.
        height: In pixels.
        fps: Frames a second, roughly; the last frame lasts so long.
    """
    track = _element(
        _TRACK_ENTRY,
        _element(_TRACK_NUMBER, 1),
        _element(_TRACK_UID, 1),
        _element(_TRACK_TYPE, 1),
        _element(_DEFAULT_DURATION, max(1, round(1e9 / fps))),
        _element(_CODEC_ID, b'V_UNCOMPRESSED'),
        _element(
            _VIDEO,
            _element(_WIDTH, width),
            _element(_HEIGHT, height),
            _element(_COLOUR, b'BGR\x18'),
        ),
    )
    return b''.join(
        (
            _element(_EBML, _element(_DOC_TYPE, b'matroska')),
            _bytes(_SEGMENT) + b'\x01' + b'\xff' * 7,  # of unknown length
            _element(_INFO, _element(_TIMESTAMP_SCALE, 1000)),
            _element(_TRACKS, track),
        )
    )


def frame_header(time: int, size: int) -> bytes:
    """Return what comes before the pixels of a frame.

    Args:
        time: In microseconds from the beginning.
        size: Bytes of the pixels.
    """
    stamp = _element(_TIMESTAMP, time)
    block = _bytes(_SIMPLE_BLOCK) + _length(size + 4) + b'\x81\0\0\x80'
    return (
        _bytes(_CLUSTER)
        + _length(len(stamp) + len(block) + size)
        + stamp
        + block
    )


def _read_number(stream: BinaryIO, keep_marker: bool = False) -> Optional[int]:
    """Return an id (with its marker bit) or a length; None at the end."""
    first = stream.read(1)
    if not first or first == b'\0':
        return None
    length = 9 - first[0].bit_length()
    rest = stream.read(length - 1)
    if len(rest) < length - 1:
        return None
    number = int.from_bytes(first + rest, 'big')
    return number if keep_marker else number & ((1 << 7 * length) - 1)


def _bytes(number: int) -> bytes:
    """Return a number in as few bytes as it needs, at least one."""
    return number.to_bytes(max(1, -(-number.bit_length() // 8)), 'big')


def _length(number: int) -> bytes:
    """Return a length in eight bytes."""
    return (number | 1 << 56).to_bytes(8, 'big')


def _element(kind: int, *content: Union[int, bytes]) -> bytes:
    """Return an element of numbers, bytes or further elements."""
    data = b''.join(
        _bytes(part) if isinstance(part, int) else part for part in content
    )
    return _bytes(kind) + _length(len(data)) + data
