# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Lists, class tables and XML files as people's tools write them."""

import codecs
import json

import pytest

from mmhvr.annotations.reader import read_annotations
from mmhvr.datasets.converters.classes import read_classes
from mmhvr.datasets.converters.imagenet_det import convert_det
from mmhvr.datasets.converters.imagenet_vid import convert_vid
from mmhvr.datasets.converters.lists import (
    read_det_list,
    read_train_list,
    read_val_list,
)
from mmhvr.datasets.converters.xml_reader import read_xml

XML = (
    '<annotation><size><width>64</width><height>48</height></size>{}'
    '</annotation>'
)
OBJECT = (
    '<object><trackid>{track}</trackid><name>{name}</name><bndbox>'
    '<xmin>{box[0]}</xmin><ymin>{box[1]}</ymin>'
    '<xmax>{box[2]}</xmax><ymax>{box[3]}</ymax></bndbox></object>'
)
BOX = (4, 6, 20, 26)
MARKED = [
    ('utf-8', b''),
    ('utf-8', codecs.BOM_UTF8),
    ('utf-16-le', codecs.BOM_UTF16_LE),
    ('utf-16-be', codecs.BOM_UTF16_BE),
]


@pytest.fixture
def log(monkeypatch):
    """What a conversion logs."""
    lines = []
    for module in ('object_counts', 'imagenet_vid'):
        monkeypatch.setattr(
            f'mmhvr.datasets.converters.{module}.print_log',
            lambda text, **kwargs: lines.append(text),
        )
    return lines


@pytest.fixture
def convert(tmp_path):
    """Converts a video whose frames have (name, box) objects."""

    def convert(frames, classes, kind=convert_vid):
        part = 'VID' if kind is convert_vid else 'DET'
        folder = tmp_path / 'Annotations' / part / 'v'
        folder.mkdir(parents=True)
        for n, objects in enumerate(frames):
            body = ''.join(
                OBJECT.format(track=t, name=name, box=box)
                for t, (name, box) in enumerate(objects)
            )
            (folder / f'{n:06d}.xml').write_text(XML.format(body))
        names = tmp_path / 'list.txt'
        out = tmp_path / 'out.json'
        if kind is convert_vid:
            names.write_text(f'v 1 0 {len(frames)}\n')
            kind(tmp_path, 'train', out, classes, names, progress=False)
        else:
            lines = [f'v/{n:06d} 1\n' for n in range(len(frames))]
            names.write_text(''.join(lines))
            kind(tmp_path, out, classes, names, progress=False)
        return read_annotations(str(out))

    return convert


@pytest.mark.parametrize('encoding, mark', MARKED)
def test_lists_and_tables_in_any_encoding(tmp_path, encoding, mark):
    file = tmp_path / 'a.txt'

    def write(text):
        file.write_bytes(mark + text.replace('\n', '\r\n').encode(encoding))

    write('fork forklift\nkätzchen Kätzchen\n')
    assert list(read_classes(file).items()) == [
        ('fork', 'forklift'),
        ('kätzchen', 'Kätzchen'),
    ]
    write('train/ä 1 0 9\ntrain/ä 1 4 9\n')
    (video,) = read_train_list(file)
    assert (video.name, video.key_frames) == ('train/ä', {0, 4})
    write('val/ä 1 0 9\n')
    assert read_val_list(file)[0].name == 'val/ä'
    write('train/ä 1\n')
    assert read_det_list(file) == ['train/ä']


@pytest.mark.parametrize(
    'read', [read_classes, read_train_list, read_val_list, read_det_list]
)
def test_another_encoding_is_named(tmp_path, read):
    file = tmp_path / 'a.txt'
    file.write_bytes(b'a b 0 9\nk\xe4tzchen b 0 9\n')
    with pytest.raises(ValueError, match='a.txt, line 2: byte 0xe4 .*latin-1'):
        read(file)


@pytest.mark.parametrize(
    'encoding, declared',
    [
        ('utf-8', None),
        ('utf-8-sig', None),
        ('utf-16', None),
        ('latin-1', 'ISO-8859-1'),
        ('cp1252', 'windows-1252'),
    ],
)
def test_xml_in_any_encoding(tmp_path, encoding, declared):
    file = tmp_path / 'a.xml'
    text = XML.format(OBJECT.format(track=0, name='Kätzchen', box=BOX))
    if declared:
        text = f'<?xml version="1.0" encoding="{declared}"?>{text}'
    file.write_bytes(text.encode(encoding))
    assert read_xml(file).objects[0].name == 'Kätzchen'


@pytest.mark.parametrize(
    'data, message',
    [
        (b'', 'a.xml is malformed: the file is empty'),
        (b'<annotation>\n<na\xe4me/>', 'malformed: it, line 2: byte 0xe4'),
        (b'<annotation><size>', 'a.xml is malformed: no element found: line'),
        (b'{"shapes": []}', 'a.xml is malformed: not well-formed'),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', 'a.xml is malf'),
        (b'<html/>', 'no <size>'),
    ],
)
def test_xml_that_cannot_be_read_is_named(tmp_path, data, message):
    file = tmp_path / 'a.xml'
    file.write_bytes(data)
    with pytest.raises(ValueError, match=message):
        read_xml(file)


# --- names ------------------------------------------------------------------


@pytest.mark.parametrize('kind', [convert_vid, convert_det])
@pytest.mark.parametrize(
    'classes, written',
    [
        # In another case than the table has it; in the second column.
        ({'forklift': 'forklift'}, 'Forklift'),
        ({'fork_lift': 'truck'}, 'fork lift'),
        ({'f1': 'forklift'}, 'forklift'),
    ],
)
def test_a_name_in_another_spelling(convert, tmp_path, classes, written, kind):
    frames = [[(written, BOX), ('car', BOX)]] * 2
    with pytest.raises(ValueError, match=f"'{written}' .2 objects. for 'f"):
        convert(frames, dict(classes, car='car'), kind)
    assert not (tmp_path / 'out.json').exists()


@pytest.mark.parametrize('kind', [convert_vid, convert_det])
def test_no_object_of_the_table(convert, kind):
    with pytest.raises(
        ValueError, match="none of 3 objects .*'ship' .3., the"
    ):
        convert([[('ship', BOX)]] * 3, {'car': 'car'}, kind)


@pytest.mark.parametrize('kind', [convert_vid, convert_det])
def test_what_is_skipped_is_counted(convert, log, kind):
    frames = [[('car', BOX), ('ship', BOX)], [('car', BOX)], [('tree', BOX)]]
    classes = {'car': 'automobile', 'bus': 'coach', 'tram': 'tramway'}
    file = convert(frames, classes, kind)
    assert file.tally()['automobile'].found == 2
    assert log == [
        "2 of 3 classes have no object: 'coach', 'tramway'",
        '2 objects of 2 classes that are not in the table are skipped: '
        "'ship' (1), 'tree' (1)",
    ]


def test_no_object_at_all(convert, log):
    convert([[], []], {'car': 'car'})
    assert log == ['no annotation file has an object']


def test_all_is_well(convert, log):
    convert([[('car', BOX)]], {'car': 'car'})
    assert log == []


# --- boxes ------------------------------------------------------------------


@pytest.mark.parametrize('kind', [convert_vid, convert_det])
def test_boxes_that_will_be_left_out_are_counted(convert, log, kind):
    # Inverted, a pixel wide (0 with both ends included), outside, good.
    boxes = [(20, 6, 4, 26), (4, 6, 4, 26), (70, 6, 80, 26), BOX, BOX]
    file = convert([[('car', box)] for box in boxes], {'car': 'car'}, kind)
    (line,) = log
    assert line.startswith('3 of 5 boxes will be left out of training and ev')
    assert '1 inverted (width or height below 0), such as one of ' in line
    assert 'v/000000.xml' in line and 'v/000002.xml' in line
    # The reader says the same of the file.
    assert file.counts.tolist() == [False] * 3 + [True] * 2
    assert file.boxes[3].tolist() == [4, 6, 16, 20]


def test_all_broken_files_are_named(convert, tmp_path):
    frames = [[('car', BOX)] for _ in range(4)]
    convert(frames, {'car': 'car'})
    folder = tmp_path / 'Annotations/VID/v'
    (folder / '000000.xml').unlink()
    (folder / '000002.xml').write_text('<a>')
    arguments = (tmp_path, 'train', tmp_path / 'b.json', {'car': 'car'})
    lists = tmp_path / 'list.txt'
    with pytest.raises(ValueError) as error:
        convert_vid(*arguments, lists, progress=False)
    first, second = str(error.value).split('\n')
    assert '000000.xml does not exist' in first
    assert '000002.xml is malformed' in second
    # Not a thousand lines.
    (tmp_path / 'list.txt').write_text('v 1 0 500\n')
    with pytest.raises(ValueError) as error:
        convert_vid(*arguments, lists, progress=False)
    lines = str(error.value).split('\n')
    assert len(lines) == 21 and 'there may be more' in lines[-1]
    assert not (tmp_path / 'b.json').exists()


def test_the_file_is_json_for_every_program(convert, tmp_path):
    convert([[('car', (4.5, 6, 20, 26))]], {'car': 'Kätzchen'})
    text = (tmp_path / 'out.json').read_text(encoding='ascii')

    def refuse(name):
        raise AssertionError(name)

    data = json.loads(text, parse_constant=refuse)
    assert data['annotations'][0]['bbox'] == [4.5, 6, 15.5, 20]


@pytest.mark.parametrize('kind', [convert_vid, convert_det])
def test_difficult_objects_are_ignored(convert, tmp_path, monkeypatch, kind):
    # PASCAL VOC's mark: neither to be found, nor false where it is found.
    marked = OBJECT.replace('</object>', '<difficult>{d}</difficult></object>')
    objects = iter('0101')
    monkeypatch.setattr(
        f'{__name__}.OBJECT', Marked(marked, lambda: next(objects))
    )
    file = convert([[('car', BOX)] * 2] * 2, {'car': 'car'}, kind)
    assert file.ignored.tolist() == [False, True, False, True]


class Marked(str):
    """A form of an object that gets another mark each time."""

    def __new__(cls, text, mark):
        form = super().__new__(cls, text)
        form.mark = mark
        return form

    def format(self, **values):
        return str.format(self, d=self.mark(), **values)


def test_marks_are_0_or_1(tmp_path):
    file = tmp_path / 'a.xml'
    text = OBJECT.format(track=0, name='car', box=BOX)
    for tag in ('occluded', 'generated', 'difficult'):
        body = text.replace('</object>', f'<{tag}>true</{tag}></object>')
        file.write_text(XML.format(body))
        with pytest.raises(ValueError, match=f"<{tag}> of <object> is 'true'"):
            read_xml(file)


@pytest.mark.parametrize(
    'objects, message',
    [
        ('<objects>{0}</objects>', '1 objects are not <object> directly bel'),
        ('{0}<group>{0}{0}</group>', '2 objects are not <object> directly'),
        ('{1}', '1 objects are not <object> directly below <annotation>'),
        ('{2}', '<object> has 2 <bndbox>; give each object one'),
    ],
)
def test_objects_that_would_be_lost(tmp_path, objects, message):
    whole = OBJECT.format(track=1, name='a', box=BOX)
    box = whole[whole.index('<bndbox>') : whole.index('</object>')]
    file = tmp_path / 'a.xml'
    text = objects.format(
        whole, whole.replace('object>', 'Object>'), whole.replace(box, 2 * box)
    )
    file.write_text(XML.format(text))
    with pytest.raises(ValueError, match=f'a.xml is malformed: {message}'):
        read_xml(file)


def test_a_part_of_an_object_has_a_box_of_its_own(tmp_path):
    part = '<part><name>b</name><bndbox><xmin>1</xmin></bndbox></part>'
    whole = OBJECT.format(track=1, name='a', box=BOX)
    file = tmp_path / 'a.xml'
    file.write_text(
        XML.format(whole.replace('<bndbox>', part + '<bndbox>', 1))
    )
    (found,) = read_xml(file).objects
    assert (found.name, found.bounds) == ('a', BOX)


def test_a_list_that_names_fewer_frames_than_there_are(tmp_path, convert, log):
    assert len(convert([[('a', BOX)]] * 3, dict(a='a')).images) == 3
    assert not log
    names, out = tmp_path / 'list.txt', tmp_path / 'out.json'
    names.write_text('v 1 0 2\n')
    convert_vid(tmp_path, 'train', out, dict(a='a'), names, progress=False)
    assert len(read_annotations(str(out)).images) == 2
    (text,) = log
    assert '1 of 1 videos have more annotation files' in text
    assert 'v with 2 frames in the list' in text
