# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""MOTChallenge's files, literally."""

import pytest

from mmhvr.formats.mot import MotChallenge
from mmhvr.formats.structures import Box

INFO = (
    '[Sequence]\nname=MOT-02\nimDir=img1\nframeRate=30\nseqLength=600\n'
    'imWidth=1920\nimHeight=1080\nimExt=.jpg\n'
)


@pytest.fixture
def read(tmp_path):
    """Reads a sequence."""

    def read(lines, labels='', info=INFO, encoding='utf-8'):
        folder = tmp_path / 'MOT-02'
        (folder / 'gt').mkdir(parents=True, exist_ok=True)
        (folder / 'gt' / 'gt.txt').write_text(lines, encoding=encoding)
        if labels:
            (folder / 'gt' / 'labels.txt').write_text(labels)
        if info:
            (folder / 'seqinfo.ini').write_text(info)
        export = MotChallenge(tmp_path)
        (video,) = export.videos()
        return video, export

    return read


def test_pixels_from_1(read):
    # The first line of MOT17-02: left 912 counts from 1, so it is 911 from 0,
    # and the box ends 97 pixels to the right, 109 below.
    video, export = read(
        '1,1,912,484,97,109,0,7,1\n2,1,912,484,97,109,1,1,0.25\n'
        '2,-1,1,1,10,10,1,3,-1\n'
    )
    assert video.boxes == [
        Box(1, (911, 483, 1008, 592), 'static person', 1, ignored=True),
        Box(2, (911, 483, 1008, 592), 'pedestrian', 1, occluded=True),
        Box(2, (0, 0, 10, 10), 'car', None),
    ]
    assert export.classes == ['pedestrian', 'car', 'static person']
    assert (video.name, video.source) == ('MOT-02', 'MOT-02/img1')
    assert (video.size, video.fps, video.base) == ((1920, 1080), 30, 1)
    assert [video.frames[0].number, video.frames[-1].number] == [1, 600]


def test_pixels_from_0_as_cvat_writes_them(read):
    video, export = read(
        '1,5,10.5,20,30,40,1,2,1.0\r\n', labels='cat\ndog\n', info=''
    )
    assert video.boxes == [Box(1, (10.5, 20, 40.5, 60), 'dog', 5)]
    assert export.classes == ['cat', 'dog']
    assert video.frames is None
    assert any('pixels from 0' in note for note in export.notes)


def test_labels_beside_seqinfo_count_from_1(read):
    video, export = read('1,5,11,21,30,40,1,2,1\n', labels='cat\ndog\n')
    assert video.boxes == [Box(1, (10, 20, 40, 60), 'dog', 5)]
    assert not export.notes


def test_positions_in_the_world_are_no_classes(read):
    video, export = read(
        '1,5,11,21,30,40,1,-1,-1,-1\n2,5,11,21,30,40,1,1.2,3.4,0\n'
    )
    assert {box.name for box in video.boxes} == {'object'}
    assert {box.occluded for box in video.boxes} == {False}
    assert export.classes == ['object']


@pytest.mark.parametrize(
    'lines, labels, info, text',
    [
        ('1,1,2,3\n', '', INFO, r'gt.txt:1: expected frame, id'),
        ('1,1,2,3,4,5,1,1,1\n\n1,x,2,3,4,5\n', '', INFO, r'gt.txt:3: exp'),
        ('0,1,2,3,4,5,1,1,1\n', '', INFO, 'gt.txt:1: frame 0 '),
        (
            '1,1,2,3,4,5,1,9,1\n',
            'cat\ndog\n',
            INFO,
            'class 9 is none of the 2',
        ),
        ('1,1,2,3,4,5,1,99,1\n', '', INFO, 'class 99 .*write gt/labels.txt'),
        ('1,1,2,3,4,5,1,1,1\n', 'cat\ncat\n', INFO, "'cat' twice"),
        ('1,1,2,3,4,5,1,1,1\n', '', 'name=x\n', r'seqinfo.ini has no read'),
        (
            '1,1,2,3,4,5,1,1,1\n',
            '',
            '[Sequence]\nseqLength=many\n',
            "seqlength is 'many'",
        ),
    ],
)
def test_what_is_wrong_is_named(read, lines, labels, info, text):
    with pytest.raises(ValueError, match=text):
        read(lines, labels, info)


def test_no_sequence(tmp_path):
    with pytest.raises(ValueError, match='no gt/gt.txt'):
        MotChallenge(tmp_path)


def test_another_encoding(read):
    with pytest.raises(ValueError, match='line 1: .*UTF-8'):
        read('1,1,2,3,4,5,1,1,1 é\n', encoding='latin-1')
    video, _ = read('1,1,2,3,4,5,1,1,1\n', encoding='utf-16')
    assert len(video.boxes) == 1
