# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Which frames of which video COCO's and Datumaro's images are."""

import json

import pytest

from mmhvr.formats.coco import Coco
from mmhvr.formats.coco_vid import CocoVid
from mmhvr.formats.datumaro import Datumaro
from mmhvr.formats.imagenet_vid import ImagenetVid


def coco(images, annotations=(), **more):
    return dict(
        images=[dict(id=n, **image) for n, image in enumerate(images)],
        annotations=[
            dict(id=n, category_id=1, bbox=[1, 2, 3, 4], **annotation)
            for n, annotation in enumerate(annotations)
        ],
        categories=[dict(id=1, name='car')],
        **more,
    )


@pytest.fixture
def read(tmp_path):
    def read(data, reader=Coco):
        path = tmp_path / 'a.json'
        path.write_text(json.dumps(data))
        export = reader(path)
        return {video.name: video for video in export.videos()}, export

    return read


def numbers(video):
    return [frame.number for frame in video.frames]


def test_frames_by_name(read):
    videos, _ = read(
        coco(
            [dict(file_name=n) for n in ('b_2.png', 'a/1.png', 'b_1.png')],
            [dict(image_id=0), dict(image_id=2)],
        )
    )
    assert {name: numbers(v) for name, v in videos.items()} == {
        'b': [1, 2],
        'a': [1],
    }
    assert [box.frame for box in videos['b'].boxes] == [1, 2]


def test_frames_by_video_id_and_frame_index(read):
    images = [
        dict(file_name=name, video_id=5, frame_index=n)
        for name, n in (('x.png', 30), ('y.png', 0))
    ]
    videos, _ = read(coco(images, videos=[dict(id=5, name='clips/a.mp4')]))
    (video,) = videos.values()
    assert (video.name, video.source) == ('clips/a', 'clips/a.mp4')
    assert video.base == 0
    assert [(f.number, f.name) for f in video.frames] == [
        (0, 'y.png'),
        (30, 'x.png'),
    ]


def test_frames_by_video_id_and_name(read):
    names = ('a/frame_10.png', 'a/frame_9.png')
    images = [dict(file_name=name, video_id='v') for name in names]
    videos, _ = read(coco(images))
    assert (numbers(videos['v']), videos['v'].base) == ([9, 10], 1)
    # Names that tell nothing leave the order of the file.
    images = [dict(file_name=name, video_id='v') for name in 'ba']
    videos, _ = read(coco(images))
    assert [f.name for f in videos['v'].frames] == ['b', 'a']


def test_marks_and_tracks(read):
    videos, _ = read(
        coco(
            [dict(file_name='a/1.png')],
            [
                dict(image_id=0, attributes=dict(track_id=3, occluded=True)),
                dict(image_id=0, instance_id=4, generated=True),
                dict(image_id=0, track_id='x', iscrowd=1),
                dict(image_id=0, ignore=1),
            ],
        )
    )
    marks = [
        (b.track, b.occluded, b.generated, b.ignored)
        for b in videos['a'].boxes
    ]
    assert marks == [
        (3, True, False, False),
        (4, False, True, False),
        ('x', False, False, True),
        (None, False, False, True),
    ]


@pytest.mark.parametrize(
    'reader, data, text',
    [
        (
            Coco,
            coco([dict(file_name='a/1.png')], [dict(image_id=7)]),
            'image_id that is not among',
        ),
        (
            Coco,
            coco([dict(file_name='a'), dict(file_name='b', video_id=1)]),
            "image 'a' has no video_id",
        ),
        (
            Coco,
            coco(2 * [dict(file_name='a/1.png')]),
            'names an image file',
        ),
        (Coco, coco([]), 'has no images'),
        (
            Coco,
            coco([dict(file_name=n, video_id=1, frame_index=0) for n in 'ab']),
            'frame_index .*each once',
        ),
        (CocoVid, coco([dict(file_name='a/1.png')]), 'has no videos'),
    ],
)
def test_what_is_wrong_is_named(read, reader, data, text):
    with pytest.raises(ValueError, match=text) as error:
        read(data, reader)
    assert 'a.json' in str(error.value)


def test_several_files_are_not_guessed_from(tmp_path):
    for name in ('a.json', 'b.json'):
        (tmp_path / name).write_text('{}')
    with pytest.raises(ValueError, match='2 JSON files .*a.json.*name the'):
        Coco(tmp_path)


def datumaro(*annotations, labels=('car', 'dog'), **item):
    return dict(
        categories=dict(
            label=dict(labels=[dict(name=name) for name in labels])
        ),
        items=[dict(id='frame_000003', annotations=annotations, **item)],
    )


def test_datumaro(read):
    def box(**more):
        return dict(type='bbox', label_id=1, bbox=[10, 10, 40, 20], **more)

    polygon = dict(type='polygon', label_id=0, points=[1, 2, 5, 2, 3, 4])
    data = datumaro(
        box(attributes=dict(track_id=2, rotation=90.0, keyframe=False)),
        box(attributes=dict(outside=True)),
        polygon,
        dict(type='points', label_id=0, points=[1, 2]),
        attr=dict(frame=3),
        media=dict(path='frame_000003.PNG', size=[480, 640]),
    )
    videos, export = read(data, Datumaro)
    (video,) = videos.values()
    turned, around = video.boxes
    # As in the test of CVAT: 40 x 20 becomes 20 x 40.
    assert turned.xyxy == pytest.approx((20, 0, 40, 40))
    assert (turned.track, turned.generated, turned.name) == (2, True, 'dog')
    assert (around.xyxy, around.track) == ((1, 2, 5, 4), None)
    (frame,) = video.frames
    # CVAT's numbers are those of the video file, from 0.
    assert video.base == 0
    assert frame == (3, 'frame_000003.PNG', (640, 480))
    assert ["1 annotations 'points'" in n for n in export.notes] == [True]


@pytest.mark.parametrize(
    'data, text',
    [
        (
            datumaro(dict(id=4, type='bbox', label_id=2, bbox=[1, 2, 3, 4])),
            'item frame_000003, annotation 4: label_id 2',
        ),
        (
            datumaro(dict(id=4, type='bbox', label_id=1, bbox=[1, 2])),
            'annotation 4: the box is',
        ),
        (
            datumaro(dict(id=4, type='polygon', label_id=1, points=[1, 2])),
            'annotation 4: a polygon',
        ),
        (dict(categories=[], items=[]), 'labels is no list'),
        (dict(datumaro(), items=2 * datumaro()['items']), 'comes twice'),
    ],
)
def test_datumaro_that_is_wrong(read, data, text):
    with pytest.raises(ValueError, match=text):
        read(data, Datumaro)


def test_imagenet_vid_names_all_broken_files(tmp_path):
    folder = tmp_path / 'v'
    folder.mkdir()
    (folder / '000000.xml').write_text('<annotation></annotation>')
    (folder / '000001.xml').write_text('<annotation>')
    with pytest.raises(ValueError) as error:
        list(ImagenetVid(tmp_path).videos())
    for text in ('000000.xml is malformed: no <size>', '000001.xml'):
        assert text in str(error.value)
    with pytest.raises(ValueError, match='no XML file'):
        (tmp_path / 'w').mkdir()
        list(ImagenetVid(tmp_path / 'w').videos())


def test_imagenet_vid_knows_its_classes(tmp_path):
    (tmp_path / 'v').mkdir()
    box = '<xmin>1</xmin><ymin>2</ymin><xmax>5</xmax><ymax>7</ymax>'
    (tmp_path / 'v' / '000000.xml').write_text(
        '<annotation><size><width>9</width><height>8</height></size><object>'
        f'<trackid>0</trackid><name>n02084071</name><bndbox>{box}</bndbox>'
        '<occluded>1</occluded></object></annotation>'
    )
    export = ImagenetVid(tmp_path)
    (video,) = export.videos()
    assert video.boxes == [(0, (1, 2, 5, 7), 'dog', 0, True, False, False)]
    assert video.frames == [(0, 'v/000000', (9, 8))]
    assert export.classes == ['dog']
