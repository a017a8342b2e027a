# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import json
import re
import runpy
import sys
from pathlib import Path

import pytest
from pycocotools.coco import COCO

from mmhvr.datasets.converters.classes import (
    IMAGENET_VID_CLASSES,
    read_classes,
)
from mmhvr.datasets.converters.coco_writer import CocoWriter
from mmhvr.datasets.converters.imagenet_det import convert_det
from mmhvr.datasets.converters.imagenet_vid import convert_vid
from mmhvr.datasets.converters.lists import (
    read_det_list,
    read_train_list,
    read_val_list,
)

TOOLS = Path(__file__).resolve().parents[2] / 'tools/dataset_converters'
TRAIN = 'train/ILSVRC2015_VID_train_0000/ILSVRC2015_train_00000000'

# As in the files of ILSVRC2015.
HEAD = """<annotation>
	<folder>ILSVRC2015_VID_train_0000/ILSVRC2015_train_00000000</folder>
	<filename>000000</filename>
	<source>
		<database>ILSVRC_2015</database>
	</source>
	<size>
		<width>640</width>
		<height>360</height>
	</size>
"""
OBJECT = """	<object>
		<trackid>{track}</trackid>
		<name>{name}</name>
		<bndbox>
			<xmax>{box[2]}</xmax>
			<xmin>{box[0]}</xmin>
			<ymax>{box[3]}</ymax>
			<ymin>{box[1]}</ymin>
		</bndbox>
		<occluded>{occluded}</occluded>
		<generated>{generated}</generated>
	</object>
"""


def write_xml(file, *objects, head=HEAD):
    """Objects are (track, name, box, occluded, generated)."""
    file.parent.mkdir(parents=True, exist_ok=True)
    keys = ('track', 'name', 'box', 'occluded', 'generated')
    text = ''.join(OBJECT.format(**dict(zip(keys, o))) for o in objects)
    file.write_text(f'{head}{text}</annotation>\n')


def write_list(root, part, name, text):
    file = root / 'ImageSets' / part / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


@pytest.fixture
def vid(tmp_path):
    """A dog and a zebra in three frames; a short video with a car."""
    folder = tmp_path / 'Annotations/VID'
    first = folder / TRAIN
    write_xml(
        first / '000000.xml',
        (0, 'n02084071', (10, 20, 109, 79), 0, 1),
        (1, 'n02391049', (0, 0, 639, 359), 1, 0),
    )
    write_xml(first / '000001.xml')
    write_xml(
        first / '000002.xml',
        (1, 'n02391049', (1, 2, 3, 4), 0, 0),
        # Not one of the 30 classes.
        (2, 'n00007846', (5, 5, 50, 50), 0, 0),
        (0, 'n02084071', (11, 20, 110, 79), 0, 0),
    )
    other = TRAIN.replace('00000000', '00000001')
    write_xml(
        folder / other / '000000.xml',
        (0, 'n02958343', (7, 8, 7, 8), 0, 0),
        head=HEAD.replace('640', '128').replace('360', '96'),
    )
    write_list(
        tmp_path,
        'VID',
        'VID_train_15frames.txt',
        f'{TRAIN} 1 0 3\n{TRAIN} 1 2 3\n{other} 1 0 1\n',
    )
    return tmp_path


def convert(root, split='train', **kwargs):
    out = root / 'annotations/out.json'
    counts = convert_vid(root, split, out, progress=False, **kwargs)
    return json.loads(out.read_text()), counts


def test_vid_train_by_hand(vid):
    data, counts = convert(vid)
    assert counts == dict(videos=2, images=4, annotations=5)
    assert data['categories'][8] == dict(
        id=9, name='dog', encode_name='n02084071'
    )
    other = TRAIN.replace('00000000', '00000001')
    assert data['videos'] == [dict(id=1, name=TRAIN), dict(id=2, name=other)]
    assert [
        (i['id'], i['video_id'], i['frame_id'], i['is_vid_train_frame'])
        for i in data['images']
    ] == [(1, 1, 0, True), (2, 1, 1, False), (3, 1, 2, True), (4, 2, 0, True)]
    assert data['images'][1] == dict(
        id=2,
        file_name=f'{TRAIN}/000001.JPEG',
        height=360,
        width=640,
        frame_id=1,
        video_id=1,
        is_vid_train_frame=False,
    )
    assert (data['images'][3]['width'], data['images'][3]['height']) == (
        128,
        96,
    )
    # Dog 9, zebra 30, car 7 in the table's order; w = xmax - xmin. The dog is
    # track 1 and the zebra 2 in the order of appearance; track 0 of the next
    # video is another object, 3.
    assert data['annotations'][0] == dict(
        id=1,
        video_id=1,
        image_id=1,
        category_id=9,
        instance_id=1,
        bbox=[10, 20, 99, 59],
        area=99 * 59,
        iscrowd=0,
        occluded=False,
        generated=True,
    )
    assert [
        (
            a['image_id'],
            a['category_id'],
            a['instance_id'],
            a['bbox'],
            a['occluded'],
        )
        for a in data['annotations'][1:]
    ] == [
        (1, 30, 2, [0, 0, 639, 359], True),
        (3, 30, 2, [1, 2, 2, 2], False),
        (3, 9, 1, [11, 20, 99, 59], False),
        (4, 7, 3, [7, 8, 0, 0], False),
    ]


def test_box_offset_counts_the_last_pixel(vid):
    data, _ = convert(vid, box_offset=1)
    assert data['annotations'][0]['bbox'] == [10, 20, 100, 60]
    assert data['annotations'][1]['bbox'] == [0, 0, 640, 360]
    assert data['annotations'][4]['area'] == 1


def test_classes_outside_the_table_are_skipped(vid):
    table = {'n00007846': 'person', 'n02958343': 'car'}
    data, counts = convert(vid, classes=table)
    assert [c['name'] for c in data['categories']] == ['person', 'car']
    assert [
        (a['id'], a['image_id'], a['category_id'], a['instance_id'])
        for a in data['annotations']
    ] == [(1, 3, 1, 1), (2, 4, 2, 2)]
    # Frames whose objects are all of other classes stay.
    assert counts['images'] == 4


def test_vid_val_has_no_key_frames(vid):
    write_list(vid, 'VID', 'VID_val_videos.txt', f'{TRAIN} 1 0 3\n')
    data, counts = convert(vid, 'val')
    assert counts == dict(videos=1, images=3, annotations=4)
    assert not any(i['is_vid_train_frame'] for i in data['images'])


def test_mmtracking_places_and_own_lists(vid):
    usual = vid / 'ImageSets/VID/VID_train_15frames.txt'
    expected, _ = convert(vid)
    (vid / 'Lists').mkdir()
    usual.rename(vid / 'Lists' / usual.name)
    assert convert(vid)[0] == expected
    own = (vid / 'Lists' / usual.name).rename(vid / 'own.txt')
    with pytest.raises(FileNotFoundError, match='VID_train_15frames.txt'):
        convert(vid)
    assert convert(vid, list_file=own)[0] == expected


def test_det_by_hand(tmp_path):
    folder = tmp_path / 'Annotations/DET'
    dog = 'train/ILSVRC2014_train_0000/ILSVRC2014_train_00000663'
    cat = 'train/ILSVRC2013_train/n02121808/n02121808_10'
    # DET files have no trackid, occluded and generated.
    plain = re.sub('\t\t<(trackid|occluded|generated)>.*\n', '', OBJECT)
    body = plain.format(name='n02084071', box=(1, 2, 31, 22))
    body += plain.format(name='n00007846', box=(1, 2, 31, 22))
    (folder / dog).parent.mkdir(parents=True)
    (folder / f'{dog}.xml').write_text(f'{HEAD}{body}</annotation>')
    write_xml(folder / f'{cat}.xml')
    # The real list repeats images, and its last line has no end.
    text = f'{dog} 1\n{cat} 1\n{dog} 1'
    write_list(tmp_path, 'DET', 'DET_train_30classes.txt', text)
    out = tmp_path / 'det.json'
    counts = convert_det(tmp_path, out, progress=False)
    assert counts == dict(images=2, annotations=1)
    data = json.loads(out.read_text())
    assert data['images'] == [
        dict(
            id=i,
            file_name=f'{name}.JPEG',
            height=360,
            width=640,
            is_vid_train_frame=True,
        )
        for i, name in enumerate((dog, cat), 1)
    ]
    assert data['annotations'] == [
        dict(
            id=1,
            image_id=1,
            category_id=9,
            bbox=[1, 2, 30, 20],
            area=600,
            iscrowd=0,
        )
    ]


def test_pycocotools_reads_the_files(vid):
    convert(vid)
    coco = COCO(str(vid / 'annotations/out.json'))
    assert len(coco.getImgIds(catIds=coco.getCatIds(['dog']))) == 2


def test_the_30_classes():
    # Alphabetical but for domestic_cat, as in every list of the 30 classes.
    names = list(IMAGENET_VID_CLASSES.values())
    assert len(names) == len(set(names)) == 30
    assert names == sorted(names)
    ids = IMAGENET_VID_CLASSES.items()
    assert all(re.fullmatch(r'n\d{8}', key) for key, _ in ids)
    assert IMAGENET_VID_CLASSES['n02510455'] == 'giant_panda'
    assert IMAGENET_VID_CLASSES['n04530566'] == 'watercraft'


def test_real_list_lines(tmp_path):
    # Lines of the real lists, typed in.
    train = tmp_path / 'train.txt'
    train.write_text(
        f'{TRAIN} 1 10 300\n{TRAIN} 1 30 300\n'
        'train/ILSVRC2015_VID_train_0003/ILSVRC2015_train_01151000 1 419 466\n'
    )
    first, second = read_train_list(train)
    assert (first.name, first.length) == (TRAIN, 300)
    assert first.key_frames == {10, 30}
    assert (second.length, second.key_frames) == (466, {419})
    val = tmp_path / 'val.txt'
    val.write_text(
        'val/ILSVRC2015_val_00000000 1 0 464\n'
        'val/ILSVRC2015_val_00177001 175982 0 145\n'
    )
    assert [(v.name, v.length, v.key_frames) for v in read_val_list(val)] == [
        ('val/ILSVRC2015_val_00000000', 464, set()),
        ('val/ILSVRC2015_val_00177001', 145, set()),
    ]
    det = tmp_path / 'det.txt'
    det.write_text('train/ILSVRC2014_train_0000/ILSVRC2014_train_00000663 1\n')
    assert read_det_list(det) == [
        'train/ILSVRC2014_train_0000/ILSVRC2014_train_00000663'
    ]


@pytest.mark.parametrize(
    'reader, text, match',
    [
        (read_train_list, 'a 1 0\n', r"list.txt:1: expected 'video dummy"),
        (read_train_list, 'a 1 0 3\nb 1 x 3\n', r'list.txt:2: frame_index'),
        (read_train_list, 'a 1 3 3\n', 'beyond the 3 frames of a'),
        (read_train_list, 'a 1 0 3\na 1 1 4\n', '4 frames here, but 3 above'),
        (read_train_list, '\n', 'holds no line'),
        (read_val_list, 'a 1 3\n', r'list.txt:1: expected'),
        (read_val_list, 'a 1 0 3\na 4 0 3\n', 'a comes twice'),
        (read_val_list, 'a 1 0 -3\n', "video_length .*'-3'"),
        (read_det_list, 'a\n', r"expected 'image dummy', found 'a'"),
    ],
)
def test_malformed_lists(tmp_path, reader, text, match):
    file = tmp_path / 'list.txt'
    file.write_text(text)
    with pytest.raises(ValueError, match=match):
        reader(file)


def test_missing_pieces_are_named(vid, tmp_path):
    with pytest.raises(FileNotFoundError, match='VID_val_videos.txt'):
        convert(vid, 'val')
    with pytest.raises(FileNotFoundError, match='Annotations/DET'):
        convert_det(vid, tmp_path / 'x.json', progress=False)
    lost = vid / 'Annotations/VID' / TRAIN / '000001.xml'
    lost.unlink()
    with pytest.raises(FileNotFoundError, match='000001.xml.*unpacked'):
        convert(vid)
    with pytest.raises(FileNotFoundError, match='own.txt'):
        convert(vid, list_file=vid / 'own.txt')
    with pytest.raises(FileNotFoundError, match='nowhere'):
        convert(vid / 'nowhere')


@pytest.mark.parametrize(
    'old, new, match',
    [
        ('</annotation>', '', 'no element found'),
        ('<width>640</width>', '', '<size> has no <width>'),
        ('<width>640</width>', '<width>wide</width>', 'wide'),
        ('<xmin>10</xmin>', '', '<bndbox> has no <xmin>'),
        ('<xmin>10</xmin>', '<xmin>nan</xmin>', "<xmin> of <bndbox> is 'nan'"),
        ('<xmax>109</xmax>', '<xmax>inf</xmax>', "is 'inf', no number"),
        ('<width>640</width>', '<width>0</width>', '<width> of <size> is 0'),
        ('<height>360</height>', '<height>-3</height>', '<height> .* is -3'),
        ('<width>640</width>', '<width>nan</width>', "<width> .* is 'nan'"),
        ('<name>n02084071</name>', '', '<object> has no <name>'),
        ('<trackid>0</trackid>', '', 'no <trackid>'),
    ],
)
def test_malformed_xml_names_the_file(vid, old, new, match):
    file = vid / 'Annotations/VID' / TRAIN / '000000.xml'
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(ValueError, match=match) as caught:
        convert(vid)
    assert str(file) in str(caught.value)


def test_failed_conversion_keeps_the_old_file(vid):
    before, _ = convert(vid)
    (vid / 'Annotations/VID' / TRAIN / '000002.xml').write_text('<a>')
    with pytest.raises(ValueError):
        convert(vid)
    assert [p.name for p in (vid / 'annotations').iterdir()] == ['out.json']
    assert json.loads((vid / 'annotations/out.json').read_text()) == before


def test_bad_arguments(vid):
    with pytest.raises(ValueError, match="'train' or 'val', found 'test'"):
        convert(vid, 'test')
    with pytest.raises(ValueError, match='box_offset must be 0 or 1, found 2'):
        convert(vid, box_offset=2)
    with pytest.raises(ValueError, match='box_offset'):
        convert_det(vid, vid / 'x.json', box_offset=2)


def test_writer_streams_what_json_would_dump(tmp_path):
    records = [dict(name=f'ä "{i}"', value=i / 3) for i in range(5)]
    file = tmp_path / 'new' / 'a.json'
    with CocoWriter(file, ('images', 'videos', 'annotations'), [1]) as writer:
        for record in records:
            writer.add('images', record)
            writer.add('annotations', dict(of=record['name']))
    assert json.loads(file.read_text()) == dict(
        categories=[1],
        images=[dict(id=i, **r) for i, r in enumerate(records, 1)],
        videos=[],
        annotations=[dict(id=i, of=f'ä "{i - 1}"') for i in range(1, 6)],
    )
    assert writer.counts == dict(images=5, videos=0, annotations=5)


def test_class_table(tmp_path):
    file = tmp_path / 'classes.txt'
    file.write_text('d1 one\n\nd2 two\n')
    assert list(read_classes(file).items()) == [('d1', 'one'), ('d2', 'two')]
    with pytest.raises(FileNotFoundError, match='ID NAME'):
        read_classes(tmp_path / 'none.txt')


@pytest.mark.parametrize(
    'text, match',
    [
        ('d1\n', r":1: expected 'ID NAME', found 'd1'"),
        ('d1 one\nd1 two\n', ':2: .*repeats'),
        ('d1 one\nd2 one\n', ':2: .*repeats'),
        ('', 'holds no class'),
    ],
)
def test_malformed_class_table(tmp_path, text, match):
    file = tmp_path / 'classes.txt'
    file.write_text(text)
    with pytest.raises(ValueError, match=match):
        read_classes(file)


def run_tool(name, monkeypatch, *words):
    tool = str(TOOLS / name)
    monkeypatch.setattr(sys, 'argv', [tool, *map(str, words)])
    runpy.run_path(tool, run_name='__main__')


def test_command_lines(vid, monkeypatch, capsys):
    expected, _ = convert(vid)
    run_tool('imagenet_vid_to_coco.py', monkeypatch, vid, '--splits', 'train')
    out = vid / 'annotations/imagenet_vid_train.json'
    assert json.loads(out.read_text()) == expected
    assert '2 videos, 4 images, 5 annotations' in capsys.readouterr().out
    with pytest.raises(SystemExit, match='VID_val_videos.txt'):
        run_tool('imagenet_vid_to_coco.py', monkeypatch, vid)
    table = vid / 'classes.txt'
    table.write_text('n00007846 person\n')
    write_xml(
        vid / 'Annotations/DET/train/a.xml',
        (0, 'n00007846', (1, 1, 2, 2), 0, 0),
    )
    images = vid / 'list.txt'
    images.write_text('train/a 1\n')
    words = ('--classes', table, '--list', images, '--box-offset', 1)
    run_tool(
        'imagenet_det_to_coco.py', monkeypatch, vid, '-o', vid / 'o', *words
    )
    data = json.loads((vid / 'o/imagenet_det_30plus1cls.json').read_text())
    assert data['categories'][0]['name'] == 'person'
    assert data['annotations'][0]['bbox'] == [1, 1, 2, 2]
    with pytest.raises(SystemExit, match='DET_train_30classes.txt'):
        run_tool('imagenet_det_to_coco.py', monkeypatch, vid)


def test_a_full_disk_leaves_the_old_file_whole(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, 'No space left on device')

    def write():
        with CocoWriter(file, ('images',), []) as writer:
            writer.add('images', dict(file_name='a'))

    file = tmp_path / 'a.json'
    write()
    before = file.read_bytes()
    monkeypatch.setattr('shutil.copyfileobj', full)
    with pytest.raises(OSError, match='No space'):
        write()
    assert [path.name for path in tmp_path.iterdir()] == ['a.json']
    assert file.read_bytes() == before
