# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Which samples are of one video."""

import torch
from mmengine.dataset import pseudo_collate

from mmhvr.datasets import TripletVideoDataset
from mmhvr.models.vid.frames import video_identities


def numbers(samples):
    return video_identities(samples, torch.device('cpu')).tolist()


def test_samples_of_data_sets_know_their_video(coco_vid, make_sample):
    """Two files whose videos have the same ids, and still images."""
    names = ('imagenet_vid_train', 'more')
    for name in names:
        coco_vid.write([coco_vid.video(v, 4) for v in (0, 1)], name)
    coco_vid.write_stills([[(0, 4, 6, 20, 26, 1)]] * 3)
    common = dict(
        data_root=coco_vid.data_root,
        metainfo=dict(CLASSES=('ant', 'bee', 'cat', 'dog')),
        pipeline=[
            dict(type='LoadVideoFrames'),
            dict(
                type='TransformBroadcaster',
                transforms=[
                    dict(type='LoadTrackAnnotations', with_instance_id=True)
                ],
            ),
            dict(type='PackTrackInputs', meta_keys=('video_label',)),
        ],
    )
    found = []
    for name in names:
        data = TripletVideoDataset(
            ann_file=f'annotations/{name}.json',
            data_prefix=dict(img_path='Data/VID'),
            **common,
        )
        found += [data[i] for i in range(8)]
    stills = TripletVideoDataset(
        ann_file='annotations/imagenet_det_30plus1cls.json',
        data_prefix=dict(img_path='Data/DET'),
        load_as_video=False,
        **common,
    )
    found += [stills[i] for i in range(3)]
    samples = pseudo_collate(found)['data_samples']
    identities = numbers(samples)
    # Two videos of four frames in each file, then three images.
    videos = [0] * 4 + [1] * 4 + [2] * 4 + [3] * 4 + [4, 5, 6]
    for i, one in enumerate(videos):
        for j, other in enumerate(videos):
            assert (identities[i] == identities[j]) == (one == other)
    assert min(identities) >= 0


def test_samples_that_do_not_say(make_sample):
    folder, number, nothing = (make_sample(0) for _ in range(3))
    folder.set_metainfo(dict(img_path='clips/a/000003.png'))
    number.set_metainfo(dict(video_id=0))
    found = numbers([folder, number, nothing])
    assert found[2] == -1 and len(set(found)) == 3
    folder.set_metainfo(dict(img_path='clips/a/000009.png'))
    # The same numbers again, in any process.
    assert numbers([folder, number]) == found[:2]
