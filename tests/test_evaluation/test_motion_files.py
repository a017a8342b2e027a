# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import json
import os

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from mmhvr.evaluation import load_annotations
from mmhvr.evaluation.annotations import VIDAnnotations
from mmhvr.evaluation.motion_files import load_motion_iou, save_motion_iou

# FGFA's imagenet_vid_groundtruth_motion_iou.mat.
REAL_FILE = os.environ.get('MMHVR_FGFA_MOTION_IOU')

# Two videos of three frames; a car of 10 pixels that moves by 0, 5 and 5
# pixels, one that stands; an empty frame; annotations not sorted by image.
DATA = dict(
    videos=[dict(id=1, name='a'), dict(id=2, name='b')],
    images=[
        dict(id=10 + n, file_name=f'{v}/{t}.JPEG', video_id=v, frame_id=t)
        for n, (v, t) in enumerate([(v, t) for v in (1, 2) for t in range(3)])
    ],
    categories=[dict(id=1, name='car')],
    annotations=[
        dict(
            id=100 + n,
            image_id=image,
            category_id=1,
            bbox=[x, 0, 9, 9],
            instance_id=track,
        )
        for n, (image, x, track) in enumerate(
            [
                (11, 0, 1),
                (10, 70, 2),
                (10, 0, 1),
                # Instance 1 of the second video is another object.
                (15, 5, 1),
                (13, 0, 1),
                (12, 5, 1),
            ]
        )
    ],
)
# Video 1: track 1 at 0, 0, 5: 1 and 1/3 for the first two frames, 1/3 twice
# for the last one; track 2 is seen once. Video 2: frames 0 and 2, 5 apart.
EXPECTED = [2 / 3, 1, 2 / 3, 1 / 3, 1 / 3, 1 / 3]


def write(tmp_path, data=DATA):
    path = tmp_path / 'ann.json'
    path.write_text(json.dumps(data))
    return str(path)


def changed(change):
    data = json.loads(json.dumps(DATA))
    change(data)
    return data


def test_from_tracks_by_hand(tmp_path):
    annotations = load_annotations(write(tmp_path))
    assert annotations.has_tracks
    np.testing.assert_allclose(annotations.motion_iou(), EXPECTED)
    # Radius 1: frame 2 of video 2 does not see frame 0.
    np.testing.assert_allclose(
        annotations.motion_iou(radius=1), [2 / 3, 1, 1, 1, 1, 1 / 3]
    )


@pytest.mark.parametrize(
    'change, message',
    [
        (
            lambda d: [a.pop('instance_id') for a in d['annotations']],
            'the annotations have no tracks',
        ),
        (
            lambda d: [i.pop('video_id') for i in d['images']],
            'the annotations have no tracks',
        ),
        (
            lambda d: d['annotations'][2].pop('instance_id'),
            '1 of 6 annotations have no instance_id',
        ),
        (
            lambda d: d['images'][2].pop('frame_id'),
            '1 of 6 images have no frame_id',
        ),
        (
            lambda d: d['annotations'][1].update(instance_id=1),
            r"annotation 102: instance_id 1 has a box in '1/0.JPEG' already",
        ),
    ],
)
def test_without_tracks(tmp_path, change, message):
    annotations = load_annotations(write(tmp_path, changed(change)))
    with pytest.raises(ValueError, match=message):
        annotations.motion_iou()


@pytest.mark.parametrize('suffix', ['json', 'mat'])
def test_boxes_that_are_left_out_keep_their_place(tmp_path, suffix):
    # FGFA's file has a value for each object of the XML files, so that one
    # that is left out must not move those behind it.
    data = changed(
        lambda d: d['annotations'].insert(
            1, dict(d['annotations'][1], id=99, bbox=[9, 9, -3, 5])
        )
    )
    annotations = load_annotations(write(tmp_path, data))
    np.testing.assert_allclose(annotations.motion_iou(), EXPECTED)
    path = str(tmp_path / f'motion.{suffix}')
    save_motion_iou(path, np.array(EXPECTED), annotations)
    np.testing.assert_allclose(load_motion_iou(path, annotations), EXPECTED)
    if suffix == 'mat':
        cells = loadmat(path)['motion_iou'][:, 0]
        assert [cell.size for cell in cells] == [3, 1, 1, 1, 0, 1]
        np.testing.assert_allclose(cells[0][0], [np.nan, 1, 2 / 3])


@pytest.mark.parametrize('suffix', ['json', 'mat'])
def test_round_trip(tmp_path, suffix):
    annotations = load_annotations(write(tmp_path))
    path = str(tmp_path / 'out' / f'motion.{suffix}')
    save_motion_iou(path, np.array(EXPECTED), annotations)
    np.testing.assert_allclose(load_motion_iou(path, annotations), EXPECTED)


def test_mat_has_the_published_layout(tmp_path):
    annotations = load_annotations(write(tmp_path))
    path = str(tmp_path / 'motion.mat')
    save_motion_iou(path, np.array(EXPECTED), annotations)
    cells = loadmat(path)['motion_iou']
    assert cells.shape == (6, 1)
    # By frame, and in a frame in the order of the annotations.
    expected = [[1, 2 / 3], [2 / 3], [1 / 3], [1 / 3], [], [1 / 3]]
    for (cell,), values in zip(cells, expected):
        assert cell.shape == (1, len(values))
        np.testing.assert_allclose(cell[0], values)


def test_json_does_not_depend_on_the_order(tmp_path):
    annotations = load_annotations(write(tmp_path))
    path = tmp_path / 'motion.json'
    path.write_text(
        json.dumps(
            dict(
                annotation_ids=[105, 104, 103, 102, 101, 100, 7],
                motion_iou=[*EXPECTED[::-1], 0.5],
            )
        )
    )
    np.testing.assert_allclose(
        load_motion_iou(str(path), annotations), EXPECTED
    )


def cells(*rows):
    result = np.empty((len(rows), 1), dtype=object)
    for n, row in enumerate(rows):
        result[n, 0] = np.array(row).reshape(1, -1)
    return dict(motion_iou=result)


@pytest.mark.parametrize(
    'content, message',
    [
        (cells([1, 1], [1], [1]), 'holds 3 frames, .* file has 6'),
        (
            cells([1.0], [1], [1], [1], [], [1, 1]),
            r"1 boxes for frame 1, which has 2 .*'1/0.JPEG'; 2 frames differ",
        ),
        (
            cells([1.0, 1.5], [1], [1], [1], [], [1]),
            r"motion IoU 1.5 for a box of '1/0.JPEG'",
        ),
        (
            cells([1.0, np.nan], [1], [1], [1], [], [1]),
            r"motion IoU nan for a box of '1/0.JPEG'",
        ),
        (dict(motion_iou=np.ones((6, 1))), "no cell array 'motion_iou'"),
        (
            dict(
                motion_iou=cells([1, 1], [1], [1], [1], [], [1])[
                    'motion_iou'
                ].reshape(2, 3)
            ),
            "no cell array 'motion_iou'",
        ),
        (dict(other=np.ones(6)), "no cell array 'motion_iou'"),
    ],
)
def test_mat_that_does_not_fit(tmp_path, content, message):
    path = str(tmp_path / 'motion.mat')
    savemat(path, content)
    with pytest.raises(ValueError, match=message):
        load_motion_iou(path, load_annotations(write(tmp_path)))


@pytest.mark.parametrize(
    'content, message',
    [
        ([1, 2], 'is not a motion IoU file'),
        (dict(motion_iou=[1]), 'is not a motion IoU file'),
        (
            dict(annotation_ids=[1, 1], motion_iou=[0, 1]),
            '2 annotation_ids, 1 of them different, and 2 values',
        ),
        (
            dict(annotation_ids=[100, 101], motion_iou=[0, 1]),
            'no value for 4 of 6 annotations, such as the id 102',
        ),
        (
            dict(annotation_ids=list(range(100, 106)), motion_iou=[-1] * 6),
            'motion IoU -1',
        ),
    ],
)
def test_json_that_does_not_fit(tmp_path, content, message):
    path = tmp_path / 'motion.json'
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=message):
        load_motion_iou(str(path), load_annotations(write(tmp_path)))


def test_no_such_file(tmp_path):
    annotations = load_annotations(write(tmp_path))
    with pytest.raises(FileNotFoundError, match='leave it out'):
        load_motion_iou(str(tmp_path / 'no.mat'), annotations)
    for path in (tmp_path / 'a.txt', tmp_path / 'b.mat'):
        path.write_text('no motion here')
        with pytest.raises(ValueError, match='must end in|cannot be read'):
            load_motion_iou(str(path), annotations)
    with pytest.raises(ValueError, match='must end in'):
        save_motion_iou(
            str(tmp_path / 'c.csv'), np.array(EXPECTED), annotations
        )


@pytest.mark.skipif(
    not REAL_FILE, reason='MMHVR_FGFA_MOTION_IOU names no file'
)
def test_the_published_file():
    raw = loadmat(REAL_FILE)['motion_iou'].ravel()
    counts = [cell.size for cell in raw]
    number = sum(counts)
    annotations = VIDAnnotations(
        image_ids=list(range(len(raw))),
        image_names=[str(i) for i in range(len(raw))],
        boxes=np.zeros((number, 4)),
        names=np.full(number, 'car'),
        images=np.repeat(np.arange(len(raw)), counts),
        crowd=np.zeros(number, dtype=bool),
        class_names=['car'],
        box_ids=list(range(number)),
    )
    values = load_motion_iou(REAL_FILE, annotations)
    # Frames, boxes and empty frames of ImageNet VID's validation set.
    assert len(raw) == 176126
    assert len(values) == 273505
    assert counts.count(0) == 4046
    assert values[0] == raw[0][0, 0]
    assert values[-1] == raw[np.flatnonzero(counts)[-1]][0, -1]
