# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import copy
import random

import numpy as np
import pytest
from mmcv.transforms import BaseTransform
from mmengine.dataset import pseudo_collate
from mmtrack.registry import DATASETS, TRANSFORMS
from torch.utils.data import DataLoader, SequentialSampler

from mmhvr.datasets import TripletVideoDataset

pytestmark = pytest.mark.usefixtures('mmtrack_scope')

CLASSES = ('ant', 'bee', 'cat', 'dog')


def pipeline(*frame_steps):
    return [
        dict(type='LoadVideoFrames'),
        dict(
            type='TransformBroadcaster',
            share_random_params=True,
            transforms=[
                dict(type='LoadTrackAnnotations', with_instance_id=True),
                *frame_steps,
            ],
        ),
        dict(type='PackTrackInputs', meta_keys=('video_label',)),
    ]


def build(maker, **kwargs):
    config = dict(
        type='TripletVideoDataset',
        data_root=maker.data_root,
        ann_file='annotations/imagenet_vid_train.json',
        data_prefix=dict(img_path='Data/VID'),
        metainfo=dict(CLASSES=CLASSES),
        pipeline=pipeline(),
    )
    config.update(kwargs)
    return DATASETS.build(config)


def frames_of(sample):
    """(video, frame) of the target and of the supports, from their pixels."""
    inputs = sample['inputs']
    images = list(inputs['img']) + list(inputs.get('ref_img', []))
    return [tuple(image[:2, 0, 0].tolist()) for image in images]


# --- samples ----------------------------------------------------------------


def test_target_first_and_supports_on_both_sides(coco_vid):
    lengths = (6, 3, 9)
    coco_vid.write([coco_vid.video(i, n) for i, n in enumerate(lengths)])
    dataset = build(coco_vid)
    keys = [(v, t) for v, n in enumerate(lengths) for t in range(n)]
    assert len(dataset) == len(keys)
    for epoch in range(10):
        dataset.set_epoch(epoch)
        for index, (video, frame) in enumerate(keys):
            sample = dataset[index]
            (target, *supports) = frames_of(sample)
            assert target == (video, frame)
            assert len(supports) == 2
            assert all(support[0] == video for support in supports)
            times = [support[1] for support in supports]
            assert times == sorted(times) and frame not in times
            if 0 < frame < lengths[video] - 1:
                assert times[0] < frame < times[1]
            data_sample = sample['data_samples']
            assert data_sample.ref_frame_id == times
            assert data_sample.num_left_ref_imgs == sum(
                time < frame for time in times
            )


def test_target_annotations_and_meta(coco_vid):
    coco_vid.write([coco_vid.video(3, 4), coco_vid.video(1, 5)])
    # Frame 2 of the second video: index 4 + 2, image id 4 + 3.
    sample = build(coco_vid)[6]
    data_sample = sample['data_samples']
    assert sample['inputs']['img'].shape == (1, 3, 48, 64)
    assert sample['inputs']['ref_img'].shape == (2, 3, 48, 64)
    assert data_sample.gt_instances.bboxes.tolist() == [[6, 8, 22, 28]]
    assert data_sample.gt_instances.labels.tolist() == [1]
    meta = data_sample.metainfo
    expected = dict(
        img_id=7,
        frame_id=2,
        video_id=2,
        video_label=1,
        video_length=5,
        is_video_data=True,
        ori_shape=(48, 64),
        img_shape=(48, 64),
    )
    assert {key: meta[key] for key in expected} == expected
    assert meta['img_path'].endswith('video_001/000002.png')
    # The supports' boxes are their own: frame t has x1 = 4 + t.
    boxes = data_sample.ref_gt_instances.bboxes[:, 0].tolist()
    assert boxes == [4 + time for time in data_sample.ref_frame_id]


@pytest.mark.parametrize('num_frames', [3, 5])
def test_short_videos_repeat_frames(coco_vid, num_frames):
    coco_vid.write([coco_vid.video(0, 1), coco_vid.video(1, 2)])
    sampler = dict(type='BilateralFrameSampler', num_frames=num_frames)
    dataset = build(coco_vid, frame_sampler=sampler)
    repeats = num_frames - 1
    assert frames_of(dataset[0]) == [(0, 0)] * num_frames
    assert frames_of(dataset[1]) == [(1, 0)] + [(1, 1)] * repeats
    assert frames_of(dataset[2]) == [(1, 1)] + [(1, 0)] * repeats


def test_still_images_stand_still(coco_vid):
    box = (2, 5, 5, 25, 25, 0)
    data = coco_vid.write_stills([[box], [(0, 1, 1, 20, 20, 0), box], []])
    data['images'][1]['is_vid_train_frame'] = True
    coco_vid.save(data, 'imagenet_det_30plus1cls')
    dataset = build(
        coco_vid,
        ann_file='annotations/imagenet_det_30plus1cls.json',
        data_prefix=dict(img_path='Data/DET'),
        load_as_video=False,
    )
    # The third image has no box, so it is no target.
    assert len(dataset) == 2
    assert frames_of(dataset[0]) == [(0, 0)] * 3
    meta = dataset[1]['data_samples'].metainfo
    assert (meta['video_length'], meta['frame_id']) == (1, 0)
    assert (meta['video_label'], meta['is_video_data']) == (0, False)
    # An image that says it is no key frame is no target either.
    data['images'][0]['is_vid_train_frame'] = False
    coco_vid.save(data, 'imagenet_det_30plus1cls')
    dataset = build(
        coco_vid,
        ann_file='annotations/imagenet_det_30plus1cls.json',
        data_prefix=dict(img_path='Data/DET'),
        load_as_video=False,
    )
    assert [frames_of(sample) for sample in dataset] == [[(1, 0)] * 3]


def test_single_frames_have_no_supports(coco_vid):
    coco_vid.write([coco_vid.video(0, 4)])
    sampler = dict(type='WindowFrameSampler', num_frames=1)
    sample = build(coco_vid, frame_sampler=sampler)[2]
    assert set(sample['inputs']) == {'img'}
    assert frames_of(sample) == [(0, 2)]


def test_testing_takes_every_frame_in_order(coco_vid):
    videos = [coco_vid.video(0, 5), [[], []], coco_vid.video(1, 1)]
    coco_vid.write(videos, key_frame=lambda video, frame: False)
    sampler = dict(type='WindowFrameSampler', num_frames=3)
    dataset = build(coco_vid, frame_sampler=sampler, test_mode=True)
    expected = [
        [(0, 0), (0, 1), (0, 2)],
        [(0, 1), (0, 0), (0, 2)],
        [(0, 2), (0, 1), (0, 3)],
        [(0, 3), (0, 2), (0, 4)],
        [(0, 4), (0, 2), (0, 3)],
        [(1, 0), (1, 1)],
        [(1, 1), (1, 0)],
        [(2, 0)],
    ]
    samples = [dataset[i] for i in range(len(dataset))]
    assert [frames_of(sample) for sample in samples] == expected
    left = [sample['data_samples'].num_left_ref_imgs for sample in samples]
    assert left == [0, 1, 1, 1, 2, 0, 1, 0]
    assert build(coco_vid, test_mode=True).frame_sampler.num_frames == 31


# --- key frames, categories, labels -----------------------------------------


def test_key_frames_are_targets_and_all_frames_supports(coco_vid):
    videos = [coco_vid.video(0, 5), coco_vid.video(1, 4)]
    data = coco_vid.write(videos, key_frame=lambda video, frame: frame == 2)
    dataset = build(coco_vid)
    assert [frames_of(sample)[0] for sample in dataset] == [(0, 2), (1, 2)]
    drawn = set()
    for epoch in range(40):
        dataset.set_epoch(epoch)
        drawn |= set(frames_of(dataset[0])[1:])
    assert drawn == {(0, 0), (0, 1), (0, 3), (0, 4)}
    # A record that does not say is a key frame.
    for image in data['images']:
        if image['frame_id'] != 2:
            del image['is_vid_train_frame']
    coco_vid.save(data)
    assert len(build(coco_vid)) == 9


def test_filter_empty_gt(coco_vid):
    video = coco_vid.video(0, 4)
    video[1] = []
    coco_vid.write([video])
    assert len(build(coco_vid)) == 3
    dataset = build(coco_vid, filter_cfg=dict(filter_empty_gt=False))
    assert len(dataset) == 4
    gt_instances = dataset[1]['data_samples'].gt_instances
    assert gt_instances.bboxes.shape == (0, 4)
    dataset = build(coco_vid, filter_cfg=dict(min_size=48))
    assert len(dataset) == 3


def test_video_label_is_the_main_category(coco_vid):
    videos = [
        coco_vid.video([1, 3, 3], 3),  # 3 has most boxes
        coco_vid.video([3, 2, 2, 3], 4),  # a tie goes to the lowest
        [[], []],  # nothing
        # Two in one frame outweigh one.
        [[(0, 1, 1, 20, 20, 1)], [(2, 1, 1, 9, 9, 2), (2, 30, 9, 40, 30, 3)]],
    ]
    coco_vid.write(videos)
    dataset = build(coco_vid, filter_cfg=dict(filter_empty_gt=False))
    records = dataset.videos()
    assert [record.label for record in records] == [3, 2, -1, 0 + 2]
    assert [set(record.labels) for record in records] == [
        {1, 3},
        {2, 3},
        set(),
        {0, 2},
    ]
    assert [record.key_indices for record in records] == [
        (0, 1, 2),
        (3, 4, 5, 6),
        (7, 8),
        (9, 10),
    ]
    label = [sample['data_samples'].video_label for sample in dataset]
    assert label == [3] * 3 + [2] * 4 + [-1] * 2 + [2] * 2


@pytest.mark.parametrize(
    'metainfo',
    [
        dict(CLASSES=('dog', 'ant')),
        dict(classes=['dog', 'ant']),
        dict(classes=('dog', 'ant'), CLASSES=('dog', 'ant')),
    ],
)
def test_labels_follow_names_in_either_spelling(coco_vid, metainfo):
    # In the file ant is 1 and dog is 4; here dog is 0 and ant is 1.
    coco_vid.write([coco_vid.video(label, 3) for label in range(4)])
    dataset = build(coco_vid, metainfo=metainfo)
    labels = [s['data_samples'].gt_instances.labels.tolist() for s in dataset]
    assert labels == [[1]] * 3 + [[0]] * 3
    assert dataset.metainfo['CLASSES'] == dataset.metainfo['classes']
    assert dataset.metainfo['classes'] == ('dog', 'ant')


def test_default_classes_are_imagenet(coco_vid):
    coco_vid.write([coco_vid.video(0, 3)], classes=('zebra',))
    dataset = build(coco_vid, metainfo=None)
    assert len(dataset.metainfo['classes']) == 30
    assert dataset[0]['data_samples'].video_label == 29


# --- randomness -------------------------------------------------------------


def draw_all(dataset, epoch):
    dataset.set_epoch(epoch)
    return [frames_of(dataset[i]) for i in range(len(dataset))]


def test_a_sample_depends_on_seed_epoch_and_index_alone(coco_vid):
    coco_vid.write([coco_vid.video(0, 12), coco_vid.video(1, 12)])
    first, second = build(coco_vid, seed=4), build(coco_vid, seed=4)
    reference = draw_all(first, 1)
    random.seed(99)
    np.random.seed(99)
    second.set_epoch(1)
    backwards = [frames_of(second[i]) for i in reversed(range(24))]
    assert backwards[::-1] == reference
    assert draw_all(first, 2) != reference
    assert draw_all(first, 1) == reference
    assert draw_all(build(coco_vid, seed=5), 1) != reference
    # Equal places in different videos draw differently.
    times = [[time for _, time in sample] for sample in reference]
    assert times[:12] != times[12:]


def test_random_transforms_are_seeded_and_leave_the_globals(coco_vid):
    coco_vid.write([coco_vid.video(video, 20) for video in range(3)])
    dataset = build(
        coco_vid, pipeline=pipeline(dict(type='RandomFlip', prob=0.5))
    )

    def flips():
        return [s['data_samples'].metainfo['flip'] for s in dataset]

    random.seed(1)
    np.random.seed(1)
    before = random.getstate(), np.random.get_state()[1].tolist()
    first = flips()
    after = random.getstate(), np.random.get_state()[1].tolist()
    assert before == after
    np.random.seed(2)
    assert flips() == first
    dataset.set_epoch(1)
    assert flips() != first
    # 60 fair coins: 15 to 45 heads with probability 0.9999.
    assert 15 <= sum(first) <= 45


def loaded_frames(loader, epochs):
    """Frames of each epoch, as worker processes chose them."""
    drawn = []
    for epoch in epochs:
        loader.dataset.set_epoch(epoch)
        samples = []
        for batch in loader:
            for i in range(len(batch['inputs']['img'])):
                inputs = {key: v[i] for key, v in batch['inputs'].items()}
                samples.append(frames_of(dict(inputs=inputs)))
        drawn.append(samples)
    return drawn


@pytest.mark.parametrize('copied', [False, True])
def test_persistent_workers_see_the_epoch(coco_vid, copied):
    coco_vid.write([coco_vid.video(0, 9), coco_vid.video(1, 9)])
    dataset = build(coco_vid, seed=3)
    expected = [draw_all(dataset, epoch) for epoch in (0, 1, 5)]
    assert expected[0] != expected[1] != expected[2]
    if copied:  # as the runner copies a data set that its config holds
        dataset = copy.deepcopy(dataset)
    loader = DataLoader(
        dataset,
        batch_size=4,
        sampler=SequentialSampler(dataset),
        num_workers=2,
        persistent_workers=True,
        collate_fn=pseudo_collate,
    )
    assert loaded_frames(loader, (0, 1, 5)) == expected


def test_a_deep_copy_has_its_own_epoch(coco_vid):
    coco_vid.write([coco_vid.video(0, 12)])
    dataset = build(coco_vid)
    other = copy.deepcopy(dataset)
    reference = draw_all(dataset, 0)
    other.set_epoch(1)
    assert [frames_of(sample) for sample in dataset] == reference


def test_own_seed_goes_before_the_batch_samplers(coco_vid):
    coco_vid.write([coco_vid.video(0, 12)])
    fixed, free = build(coco_vid, seed=7), build(coco_vid)
    fixed.set_epoch(2)
    reference = [frames_of(sample) for sample in fixed]
    for dataset in (fixed, free):
        dataset.set_epoch(2, seed=7)
        assert [frames_of(sample) for sample in dataset] == reference
        dataset.set_epoch(2, seed=8)
        same = [frames_of(sample) for sample in dataset] == reference
        assert same == (dataset is fixed)


# --- errors -----------------------------------------------------------------


@TRANSFORMS.register_module()
class DropFrameThree(BaseTransform):
    """Returns None for frame 3, inside or outside of a broadcaster."""

    def transform(self, results):
        return None if results['frame_id'] in (3, [3, 2, 4]) else results


@pytest.mark.parametrize('inside', [True, False])
def test_a_dropped_sample_is_an_error(coco_vid, inside):
    coco_vid.write([coco_vid.video(0, 5)])
    step = dict(type='DropFrameThree')
    steps = pipeline(step) if inside else pipeline()
    if not inside:
        steps.insert(0, step)
    sampler = dict(type='WindowFrameSampler', num_frames=3)
    dataset = build(coco_vid, pipeline=steps, frame_sampler=sampler)
    assert frames_of(dataset[0])[0] == (0, 0)
    name = 'TransformBroadcaster' if inside else 'DropFrameThree'
    with pytest.raises(ValueError, match=f'{name}.*video_000/000003.png'):
        dataset[3]


def test_unreadable_images_are_named(coco_vid):
    coco_vid.write([coco_vid.video(0, 3), coco_vid.video(1, 3)])
    dataset = build(coco_vid)
    folder = coco_vid.root / 'Data/VID/imagenet_vid_train/video_001'
    (folder / '000001.png').write_bytes(b'no image')
    with pytest.raises(ValueError, match='video_001/000001.png cannot be'):
        dataset[3]
    (folder / '000001.png').unlink()
    with pytest.raises(FileNotFoundError, match='video_001/000001.png does'):
        dataset[4]
    assert frames_of(dataset[1])[0] == (0, 1)


@pytest.mark.parametrize(
    'kwargs, error, message',
    [
        (
            dict(data_root='no/such/root'),
            FileNotFoundError,
            'data_root no/such/root .*make_mini_dataset',
        ),
        (
            dict(ann_file='annotations/other.json'),
            FileNotFoundError,
            'other.json.* does not exist .*; convert',
        ),
        (
            dict(metainfo=dict(CLASSES=('cow', 'pig'))),
            ValueError,
            r"\('cow', 'pig'\).*\('ant', 'bee', 'cat', 'dog'\)",
        ),
        (
            dict(metainfo=dict(CLASSES=('ant',), classes=('bee',))),
            ValueError,
            r"CLASSES=\['ant'\] and classes=\['bee'\]",
        ),
        (dict(metainfo=dict(CLASSES='ant')), ValueError, "'ant'"),
        (
            dict(metainfo=dict(classes=('ant', 'ant'))),
            ValueError,
            'distinct',
        ),
        (
            dict(filter_cfg=dict(min_size=65)),
            ValueError,
            'no target frame out of 3 images',
        ),
        (dict(ref_img_sampler=dict(num_ref_imgs=2)), TypeError, 'frame_samp'),
    ],
)
def test_bad_settings(coco_vid, kwargs, error, message):
    coco_vid.write([coco_vid.video(0, 3)])
    with pytest.raises(error, match=message):
        build(coco_vid, **kwargs)


def no_videos(data):
    del data['videos']


def no_images(data):
    data['images'] = data['annotations'] = []


def no_video(data):
    del data['images'][1]['video_id']


def gap(data):
    data['images'][2]['frame_id'] = 3


def no_size(data):
    for image in data['images']:
        del image['width']


def no_frame_id(data):
    del data['images'][0]['frame_id']


@pytest.mark.parametrize(
    'damage, message',
    [
        (no_videos, '0 videos and 3 images.*load_as_video=False'),
        (no_images, '1 videos and 0 images'),
        (no_video, '000001.png has no video_id'),
        (gap, 'video 1 must run .* is 3 where 2 is due .1 of 1 videos'),
        (no_frame_id, 'video 1 must run .* is missing where 0 is due'),
        (no_size, '000000.png has no width or height, which training needs'),
    ],
)
def test_bad_annotation_files(coco_vid, damage, message):
    data = coco_vid.write([coco_vid.video(0, 3)])
    damage(data)
    coco_vid.save(data)
    with pytest.raises(ValueError, match=message):
        build(coco_vid)


def test_tracks_that_are_texts_get_numbers(coco_vid):
    data = coco_vid.write([coco_vid.video([0, 0, 1], 3)])
    for ann, track in zip(data['annotations'], ['left', 'right', 'left']):
        ann['instance_id'] = track
    coco_vid.save(data)
    samples = build(coco_vid)
    ids = [s['data_samples'].gt_instances.instances_id for s in samples]
    assert [i.tolist() for i in ids] == [[0], [1], [0]]


def test_track_zero_is_a_track(coco_vid):
    video = coco_vid.video(0, 2)
    video[0].insert(0, (1, 30, 10, 44, 30, 9))
    data = coco_vid.write([video])
    data['annotations'][1]['instance_id'] = 0
    coco_vid.save(data)
    instances = build(coco_vid)[0]['data_samples'].gt_instances
    assert instances.instances_id.tolist() == [9, 0]


def test_registered():
    assert DATASETS.get('TripletVideoDataset') is TripletVideoDataset
