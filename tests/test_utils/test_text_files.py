# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import bz2
import codecs
import gc
import gzip
import json
import lzma

import pytest

from mmhvr.utils.text_files import (
    decode_text,
    no_collection,
    numbered_lines,
    read_json,
    read_text,
)

TEXT = 'cat Kätzchen\ndog 犬\n'
MARKED = [
    ('utf-8', b''),
    ('utf-8', codecs.BOM_UTF8),
    ('utf-16-le', codecs.BOM_UTF16_LE),
    ('utf-16-be', codecs.BOM_UTF16_BE),
    ('utf-32-le', codecs.BOM_UTF32_LE),
    ('utf-32-be', codecs.BOM_UTF32_BE),
]


@pytest.mark.parametrize('encoding, mark', MARKED)
@pytest.mark.parametrize('end', ['\n', '\r\n', '\r'])
def test_marks_tell_the_encoding(tmp_path, encoding, mark, end):
    path = tmp_path / 'a.txt'
    path.write_bytes(mark + TEXT.replace('\n', end).encode(encoding))
    assert read_text(path) == TEXT
    assert numbered_lines(path) == [(1, 'cat Kätzchen'), (2, 'dog 犬')]
    path.write_bytes(mark + json.dumps({'ä': [1]}).encode(encoding))
    assert read_json(path) == {'ä': [1]}


def test_marks_inside_of_joined_files_vanish(tmp_path):
    path = tmp_path / 'a.txt'
    path.write_bytes(2 * (codecs.BOM_UTF8 + b'a b\n'))
    assert numbered_lines(path) == [(1, 'a b'), (2, 'a b')]


def test_blank_lines_keep_their_numbers(tmp_path):
    path = tmp_path / 'a.txt'
    path.write_text('\n\na b\n \nc\n')
    assert numbered_lines(path) == [(3, 'a b'), (5, 'c')]


@pytest.mark.parametrize(
    'data, message',
    [
        # \xe9 is an e with an accent in latin-1 and cp1252.
        (b'one\ntwo\ncaf\xe9 x\n', r"a, line 3: byte 0xe9 in 'café x' is not"),
        (codecs.BOM_UTF8 + b'\xe9', 'a, line 1: byte 0xe9 .* not UTF-8'),
        ('one\n'.encode('utf-16-le'), 'zero bytes in line 1.*without a mark'),
        (codecs.BOM_UTF16_LE + b'a\0b', 'mark of UTF-16 .* cut off'),
        (gzip.compress(b'{}', mtime=0), r'a is packed \(gzip\)'),
        (bz2.compress(b'{}'), r'a is packed \(bzip2\)'),
        (lzma.compress(b'{}'), r'a is packed \(xz\)'),
    ],
)
def test_other_encodings_are_named(data, message):
    with pytest.raises(ValueError, match=message):
        decode_text(data, 'a')


@pytest.mark.parametrize(
    'text, message',
    [
        ('', 'a.json is empty'),
        (' \n', 'a.json is empty'),
        ('{"a": [1,\n 2', 'a.json, line 2 column 3: it is cut off: not JSON'),
        ('{"a": "b', 'a.json, line 1 column 7: it is cut off'),
        ('{"a": 1,}', r'a.json, line 1 column \d+: not JSON'),
        ("{'a': 1}", 'a.json, line 1 column 2: not JSON'),
        ('<html>', 'a.json, line 1 column 1: not JSON'),
        ('[' * 200000, 'a.json'),
        ('{"a": [1], "b": 2, "a": [3]}', "a.json has the name 'a' twice"),
        ('[{"b": 2, "c": {"x": 1, "x": 1}}]', "a.json has the name 'x' tw"),
    ],
)
def test_broken_json_names_file_and_line(tmp_path, text, message):
    path = tmp_path / 'a.json'
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_json(path)


def test_missing_files_are_named(tmp_path):
    for read in (read_text, read_json):
        with pytest.raises(FileNotFoundError, match='no.json'):
            read(tmp_path / 'no.json')


def test_the_search_for_cycles_goes_on_after_a_file(tmp_path):
    path = tmp_path / 'a.json'
    for text in ('{"a": 1}', '{"a": '):
        path.write_text(text)
        try:
            read_json(path)
        except ValueError:
            pass
        assert gc.isenabled()
    gc.disable()
    try:
        with no_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
