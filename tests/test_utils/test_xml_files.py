# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import codecs
import tracemalloc

import pytest

from mmhvr.utils import xml_files
from mmhvr.utils.xml_files import iter_children, parse_xml, root_tag

TEXT = '<a><b n="1">Kätzchen</b><c><d/></c><b n="2"/></a>'
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "ha"> '
    '<!ENTITY y "&x;&x;">]><a>&y;</a>'
)
ENCODINGS = [
    ('utf-8', b''),
    ('utf-8', codecs.BOM_UTF8),
    ('utf-16-le', codecs.BOM_UTF16_LE),
    ('utf-16-be', codecs.BOM_UTF16_BE),
]


@pytest.mark.parametrize('chunk', [3, 1 << 20])
@pytest.mark.parametrize('encoding, mark', ENCODINGS)
def test_children_in_order(tmp_path, monkeypatch, encoding, mark, chunk):
    monkeypatch.setattr(xml_files, '_CHUNK', chunk)
    path = tmp_path / 'a.xml'
    path.write_bytes(mark + TEXT.encode(encoding))
    root, *rest = (
        (e.tag, e.get('n'), e.text, len(e)) for e in iter_children(path)
    )
    assert root[0] == 'a'
    assert rest == [
        ('b', '1', 'Kätzchen', 0),
        ('c', None, None, 1),
        ('b', '2', None, 0),
    ]
    assert parse_xml(path.read_bytes())[0].text == 'Kätzchen'
    assert root_tag(path) == 'a'


@pytest.mark.parametrize('chunk', [5, 1 << 20])
@pytest.mark.parametrize('encoding, mark', ENCODINGS)
def test_entities_are_refused(tmp_path, monkeypatch, encoding, mark, chunk):
    monkeypatch.setattr(xml_files, '_CHUNK', chunk)
    path = tmp_path / 'a.xml'
    path.write_bytes(mark + BOMB.encode(encoding))
    with pytest.raises(ValueError, match=r'a\.xml .*declares entities'):
        list(iter_children(path))
    with pytest.raises(ValueError, match='declares entities'):
        parse_xml(path.read_bytes())


@pytest.mark.parametrize(
    'data, text',
    [
        (b' \n', 'is empty'),
        (b'<a>\n<b>\n</a>', 'line 3'),
        (b'<a>\n<b>\n', 'line 3'),
        ('<a>\n\xe4</a>'.encode('latin-1'), 'line 2.*iconv'),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', 'klingon|encoding'),
        (b'PK\x03\x04123', 'unpack it first'),
    ],
)
def test_what_is_no_xml(tmp_path, data, text):
    path = tmp_path / 'a.xml'
    path.write_bytes(data)
    with pytest.raises(ValueError, match=text) as error:
        list(iter_children(path))
    assert str(path) in str(error.value)


def test_memory_is_that_of_a_child(tmp_path):
    path = tmp_path / 'a.xml'
    child = '<t>' + '<b x="1" y="2"/>' * 100 + '</t>'

    def peak(number):
        path.write_text('<a>' + child * number + '</a>')
        tracemalloc.start()
        assert sum(1 for _ in iter_children(path)) == number + 1
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    # Ten times the file, and not ten times the memory.
    few = peak(80)
    assert peak(800) < 3 * few
