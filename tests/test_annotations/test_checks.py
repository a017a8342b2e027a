# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Faults of an annotation file that a person has to decide: what is said.

The numbers are those of ``clean_content``: image and annotation 1 to 6 are of
video 1, 7 to 12 of video 2, and so on.
"""

import pytest
from clean_file import clean_content, found_in, of_kind

import mmhvr  # noqa: F401
from mmhvr.annotations.checks import mend_all


def category_without_boxes(content):
    content['categories'].append(dict(id=3, name='newt'))


def few_videos(content):
    for annotation in content['annotations'][24:30]:  # the third cat
        annotation['category_id'] = 2


def few_key_frames(content):
    for image in content['images'][:6]:
        image['is_vid_train_frame'] = False


def video_without_boxes(content):
    del content['annotations'][12:18]


def tracks_missing(content):
    for annotation in content['annotations']:
        del annotation['instance_id']


def track_missing(content):
    del content['annotations'][8]['instance_id']


def track_twice(content):
    content['annotations'].append(
        dict(content['annotations'][3], id=99, bbox=[40, 5, 9, 9])
    )


def track_classes(content):
    content['annotations'][4]['category_id'] = 2


def box_jumps(content):
    # There and back; the object moves by 2 pixels a frame.
    content['annotations'][3]['bbox'] = [44, 28, 20, 18]


def box_jumps_away(content):
    for image in content['images'][:6]:
        image.update(width=640)
    # Steps of 2, 2, 2, 2 and then of 188 pixels: the last box.
    content['annotations'][5]['bbox'] = [200, 5, 20, 18]


def file_in_two_videos(content):
    content['images'][6]['file_name'] = 'v0/000.png'


def sizes_in_one_video(content):
    content['images'][4].update(width=48, height=64)


def size_missing(content):
    for image in content['images']:
        del image['width']


def comma_in_the_file(content):
    for name in ('bus', 'catdogbus'):
        content['categories'].append(
            dict(id=len(content['categories']) + 1, name=name)
        )
    for annotation in content['annotations'][:3]:
        annotation.update(category_id=3)


def letters_of_a_word(content):
    for category, name in zip(content['categories'], 'ox'):
        category['name'] = name
    content['categories'].reverse()


def frame_twice(content):
    content['images'][1]['frame_id'] = 0


def different_images_of_one_id(content):
    content['images'][1]['id'] = 1


def no_video_id(content):
    content['images'][1]['video_id'] = None


TOLD = [
    (category_without_boxes, 'category-without-boxes', 'warning', 1, "'newt'"),
    (few_videos, 'few-videos', 'error', 1, "'cat' 2"),
    (few_key_frames, 'few-videos', 'error', 1, "'cat' 2"),
    (video_without_boxes, 'video-without-boxes', 'warning', 1, 'video 3'),
    (tracks_missing, 'track-missing', 'note', 36, 'annotation 1 of image 1'),
    (track_missing, 'track-missing', 'warning', 1, 'annotation 9 of image 9'),
    (track_twice, 'track-twice', 'error', 1, '1 of annotation 99 of image 4'),
    (track_classes, 'track-classes', 'warning', 1, "'cat' and then 'dog'"),
    (box_jumps, 'box-jumps', 'warning', 1, 'annotation 4 of image 4, track 1'),
    (box_jumps_away, 'box-jumps', 'warning', 1, 'annotation 6 of image 6'),
    (file_in_two_videos, 'file-in-two-videos', 'warning', 2, "'v0/000.png'"),
    (sizes_in_one_video, 'frame-sizes', 'warning', 6, '48 x 64 and 64 x 48'),
    (size_missing, 'size-missing', 'error', 36, "'v0/000.png' (id 1)"),
    (comma_in_the_file, 'name-without-comma', 'warning', 1, "'catdogbus' of"),
    (letters_of_a_word, 'name-without-comma', 'warning', 2, "('xo') in"),
    (frame_twice, 'frame-twice', 'error', 2, 'with frame_id 0 of video 1'),
    (different_images_of_one_id, 'images-share-id', 'error', 2, '1 is that'),
    (no_video_id, 'video-id-missing', 'error', 1, "'v0/001.png' (id 2)"),
]


@pytest.mark.parametrize(
    'spoil, kind, level, number, example',
    TOLD,
    ids=[row[0].__name__ for row in TOLD],
)
def test_faults_that_are_told(spoil, kind, level, number, example):
    content = clean_content()
    spoil(content)
    result = found_in(content)
    finding = of_kind(result, kind)
    assert (finding.level, finding.number) == (level, number)
    assert example in finding.example
    # Nothing is guessed: it is still said of what --fix writes.
    mended, _ = mend_all('ann.json', content)
    assert of_kind(found_in(mended), kind)[:4] == finding[:4]


def test_a_file_for_tests_needs_few_videos_and_no_sizes():
    content = clean_content()
    for image in content['images']:
        image['is_vid_train_frame'] = False
        del image['width'], image['height']
    few_videos(content)
    assert found_in(content).findings == []


@pytest.mark.parametrize(
    'boxes, jumps',
    [
        # Fast all the time: no box touches the next one.
        ([[x, 5, 8, 8] for x in (0, 20, 40, 60, 80, 100)], 0),
        # A turn of a fast object is no jump: it does not come back.
        ([[x, 5, 8, 8] for x in (0, 20, 40, 60, 40, 20)], 1),
        ([[x, 5, 20, 8] for x in (0, 4, 8, 12, 16, 20)], 0),
    ],
)
def test_fast_objects_do_not_jump(boxes, jumps):
    content = clean_content()
    for image in content['images']:
        image['width'] = 640
    for annotation, box in zip(content['annotations'], boxes):
        annotation['bbox'] = box
    kinds = [f.kind for f in found_in(content).findings]
    assert kinds == ['box-jumps'] * jumps


def test_what_could_not_be_looked_at_is_said():
    content = clean_content()
    content['annotations'][0]['bbox'] = 'none'
    result = found_in(content)
    assert [f.kind for f in result.findings] == ['field-mistyped']
    assert not result.is_complete


# --- what a file is held against ---------------------------------------------


@pytest.mark.parametrize(
    'names, kind, level, example',
    [
        (('cat', 'dog'), None, None, None),
        (('dog', 'cat'), None, None, None),
        ('cat', 'name-without-comma', 'error', "('cat') in place of ('cat',)"),
        (('catdog',), 'name-without-comma', 'error', "'cat', 'dog'"),
        (('Cat', 'dog'), 'class-names', 'error', "'Cat' ('cat' in the file)"),
        (('cat', 'dog', 'emu'), 'class-names', 'warning', "'emu'"),
        (('emu', 'ox'), 'class-names', 'error', "'emu'"),
    ],
)
def test_class_names_of_a_config(names, kind, level, example):
    result = found_in(clean_content(), names=names)
    if kind is None:
        assert result.findings == []
        return
    (finding,) = result.findings
    assert (finding.kind, finding.level) == (kind, level)
    assert example in finding.example


def test_training_and_validation_overlap_by_name():
    content = clean_content()
    assert not found_in(content, other=clean_content(start=6)).findings
    # Videos 4 and 5 of the one are the first two of the other.
    result = found_in(content, other=clean_content(start=4))
    videos = of_kind(result, 'overlap-videos')
    files = of_kind(result, 'overlap-files')
    assert (videos.number, videos.example) == (2, "'v4'")
    assert (files.number, files.example) == (12, "'v4/000.png'")
    windows = clean_content(start=5)
    for image in windows['images']:
        image['file_name'] = image['file_name'].replace('/', '\\')
    assert (
        of_kind(found_in(content, other=windows), 'overlap-files').number == 6
    )
