# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import io

import pytest

from mmhvr.utils.matroska import frame_header, read_frames, stream_header


def test_a_stream_by_hand():
    # An id, the length (the leading bit of a byte says that it is alone), and
    # so many bytes. Of unknown length: all further bits are ones.
    stream = bytes.fromhex(
        '1A45DFA3 84 42828174'  # EBML, to be skipped
        '18538067 FF'  # Segment, of unknown length
        '1654AE6B 89 AE 87'  # Tracks, a track
        'E0 85 B0 81 05 BA4001 03'  # Video: 5 wide, 3 high (in two bytes)
        '1F43B675 FF E7 82 0200'  # Cluster at 512
        'A3 85 81 FFFF 80 61'  # 1 before it: 'a'
        'A0 89 A1 86 81 0102 00 6263 9B'  # 258 after it, in a group: 'bc'
        '1F43B675 01FFFFFFFFFFFFFF E7 81 07'  # at 7
        'A3 88 81 0000 80 6465'  # cut off: two of four bytes
    )
    frames = list(read_frames(io.BytesIO(stream)))
    assert [(f.time, f.width, f.height, bytes(f.data)) for f in frames] == [
        (511, 5, 3, b'a'),
        (770, 5, 3, b'bc'),
    ]


@pytest.mark.parametrize('size', [1, 200, 70000])
def test_round_trip(size):
    times = [0, 1, 40000, 5000000000]
    stream = stream_header(640, 360, 25) + b''.join(
        frame_header(time, size) + bytes([t]) * size
        for t, time in enumerate(times)
    )
    frames = list(read_frames(io.BytesIO(stream)))
    assert [(f.time, f.width, f.height) for f in frames] == [
        (time, 640, 360) for time in times
    ]
    assert [f.data for f in frames] == [bytes([t]) * size for t in range(4)]


def test_nothing():
    assert list(read_frames(io.BytesIO(b''))) == []
    assert list(read_frames(io.BytesIO(stream_header(4, 4, 1)))) == []
