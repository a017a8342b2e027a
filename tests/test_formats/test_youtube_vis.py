# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Masks of YouTube-VIS and BURST, worked by hand."""

import json

import numpy as np
import pytest
from pycocotools import mask as mask_tools

from mmhvr.formats.structures import Box, Frame
from mmhvr.formats.youtube_vis import YoutubeVis, box_of_mask

SIZE = (8, 6)  # width, height


def rle(x1, y1, x2, y2):
    pixels = np.zeros(SIZE[::-1], np.uint8, order='F')
    pixels[y1:y2, x1:x2] = 1
    coded = mask_tools.encode(pixels)
    return dict(size=coded['size'], counts=coded['counts'].decode())


@pytest.mark.parametrize(
    'mask, box',
    [
        (rle(2, 1, 5, 4), (2, 1, 5, 4)),
        (rle(2, 1, 5, 4)['counts'], (2, 1, 5, 4)),
        # Down the columns: 13 pixels without, 2 with, and the rest: the
        # pixels of column 2 in rows 1 and 2.
        (dict(size=[6, 8], counts=[13, 2, 33]), (2, 1, 3, 3)),
        ([[1, 2, 5.5, 2, 3, 4]], (1, 2, 5.5, 4)),
        ([[1, 2, 2, 2, 2, 3], [4, 0, 6, 0, 5, 1]], (1, 0, 6, 3)),
        (dict(size=[6, 8], counts=[48]), None),
    ],
)
def test_the_box_around_a_mask(mask, box):
    assert box_of_mask(mask, SIZE, 'here') == box


@pytest.mark.parametrize(
    'mask',
    [
        dict(size=[8, 6], counts=[48]),
        dict(size=[6, 8], counts=[47]),
        dict(size=[6, 8]),
        dict(counts=[48]),
        [],
        [['a', 'b']],
        [[float('nan'), 1]],
        7,
    ],
)
def test_what_is_no_mask(mask):
    with pytest.raises(ValueError, match='here: the mask cannot be read'):
        box_of_mask(mask, SIZE, 'here')


@pytest.fixture
def read(tmp_path):
    def read(**data):
        path = tmp_path / 'a.json'
        path.write_text(json.dumps(data))
        return list(YoutubeVis(path).videos())

    return read


CATEGORIES = [dict(id=4, name='dog'), dict(id=9, name='cat')]
VIDEO = dict(
    id=1, width=8, height=6, file_names=['0032/00000.jpg', '0032/00005.jpg']
)


def track(**more):
    return {**dict(id=3, video_id=1, category_id=9, iscrowd=0), **more}


def test_youtube_vis(read):
    (video,) = read(
        videos=[VIDEO],
        categories=CATEGORIES,
        annotations=[
            track(segmentations=[None, rle(0, 0, 2, 3)]),
            track(id=5, bboxes=[[1, 2, 3, 4], None], iscrowd=1),
        ],
    )
    assert video.name == '0032'
    assert video.boxes == [
        Box(1, (0, 0, 2, 3), 'cat', 3),
        Box(0, (1, 2, 4, 6), 'cat', 5, ignored=True),
    ]
    assert video.frames == [
        Frame(0, '0032/00000.jpg', SIZE),
        Frame(1, '0032/00005.jpg', SIZE),
    ]


def test_burst(read):
    (video,) = read(
        categories=CATEGORIES,
        sequences=[
            dict(
                id=0,
                seq_name='clip',
                dataset='HACS',
                fps=30,
                width=8,
                height=6,
                annotated_image_paths=['frame1.jpg', 'frame31.jpg'],
                track_category_ids={'7': 4},
                segmentations=[{}, {'7': {'rle': rle(2, 1, 5, 4)['counts']}}],
            )
        ],
    )
    assert (video.name, video.fps) == ('HACS/clip', 30)
    assert video.boxes == [Box(1, (2, 1, 5, 4), 'dog', 7)]
    assert [f.name for f in video.frames] == [
        'HACS/clip/frame1.jpg',
        'HACS/clip/frame31.jpg',
    ]


@pytest.mark.parametrize(
    'change, text',
    [
        (dict(categories=3), 'categories is no list'),
        (dict(categories=2 * CATEGORIES), 'id 4 of categories'),
        (dict(videos=[dict(VIDEO, width=None)]), 'video 1 has no width'),
        (dict(annotations=[track(video_id=2)]), 'of the video 2'),
        (dict(annotations=[track(category_id=2)]), 'the category 2'),
        (
            dict(annotations=[track(bboxes=3 * [[1, 2, 3, 4]])]),
            'has 3 frames, but the video has 2',
        ),
        (
            dict(annotations=[track(bboxes=[None, [1, 2, 3]])]),
            r'annotation 3, frame 1: the box is \[1, 2, 3\]',
        ),
        (
            dict(annotations=[track(segmentations=[{'size': [6, 8]}])]),
            'annotation 3, frame 0: the mask cannot be read',
        ),
    ],
)
def test_what_is_wrong_is_named(read, change, text):
    data = dict(videos=[VIDEO], categories=CATEGORIES, annotations=[track()])
    with pytest.raises(ValueError, match=text):
        read(**{**data, **change})
