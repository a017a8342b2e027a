# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import numpy as np
import pytest
from clean_file import clean_content

from mmhvr.annotations.checks.table import make_table
from mmhvr.annotations.findings import Findings
from mmhvr.annotations.reader import examine
from mmhvr.run.data_facts import (
    choose_batch,
    choose_scale,
    measure,
    mirrored_name,
)


def facts_of(content):
    return measure(make_table(examine('a.json', content, Findings('a.json'))))


def test_what_is_measured():
    content = clean_content()
    content['categories'].insert(1, dict(id=9, name='newt'))  # no boxes
    content['annotations'][0]['iscrowd'] = 1
    content['images'][8]['is_vid_train_frame'] = False
    facts = facts_of(content)
    assert facts.names == ['cat', 'dog']
    assert facts.videos.tolist() == [3, 3]
    assert (facts.num_videos, facts.num_frames) == (6, 36)
    assert facts.num_targets == 35
    assert facts.frame_size == (64, 48)
    assert facts.boxes.tolist() == [[20, 18]] * 35
    # 64 x 48 into 192 x 96: by 96 / 48 = 2, and not by 192 / 64 = 3.
    sizes = facts.box_sizes((192, 96))
    assert sizes == pytest.approx(np.full(35, 2 * (20 * 18) ** 0.5))


@pytest.mark.parametrize(
    'videos, expected',
    [
        ([9, 9, 9, 9], (3, 3, [])),
        ([3, 5], (2, 3, [])),
        ([9, 2, 9], (3, 2, [])),  # N goes down before a class is left out
        ([9, 1, 9], (2, 3, ['b'])),
        ([9, 1, 2, 2], (3, 2, ['b'])),
        ([12], (1, 9, [])),
        ([4], (1, 4, [])),
        ([4, 1], (1, 4, ['b'])),
    ],
)
def test_batches(videos, expected):
    assert choose_batch('abcd'[: len(videos)], videos) == expected


@pytest.mark.parametrize('videos', [[], [1], [1, 1, 0]])
def test_too_few_videos(videos):
    with pytest.raises(ValueError, match='no class has two videos'):
        choose_batch('abc'[: len(videos)], videos)


@pytest.mark.parametrize(
    'names, expected',
    [
        (['car', 'seven'], 'seven'),
        (['7'], '7'),
        (['42'], '42'),
        (['car', 'B'], 'B'),
        (['digit_3'], 'digit_3'),
        (['hand left', 'car'], 'hand left'),
        (['turnRight'], 'turnRight'),
        (['car', 'two wheeler', 'leftover', 'bright', 'person2'], None),
        (['Straße'], None),
    ],
)
def test_names_that_a_mirror_changes(names, expected):
    assert mirrored_name(names) == expected


@pytest.mark.parametrize(
    'size, box, expected',
    [
        ((1280, 720), (200, 200), (1000, 600)),
        # Twice 240 is 480: 0.8 of 600 and of 1000.
        ((320, 240), (90, 90), (800, 480)),
        # 24 pixels of 1920 are 12.5 of 1000: twice as large at most, and 1080
        # lines are 1.8 times 600; in steps of 16.
        ((1920, 1080), (24, 24), (1792, 1088)),
        # 50 of 1920 become 26.04 of 1000; 32 of them 1.2288 times.
        ((1920, 1080), (50, 50), (1232, 736)),
    ],
)
def test_image_sizes(size, box, expected):
    content = clean_content()
    for image in content['images']:
        image.update(width=size[0], height=size[1])
    for annotation in content['annotations']:
        annotation['bbox'] = [0, 0, *box]
    assert choose_scale(facts_of(content), (1000, 600)) == expected
