# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Label Studio's tasks, literally."""

import json

import pytest

from mmhvr.formats.label_studio import LabelStudio


def key(frame, x, y=10, width=20, height=30, **more):
    return dict(frame=frame, x=x, y=y, width=width, height=height, **more)


def region(*keys, labels=('car',), count=10, number='aB3'):
    value = dict(sequence=list(keys), labels=list(labels), framesCount=count)
    return dict(id=number, type='videorectangle', value=value)


def task(*regions, video='/data/upload/2/0a1b2c3d-my clip.mp4', **more):
    annotations = [dict(id=1, result=list(regions))]
    return dict(
        id=7,
        data=dict(video=video, n=3),
        **{'annotations': annotations, **more},
    )


@pytest.fixture
def read(tmp_path):
    def read(*tasks):
        path = tmp_path / 'a.json'
        path.write_text(json.dumps(tasks))
        export = LabelStudio(path)
        return list(export.videos()), export

    return read


def test_a_straight_line_while_it_is_enabled(read):
    # From 10 to 18 percent over 4 frames: 2 percent a frame. At frame 5 it is
    # not enabled, so it is there and gone until frame 8; there it stays.
    keys = (
        key(8, 50, enabled=True),
        key(1, 10, enabled=True),
        key(5, 18, enabled=False),
    )
    (video,), export = read(task(region(*keys)))
    lefts = {b.frame: round(b.xyxy[0], 6) for b in video.boxes}
    assert lefts == {
        1: 0.1,
        2: 0.12,
        3: 0.14,
        4: 0.16,
        5: 0.18,
        8: 0.5,
        9: 0.5,
        10: 0.5,
    }
    first = min(video.boxes)
    assert first.xyxy == pytest.approx((0.1, 0.1, 0.3, 0.4))
    assert {(b.name, b.track) for b in video.boxes} == {('car', 'aB3')}
    assert [b.generated for b in sorted(video.boxes)] == [
        0, 1, 1, 1, 0, 0, 1, 1
    ]  # fmt: skip
    assert (video.name, video.source) == (
        'my clip', '/data/upload/2/my clip.mp4'
    )  # fmt: skip
    assert (len(video.frames), video.base, video.shares) == (10, 1, True)
    assert not export.notes


def test_a_box_turns_around_its_upper_left_corner(read):
    # 20 wide and 30 high, turned by 90 degrees clockwise around (40, 10):
    # it lies to the left of the corner, 30 wide and 20 high.
    (video,), _ = read(task(region(key(10, 40, rotation=90))))
    assert video.boxes[0].xyxy == pytest.approx((0.1, 0.1, 0.4, 0.3))


def test_labels_in_a_result_of_their_own(read):
    labels = dict(
        id='aB3', type='labels', value=dict(labels=['dog'], sequence=[])
    )
    (video,), export = read(task(region(key(10, 1), labels=()), labels))
    assert [b.name for b in video.boxes] == ['dog']
    assert export.classes == ['dog']


def test_what_is_no_box_is_counted(read):
    choice = dict(id='x', type='choices', value=dict(choices=['a']))
    _, export = read(task(region(key(10, 1)), choice))
    assert ['1 results' in note for note in export.notes] == [True]


def test_tasks_without_annotation_are_named(read):
    cancelled = [dict(was_cancelled=True, result=[region(key(1, 1))])]
    videos, export = read(task(annotations=cancelled))
    assert videos == []
    assert ['task 7 has no annotation' in n for n in export.notes] == [True]
    # One in which a person has found nothing is another thing.
    (video,), export = read(task())
    assert video.boxes == [] and video.frames is None and not export.notes


@pytest.mark.parametrize(
    'tasks, text',
    [
        ([task(region(key(11, 1)))], 'frame 11 is beyond the 10 frames'),
        ([task(region(key(0, 1)))], 'region aB3: frame 0 of its sequence'),
        ([task(region(key(2, 1), key(2, 3)))], 'frame 2 .*comes twice'),
        ([task(region(key(2, None)))], r'frame 2: the box is \[None, 10'),
        ([task(region(key(1, 1), labels=()))], 'region aB3 has no label'),
        (
            [task(region(key(1, 1)), region(key(1, 1), count=11))],
            'framesCount',
        ),
        ([task(region(key(1, 1)), video='a.wav')], 'names no video file'),
        ([task(annotations=2 * [dict(result=[])])], 'has 2 annotations'),
        ([3], 'task 0 is no record'),
    ],
)
def test_what_is_wrong_is_named(read, tasks, text):
    with pytest.raises(ValueError, match=text) as error:
        read(*tasks)
    assert 'a.json, task 7' in str(error.value) or tasks == [3]
