# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import pytest

from mmhvr.formats.names import first_number, group_images, stem_of


@pytest.mark.parametrize(
    'names, videos',
    [
        (['c/000012.jpg', 'c/000002.jpg'], {'c': [2, 12]}),
        (['c/frame_1.png', 'c/frame_0.png'], {'c': [0, 1]}),
        (['a/b/1.jpg', 'a/c/1.jpg'], {'a/b': [1], 'a/c': [1]}),
        # Parts of a data set and what is in them are no videos.
        (['images/train/c/1.jpg', 'train/images/c/2.jpg'], {'c': [1, 2]}),
        (['val2017/c_1.jpg', 'c_2.jpg', 'd_1.jpg'], {'c': [1, 2], 'd': [1]}),
        # Several videos in a folder, and one whose name is that of the folder.
        (['x/c_1.jpg', 'x/d_1.jpg'], {'x/c': [1], 'x/d': [1]}),
        (['c/c_1.jpg', 'c/c_2.jpg'], {'c': [1, 2]}),
        (['1.jpg', 'frame_000002.PNG', 'img3'], {'lone': [1, 2, 3]}),
        (
            ['VIRAT_01_frame_12.jpg', 'v1.2_3.jpg'],
            {'VIRAT_01': [12], 'v1.2': [3]},
        ),
        (['c_mp4-0012_jpg.rf.01ab.jpg'], {'c': [12]}),
        (['my yard\\cam 1\\3.jpg'], {'my yard/cam 1': [3]}),
        (['hübsch/1.jpg'], {'hübsch': [1]}),
        (['cat.jpg', 'dog.jpg'], {'cat': [0], 'dog': [0]}),
    ],
)
def test_names_by_hand(names, videos):
    found = group_images(names, 'lone')
    assert {v: [f.number for f in frames] for v, frames in found.items()} == (
        videos
    )
    assert sorted(f.name for fs in found.values() for f in fs) == sorted(names)


def test_two_images_of_one_frame():
    with pytest.raises(ValueError, match=r'a/1.jpg and a/01.jpg .*frame 1'):
        group_images(['a/1.jpg', 'a/01.jpg'], 'lone')


def test_where_frames_count_from():
    numbers = [
        group_images(names, 'x')['x']
        for names in (['0.jpg', '4.jpg'], ['1.jpg'], ['7.jpg'])
    ]
    assert list(map(first_number, numbers)) == [0, 1, 1]


def test_stems():
    assert stem_of('C:\\clips\\my yard.MP4') == 'my yard'
    assert stem_of('/data/v1.2/') == 'v1.2'
    assert stem_of('') == ''
