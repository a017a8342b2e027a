# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import pytest

from mmhvr.annotations.reader import read_annotations


@pytest.mark.parametrize(
    'names, wrong',
    [
        (['1.png', '10.png', '11.png', '2.png'], True),
        (['f-1', 'f-12', 'f-3', 'f-4'], True),
        (['1.png', '2.png', '10.png', '11.png'], False),
        (['01.png', '02.png', '10.png', '11.png'], False),
        (['d', 'ccc', 'bb', 'a'], False),
    ],
)
def test_frames_in_the_order_of_the_alphabet(write, data, log, names, wrong):
    data['annotations'] = []
    data['images'] = [
        dict(id=n, file_name=name, video_id=3, frame_id=n)
        for n, name in enumerate(names)
    ]
    read_annotations(write(data))
    assert bool(log) == wrong
    if wrong:
        assert 'in the order of the alphabet' in log[0]
        assert f'{names[0]!r}, {names[1]!r}' in log[0]


@pytest.mark.parametrize(
    'boxed, stride',
    [
        ([0, 5, 10, 15, 20, 25], 5),
        ([3, 7, 11, 19, 27], 4),
        ([0, 5, 10, 11, 20, 25], None),
        (range(30), None),
        ([0, 5], None),  # too few to tell
    ],
)
def test_videos_of_which_every_nth_frame_is_annotated(
    write, data, log, boxed, stride
):
    data['images'] = [
        dict(id=100 * v + t, file_name=f'{v}/{t:03}', video_id=w, frame_id=t)
        for v, w in enumerate((3, 'w'))
        for t in range(30)
    ]
    data['annotations'] = [
        dict(id=n, image_id=100 * v + t, category_id=2, bbox=[1, 1, 9, 9])
        for n, (v, t) in enumerate((v, t) for v in (0, 1) for t in boxed)
    ]
    read_annotations(write(data))
    assert bool(log) == bool(stride)
    if stride:
        number = 2 * len(boxed)
        assert f'only one frame in {stride} of the videos has boxes' in log[0]
        assert f', {number} of 60: if the others are not annotated' in log[0]


def test_a_video_of_several_sizes_is_warned_of(write, data, log):
    data['images'][0]['height'] = 50
    read_annotations(write(data))
    assert (
        '1 videos have frames of several sizes, such as video 3 of '
        in (log[0])
    )
    assert '64 x 48 and 64 x 50' in log[0]


def test_boxes_of_another_video_than_their_image(write, data, log):
    for annotation, video in zip(data['annotations'], (3, 3, None, 'w')):
        annotation['video_id'] = video
    read_annotations(write(data))
    assert not log
    data['annotations'][1]['video_id'] = 'w'
    data['annotations'][3]['video_id'] = 3
    read_annotations(write(data))
    (text,) = log
    assert '2 of 4 annotations have another video_id' in text
    assert "annotation 2 of image 20: 'w', and not 3: they" in text
