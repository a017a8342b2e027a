# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Training and evaluation see the same boxes of one file."""

import numpy as np
import pytest
from mmtrack.registry import DATASETS

from mmhvr.evaluation import load_annotations

pytestmark = pytest.mark.usefixtures('mmtrack_scope')

CLASSES = ('ant', 'bee', 'cat', 'dog')
NAN, INF = float('nan'), float('inf')


def pipeline():
    return [
        dict(type='LoadVideoFrames'),
        dict(
            type='TransformBroadcaster',
            transforms=[
                dict(type='LoadTrackAnnotations', with_instance_id=True)
            ],
        ),
        dict(type='PackTrackInputs', meta_keys=('video_label',)),
    ]


def build(maker, classes=CLASSES, **kwargs):
    return DATASETS.build(
        dict(
            type='TripletVideoDataset',
            data_root=maker.data_root,
            ann_file='annotations/imagenet_vid_train.json',
            data_prefix=dict(img_path='Data/VID'),
            metainfo=dict(CLASSES=classes),
            filter_cfg=dict(filter_empty_gt=False),
            pipeline=pipeline(),
            **kwargs,
        )
    )


def trained(dataset):
    """(image id, label, ignored, box) of each box that training sees."""
    boxes = []
    for sample in dataset:
        sample = sample['data_samples']
        for instances, ignored in (
            (sample.gt_instances, False),
            (sample.ignored_instances, True),
        ):
            boxes += [
                (sample.img_id, label, ignored, *box)
                for label, box in zip(
                    instances.labels.tolist(), instances.bboxes.tolist()
                )
            ]
    return sorted(boxes)


def evaluated(maker, classes=CLASSES):
    """The same of each box that evaluation sees."""
    path = maker.root / 'annotations/imagenet_vid_train.json'
    annotations = load_annotations(str(path))
    gt = annotations.ground_truth(classes)
    return sorted(
        (annotations.image_ids[image], label, crowd, *box)
        for image, label, crowd, box in zip(
            gt.images.tolist(),
            gt.labels.tolist(),
            gt.crowd.tolist(),
            gt.boxes.astype(np.float32).tolist(),
        )
    )


@pytest.mark.parametrize(
    'change, expected',
    [
        (dict(area=0), (False, 5, 7, 25, 17)),
        (dict(area=None), (False, 5, 7, 25, 17)),
        (dict(area=-4), (False, 5, 7, 25, 17)),
        (dict(iscrowd=1), (True, 5, 7, 25, 17)),
        (dict(iscrowd=True), (True, 5, 7, 25, 17)),
        (dict(iscrowd=None, ignore=0), (False, 5, 7, 25, 17)),
        (dict(ignore=1), (True, 5, 7, 25, 17)),
        (dict(ignore=True, iscrowd=0), (True, 5, 7, 25, 17)),
        (dict(bbox=[5, 7, 1, 1]), (False, 5, 7, 6, 8)),
        (dict(bbox=[-5, 7, 9, 8]), (False, -5, 7, 4, 15)),
        (dict(bbox=[5, 7, 0.5, 8]), None),
        (dict(bbox=[5, 7, 8, 0]), None),
        (dict(bbox=[5, 7, -8, 9]), None),
        (dict(bbox=[70, 7, 8, 9]), None),
        (dict(bbox=[-20, 7, 8, 9]), None),
        (dict(bbox=[NAN, 7, 8, 9]), None),
        (dict(bbox=[5, 7, INF, 9]), None),
        (dict(bbox=[5, 7, 8, 9], iscrowd=1, area=0), (True, 5, 7, 13, 16)),
    ],
)
def test_training_and_evaluation_agree(coco_vid, change, expected):
    data = coco_vid.write([coco_vid.video(0, 3), coco_vid.video(2, 2)])
    data['annotations'][1].update(bbox=[5, 7, 20, 10])
    data['annotations'][1].update(change)
    coco_vid.save(data)
    boxes = trained(build(coco_vid))
    assert boxes == evaluated(coco_vid)
    found = [box[2:] for box in boxes if box[0] == 2]
    assert found == ([] if expected is None else [expected])
    assert len(boxes) == 4 + len(found)


def test_area_may_be_missing(coco_vid):
    data = coco_vid.write([coco_vid.video(0, 3)])
    whole = trained(build(coco_vid))
    for ann in data['annotations']:
        del ann['area']
    coco_vid.save(data)
    assert trained(build(coco_vid)) == evaluated(coco_vid) == whole


def test_classes_that_are_not_wanted_are_left_out_of_both(coco_vid):
    coco_vid.write([coco_vid.video([0, 1, 3], 3), coco_vid.video(2, 2)])
    names = ('dog', 'ant')
    boxes = trained(build(coco_vid, names))
    assert [box[:2] for box in boxes] == [(1, 1), (3, 0)]
    assert boxes == evaluated(coco_vid, names)


def test_ids_that_collide_are_refused_by_both(coco_vid):
    # Two files that were joined: each image would get the boxes of both.
    data = coco_vid.write([coco_vid.video(0, 3), coco_vid.video(1, 3)])
    for n, image in enumerate(data['images']):
        image['id'] = n % 3 + 1
    for n, ann in enumerate(data['annotations']):
        ann['image_id'] = n % 3 + 1
    coco_vid.save(data)
    for read in (build, evaluated):
        with pytest.raises(ValueError, match='6 images share their id'):
            read(coco_vid)


def test_a_whole_file_of_crowds(coco_vid, monkeypatch):
    lines = []
    monkeypatch.setattr(
        'mmhvr.annotations.findings.print_log',
        lambda text, **kwargs: lines.append(text),
    )
    data = coco_vid.write([coco_vid.video(0, 3), coco_vid.video(1, 3)])
    for ann in data['annotations']:
        ann['iscrowd'] = 1
    coco_vid.save(data)
    assert len(trained(build(coco_vid))) == 6
    assert 'all 6 boxes have iscrowd or ignore' in lines[0]
    with pytest.raises(ValueError, match='all of them have iscrowd'):
        evaluated(coco_vid)
