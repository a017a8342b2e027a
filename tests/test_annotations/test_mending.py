# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Faults that ``mmhvr data check --fix`` mends, and what it makes of them.

The numbers are those of ``clean_content``: image and annotation 1 to 6 are of
video 1, 7 to 12 of video 2, and so on.
"""

import copy
import json
import random

import pytest
from clean_file import FRAMES, VIDEOS, clean_content, found_in, of_kind

import mmhvr  # noqa: F401
from mmhvr.annotations.checks import mend_all
from mmhvr.annotations.checks.mending import MENDS
from mmhvr.commands.data_check import write_content
from mmhvr.datasets import TripletVideoDataset

NAN = float('nan')


def load(content, tmp_path, classes=('cat', 'dog')):
    """The data set that training makes of a file."""
    path = tmp_path / 'mended.json'
    write_content(str(path), content)
    data = TripletVideoDataset(
        ann_file=str(path),
        metainfo=dict(CLASSES=classes),
        filter_cfg=dict(filter_empty_gt=True, min_size=32),
        pipeline=[],
    )
    data.full_init()
    return data


def test_a_clean_file_has_no_fault(tmp_path):
    content = clean_content()
    assert found_in(content) == (
        [],
        True,
        dict(images=36, videos=6, annotations=36, categories=2),
    )
    mended, number = mend_all('ann.json', content)
    assert mended == content and not number
    assert len(load(content, tmp_path)) == FRAMES * VIDEOS


# --- what --fix mends --------------------------------------------------------


def category_ids(content):
    for number, category in enumerate(content['categories']):
        category['id'] = number
    for annotation in content['annotations']:
        annotation['category_id'] -= 1


def category_ids_with_a_hole(content):
    content['categories'][1]['id'] = 9
    for annotation in content['annotations']:
        if annotation['category_id'] == 2:
            annotation['category_id'] = 9


def frame_gaps(content):
    for image in content['images'][2:6]:  # 0, 1, 3, 4, 5, 6
        image['frame_id'] += 1


def frames_from_one(content):
    for image in content['images']:
        image['frame_id'] += 1


def frame_id_missing(content):
    for image in content['images'][6:12]:
        del image['frame_id']
    content['images'][6:12] = reversed(content['images'][6:12])


def frames_by_alphabet(content):
    # 8, 9, 10 ... 13 as texts: 10, 11, 12, 13, 8, 9.
    for image, number in zip(content['images'], (10, 11, 12, 13, 8, 9)):
        image['file_name'] = f'v0/{number}.png'


def box_outside(content):
    content['annotations'][3]['bbox'] = [64, 5, 9, 9]


def box_inverted(content):
    content['annotations'][3]['bbox'] = [24, 30, -10, -12]


def box_empty(content):
    content['annotations'][3]['bbox'] = [4, 5, 0, 18]


def box_not_finite(content):
    content['annotations'][3]['bbox'] = [4, NAN, 9, 18]


def box_beyond(content):
    content['annotations'][3]['bbox'] = [-7, -4, 40, 30]


def box_repeated(content):
    content['annotations'].append(dict(content['annotations'][3], id=99))


def video_without_frames(content):
    content['videos'].append(dict(id=50, name='empty'))


def key_frame_missing(content):
    del content['images'][7]['is_vid_train_frame']


def key_frames_missing(content):
    for image in content['images']:
        del image['is_vid_train_frame']


def file_twice(content):
    # A tool that writes a record for each box: frame 1 of video 1 twice.
    content['images'].append(dict(content['images'][1], id=70, frame_id=6))
    content['annotations'].append(
        dict(
            content['annotations'][1],
            id=70,
            image_id=70,
            instance_id=70,
            bbox=[1, 1, 9, 9],
        )
    )


def joined_with_itself(content):
    for section in ('images', 'videos', 'annotations', 'categories'):
        content[section] = content[section] + copy.deepcopy(content[section])


def annotations_share_id(content):
    content['annotations'][1]['id'] = 1


def categories_share_name(content):
    content['categories'].append(dict(id=3, name='cat'))
    content['annotations'][0]['category_id'] = 3


def videos_missing(content):
    del content['videos']
    content['videos'] = []


MENDED = [
    (category_ids, 'category-ids', 'note', 2, '0, 1'),
    (category_ids_with_a_hole, 'category-ids', 'note', 2, '1, 9'),
    (frame_gaps, 'frame-gaps', 'error', 4, "3 where 2 is due, 'v0/002.png'"),
    (frames_from_one, 'frame-gaps', 'error', 36, '1 where 0 is due'),
    (frame_id_missing, 'frame-id-missing', 'error', 6, "'v1/005.png' (id 12)"),
    (frames_by_alphabet, 'frames-by-alphabet', 'warning', 6, "'v0/10.png'"),
    (box_outside, 'box-outside', 'warning', 1, '[64, 5, 9, 9] of annotation'),
    (box_inverted, 'box-inverted', 'warning', 1, '[24, 30, -10, -12] of ann'),
    (box_empty, 'box-empty', 'warning', 1, 'of annotation 4 of image 4'),
    (box_not_finite, 'box-not-finite', 'warning', 1, '[4, nan, 9, 18] of'),
    (box_beyond, 'box-beyond', 'warning', 1, 'image 4 (64 x 48)'),
    (box_repeated, 'box-repeated', 'warning', 1, 'annotation 99 of image 4'),
    (video_without_frames, 'video-without-frames', 'note', 1, 'video 50'),
    (key_frame_missing, 'key-frame-missing', 'warning', 1, "'v1/001.png'"),
    (key_frames_missing, 'key-frame-missing', 'note', 36, "'v0/000.png'"),
    (file_twice, 'file-twice', 'error', 2, "'v0/001.png' (ids 2, 70)"),
    (joined_with_itself, 'images-share-id', 'error', 72, "1 is that of 'v0/"),
    (annotations_share_id, 'annotations-share-id', 'error', 2, '1 is that'),
    (categories_share_name, 'categories-share-name', 'error', 2, "'cat' is"),
    (videos_missing, 'videos-missing', 'error', 6, 'video 1'),
]


@pytest.mark.parametrize(
    'spoil, kind, level, number, example',
    MENDED,
    ids=[row[0].__name__ for row in MENDED],
)
def test_faults_that_are_mended(spoil, kind, level, number, example, tmp_path):
    content = clean_content()
    spoil(content)
    before = copy.deepcopy(content)
    finding = of_kind(found_in(content), kind)
    assert (finding.level, finding.number) == (level, number)
    assert example in finding.example
    assert finding.effect and finding.remedy
    mended, done = mend_all('ann.json', content)
    assert done[kind] and kind in MENDS
    assert repr(content) == repr(before)  # NaN is not equal to itself
    assert found_in(mended).findings == []
    assert mended['info'] == dict(note='kept')
    data = load(mended, tmp_path)
    assert len(data) == FRAMES * VIDEOS - (
        kind in ('box-outside', 'box-empty', 'box-not-finite')
    )


def mended_by(spoil):
    content = clean_content()
    spoil(content)
    return mend_all('ann.json', content)[0]


def test_gaps_are_closed_in_the_order_of_the_frames():
    images = mended_by(frame_gaps)['images']
    assert [i['frame_id'] for i in images[:8]] == [0, 1, 2, 3, 4, 5, 0, 1]
    assert images == clean_content()['images']


def test_frames_take_the_order_of_the_numbers_in_their_names():
    images = mended_by(frames_by_alphabet)['images'][:6]
    assert {i['file_name']: i['frame_id'] for i in images} == {
        f'v0/{number}.png': number - 8 for number in range(8, 14)
    }
    images = mended_by(frame_id_missing)['images'][6:12]
    assert [i['frame_id'] for i in images] == [5, 4, 3, 2, 1, 0]


@pytest.mark.parametrize(
    'names',
    [
        ['a.png', 'b.png', 'c.png', 'd.png', 'e.png', 'f.png'],
        # Two numbers change: which is the time?
        ['1_6.png', '2_5.png', '3_4.png', '4_3.png', '5_2.png', '6_1.png'],
        ['1.png', '2.png', '3.png', '4.png', '5.png', '05.png'],
    ],
)
def test_an_order_is_not_guessed(names):
    content = clean_content()
    for image, name in zip(content['images'], names):
        image['file_name'] = name
        del image['frame_id']
    mended, number = mend_all('ann.json', content)
    assert not number
    assert of_kind(found_in(mended), 'frame-id-missing').number == 6


def test_boxes_are_turned_and_cut_to_the_same_edges():
    # From corner (24, 30) to (14, 18): 10 wide, 12 high.
    assert mended_by(box_inverted)['annotations'][3]['bbox'] == [
        14,
        18,
        10,
        12,
    ]
    # x from -7 to 33 and y from -4 to 26: 33 wide and 26 high in the image.
    assert mended_by(box_beyond)['annotations'][3]['bbox'] == [0, 0, 33, 26]


def test_records_of_one_frame_are_joined_with_all_their_boxes():
    mended = mended_by(file_twice)
    boxes = [a['bbox'] for a in mended['annotations'] if a['image_id'] == 2]
    assert boxes == [[6, 5, 20, 18], [1, 1, 9, 9]]
    assert len(mended['images']) == 36


def test_a_file_that_was_joined_with_itself_is_as_before():
    mended = mended_by(joined_with_itself)
    assert mended == clean_content()


def test_faults_behind_those_of_ids_are_said_at_once():
    content = clean_content()
    annotations_share_id(content)
    box_empty(content)
    frame_gaps(content)
    kinds = [f.kind for f in found_in(content).findings]
    assert kinds == ['frame-gaps', 'annotations-share-id', 'box-empty']


def test_what_is_written_is_what_was_mended(tmp_path):
    content = clean_content()
    content['annotations'][0]['note'] = 'Kätzchen'
    path = tmp_path / 'out' / 'a b.json'
    write_content(str(path), content)
    assert json.loads(path.read_text()) == content


# --- any file ----------------------------------------------------------------

VALUES = [None, 0, -1, 2, 3.5, 7.0, '1', '', ' ', [], [1, 2], {}, True]
VALUES += [NAN, float('inf'), 10**20, [0, 0, 1, 1], [1, 2, -3, 4]]


def spoil_at_random(content, rng):
    for _ in range(rng.choice([1, 1, 2, 3, 5])):
        section = rng.choice(['images', 'annotations', 'categories', 'videos'])
        records = content[section]
        if not records:
            continue
        record = rng.choice(records)
        kind = rng.randrange(6)
        if kind < 2:
            record[rng.choice(list(record) or ['id'])] = rng.choice(VALUES)
        elif kind == 2:
            records.append(dict(record))
        elif kind == 3:
            records.remove(record)
        elif kind == 4 and record:
            del record[rng.choice(list(record))]
        else:
            rng.shuffle(records)
    if rng.random() < 0.1:
        content[rng.choice(['annotations', 'categories', 'videos'])] = []


def test_whatever_is_in_a_file_the_check_says_it():
    clean = 0
    for seed in range(300):
        content = clean_content()
        spoil_at_random(content, random.Random(seed))
        before = repr(content)
        mended, _ = mend_all('ann.json', content)
        assert repr(content) == before
        result = found_in(mended)
        # What could be mended is mended at once.
        again, number = mend_all('ann.json', mended)
        assert not number and repr(again) == repr(mended)
        errors = [f for f in result.findings if f.level == 'error']
        assert errors or result.is_complete
        clean += not errors
    assert 50 < clean < 250
