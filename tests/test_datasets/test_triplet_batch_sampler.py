# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
from collections import Counter

import numpy as np
import pytest
from mmengine.dataset import DefaultSampler, InfiniteSampler
from mmengine.runner import Runner
from mmengine.runner.loops import _InfiniteDataloaderIterator
from scipy.stats import chisquare
from torch.utils.data import ConcatDataset, Dataset

from mmhvr.datasets import TripletVideoBatchSampler, VideoRecord

NAMES = ('ant', 'bee', 'cat', 'dog', 'elk', 'fox')


class Videos(Dataset):
    """Videos without frames: all that the batch sampler looks at.

    Args:
        videos: (label, number of key frames[, further labels]) of each.
    """

    def __init__(self, videos, num_classes=None):
        num_classes = num_classes or 1 + max(video[0] for video in videos)
        self.metainfo = dict(CLASSES=NAMES[:num_classes])
        self.records = []
        self.epochs = []
        self.size = 0
        for label, number, *more in videos:
            keys = tuple(range(self.size, self.size + number))
            labels = frozenset([label, *more]) - {-1}
            self.records.append(VideoRecord(label, labels, keys))
            self.size += number

    def videos(self):
        return self.records

    def set_epoch(self, epoch, seed=None):
        self.epochs.append((epoch, seed))

    def __len__(self):
        return self.size


def build(dataset, categories=3, videos=3, seed=0, **kwargs):
    return TripletVideoBatchSampler(
        DefaultSampler(dataset, seed=seed),
        kwargs.pop('batch_size', categories * videos),
        num_categories=categories,
        videos_per_category=videos,
        **kwargs,
    )


def batches(sampler, epoch=0):
    sampler.sampler.set_epoch(epoch)
    return list(sampler)


def owners(dataset):
    """Number of the video that each data set index belongs to."""
    owner = {}
    for number, record in enumerate(dataset.videos()):
        owner.update(dict.fromkeys(record.key_indices, number))
    return owner


@pytest.fixture
def uneven():
    """Six categories of 4 to 9 videos with 1 to 15 key frames."""
    generator = np.random.default_rng(5)
    videos = [
        (label, int(generator.integers(1, 16)))
        for label in range(6)
        for _ in range(4 + label)
    ]
    generator.shuffle(videos)
    return Videos([(int(label), int(number)) for label, number in videos])


@pytest.fixture
def ranks(monkeypatch):
    """Sets rank and world size."""

    def set_rank(rank, world_size):
        monkeypatch.setattr(
            'mmhvr.datasets.triplet_batch_sampler.get_dist_info',
            lambda: (rank, world_size),
        )

    return set_rank


# --- batches ----------------------------------------------------------------


@pytest.mark.parametrize('categories, videos', [(3, 3), (2, 2), (6, 4)])
def test_invariants(uneven, categories, videos):
    sampler = build(uneven, categories, videos, num_batches=1500)
    owner = owners(uneven)
    drawn = batches(sampler, 0) + batches(sampler, 1)
    assert len(drawn) == 3000
    for batch in drawn:
        assert len(batch) == categories * videos
        assert all(type(index) is int for index in batch)
        numbers = [owner[index] for index in batch]
        assert len(set(numbers)) == len(batch)
        labels = [uneven.records[number].label for number in numbers]
        groups = [
            labels[i : i + videos] for i in range(0, len(labels), videos)
        ]
        assert all(len(set(group)) == 1 for group in groups)
        assert len({group[0] for group in groups}) == categories


def test_everything_is_drawn_and_evenly(uneven):
    sampler = build(uneven, num_batches=12000)
    drawn = batches(sampler)
    owner = owners(uneven)
    records = uneven.records
    labels = [
        [records[owner[batch[i]]].label for i in (0, 3, 6)] for batch in drawn
    ]
    # Every ordered triple of categories is equally likely: 6 x 5 x 4.
    triples = Counter(map(tuple, labels))
    assert len(triples) == 120
    assert chisquare(list(triples.values())).pvalue > 0.01
    # Within a category the target video is drawn in proportion to its key
    # frames, so all key frames of a category are equally likely targets.
    for label in range(6):
        keys = [
            key
            for record in records
            if record.label == label
            for key in record.key_indices
        ]
        counts = Counter(
            batch[0]
            for batch, triple in zip(drawn, labels)
            if triple[0] == label
        )
        assert set(counts) == set(keys)
        assert chisquare([counts[key] for key in keys]).pvalue > 0.001
    # And so are those of another category.
    keys = [k for r in records if r.label == 0 for k in r.key_indices]
    counts = Counter(
        batch[3] for batch, triple in zip(drawn, labels) if triple[1] == 0
    )
    assert chisquare([counts[key] for key in keys]).pvalue > 0.001


def test_a_hand_worked_data_set():
    # Two categories of two videos of one frame: the only batches are these.
    dataset = Videos([(1, 1), (0, 1), (0, 1), (1, 1)])
    sampler = build(dataset, 2, 2, num_batches=400)
    seen = {tuple(batch) for batch in batches(sampler)}
    first, second = [(1, 2), (2, 1)], [(0, 3), (3, 0)]
    expected = {a + b for a in first for b in second}
    expected |= {b + a for a in first for b in second}
    assert seen == expected


def test_still_images_do_not_crowd_out_videos():
    # As in VID + DET: 4 videos with 15 key frames, 60 images with one.
    dataset = Videos(
        [(c, 15) for c in (0, 1) for _ in range(4)]
        + [(c, 1) for c in (0, 1) for _ in range(60)]
    )
    drawn = batches(build(dataset, 2, 2, num_batches=4000))
    from_videos = sum(batch[0] < 120 for batch in drawn)
    # Half of the key frames are of videos: 2000, standard deviation 32.
    assert abs(from_videos - 2000) < 130


def test_other_categories_avoid_the_target_category():
    # Category 1 has three videos that also show category 0 and three not;
    # category 2 has only two that do not, so its main category decides.
    dataset = Videos(
        [(0, 2)] * 3
        + [(1, 2, 0)] * 3
        + [(1, 2)] * 3
        + [(2, 2, 0)] * 3
        + [(2, 2)] * 2
    )
    owner = owners(dataset)
    mixed = Counter()
    for batch in batches(build(dataset, num_batches=2000)):
        numbers = [owner[index] for index in batch]
        records = [dataset.records[number] for number in numbers]
        if records[0].label == 0:
            for record in records[3:]:
                mixed[record.label, 0 in record.labels] += 1
        else:  # the target is not category 0: all videos may come
            mixed['other', 0 in records[3].labels] += 1
    assert mixed[1, True] == 0 and mixed[1, False] > 0
    assert mixed[2, True] > 0 and mixed[2, False] > 0
    assert mixed['other', True] > 0


def test_videos_without_a_box_are_left_out():
    dataset = Videos([(-1, 5), (0, 1), (0, 1), (1, 1), (1, 1)])
    drawn = batches(build(dataset, 2, 2, num_batches=50))
    assert min(min(batch) for batch in drawn) == 5


# --- epochs, seeds, ranks ---------------------------------------------------


def test_same_seed_and_epoch_same_batches(uneven):
    one, two = build(uneven, seed=1), build(uneven, seed=1)
    reference = batches(one, 0)
    assert batches(two, 0) == reference
    assert batches(one, 1) != reference
    assert batches(one, 0) == reference
    # A run resumed at epoch 7 draws what the whole run draws there.
    assert batches(build(uneven, seed=1), 7) == batches(one, 7)
    assert batches(build(uneven, seed=2), 0) != reference
    # Its own seed goes before the wrapped sampler's.
    own = TripletVideoBatchSampler(DefaultSampler(uneven, seed=2), 9, seed=1)
    assert batches(own, 0) == reference


def test_the_epoch_reaches_the_data_sets(uneven):
    sampler = build(uneven, seed=6)
    batches(sampler, 4)
    assert uneven.epochs == [(4, 6)]
    sampler.sampler.set_epoch(5)
    iterator = iter(sampler)
    assert uneven.epochs == [(4, 6)]  # not before the first batch is due
    next(iterator)
    assert uneven.epochs == [(4, 6), (5, 6)]


def test_ranks_differ_and_have_equal_lengths(uneven, ranks):
    drawn = []
    for rank in range(3):
        ranks(rank, 3)
        sampler = build(uneven)
        # Floor of key frames / (9 videos x 3 ranks) on every rank.
        assert len(sampler) == len(uneven) // 27
        drawn.append(batches(sampler))
        assert len(drawn[-1]) == len(sampler)
        assert batches(build(uneven)) == drawn[-1]
    assert drawn[0] != drawn[1] != drawn[2] != drawn[0]


@pytest.mark.parametrize(
    'world_size, num_batches, expected',
    # 40 key frames, batches of 4.
    [(1, None, 10), (3, None, 3), (100, None, 1), (1, 17, 17), (8, 17, 17)],
)
def test_length(ranks, world_size, num_batches, expected):
    ranks(0, world_size)
    dataset = Videos([(label, 10) for label in (0, 0, 1, 1)])
    sampler = build(dataset, 2, 2, num_batches=num_batches)
    assert len(sampler) == len(list(sampler)) == expected


# --- concatenated data sets -------------------------------------------------


def test_looks_through_nested_concatenation():
    # The same videos apart and in one data set give the same batches.
    videos = [(label, 3) for label in range(3) for _ in range(6)]
    parts = [Videos(videos[a:b], 3) for a, b in [(12, 18), (5, 12), (0, 5)]]
    whole = Videos(videos[12:18] + videos[5:12] + videos[:5])
    nested = ConcatDataset([parts[0], ConcatDataset(parts[1:])])
    assert batches(build(nested), 2) == batches(build(whole), 2)
    assert [part.epochs for part in parts] == [[(2, 0)]] * 3


def test_indices_of_the_second_part_are_shifted():
    parts = [Videos([(0, 4)] * 2, 2), Videos([(1, 5)] * 2, 2)]
    for batch in batches(build(ConcatDataset(parts), 2, 2, num_batches=100)):
        low, high = sorted([batch[:2], batch[2:]])
        assert max(low) < 8 <= min(high) and max(high) < 18
        assert len({(index - 8) // 5 for index in high}) == 2


# --- in mmengine's loader ---------------------------------------------------


def loader_config(coco_vid, num_workers):
    names = ('ant', 'bee', 'cat')
    part = dict(
        type='TripletVideoDataset',
        data_root=coco_vid.data_root,
        metainfo=dict(CLASSES=names),
        pipeline=[
            dict(type='LoadVideoFrames'),
            dict(
                type='TransformBroadcaster',
                share_random_params=True,
                transforms=[
                    dict(type='LoadTrackAnnotations'),
                    dict(type='RandomFlip', prob=0.5),
                ],
            ),
            dict(type='PackTrackInputs', meta_keys=('video_label',)),
        ],
    )
    vid = dict(
        part,
        ann_file='annotations/imagenet_vid_train.json',
        data_prefix=dict(img_path='Data/VID'),
    )
    det = dict(
        part,
        ann_file='annotations/imagenet_det_30plus1cls.json',
        data_prefix=dict(img_path='Data/DET'),
        load_as_video=False,
    )
    return dict(
        batch_size=6,
        num_workers=num_workers,
        persistent_workers=num_workers > 0,
        sampler=dict(type='DefaultSampler', shuffle=True),
        batch_sampler=dict(
            type='TripletVideoBatchSampler',
            num_categories=2,
            videos_per_category=3,
            num_batches=6,
        ),
        dataset=dict(type='ConcatDataset', datasets=[vid, det]),
    )


def write_vid_and_det(coco_vid):
    coco_vid.write([coco_vid.video(i % 3, 7) for i in range(9)])
    coco_vid.write_stills([[(i % 3, 4, 4, 30, 30, 0)] for i in range(40)])


def epoch_of_samples(loader):
    """Pixels, boxes and labels of every sample of an epoch, in order."""
    result = []
    for batch in loader:
        for i, sample in enumerate(batch['data_samples']):
            frames = [
                image[:3, 0, 0].tolist()
                for key in ('img', 'ref_img')
                for image in batch['inputs'][key][i]
            ]
            boxes = sample.gt_instances.bboxes.tolist()
            result.append((frames, boxes, sample.video_label))
    return result


@pytest.mark.usefixtures('mmtrack_scope')
def test_loader_of_vid_and_det(coco_vid):
    write_vid_and_det(coco_vid)
    reference = Runner.build_dataloader(loader_config(coco_vid, 0), seed=3)
    assert len(reference) == 6
    epochs = []
    for epoch in (0, 1, 2):
        reference.batch_sampler.sampler.set_epoch(epoch)
        epochs.append(epoch_of_samples(reference))
    # Three samples of a category after another, stills (red 255) among them.
    for samples in epochs:
        labels = np.array([label for _, _, label in samples]).reshape(-1, 2, 3)
        assert (labels == labels[:, :, :1]).all()
        assert (labels[:, 0, 0] != labels[:, 1, 0]).all()
        for frames, _, _ in samples:
            still = frames[0][2] == 255
            assert (len(set(map(tuple, frames))) == 1) == still
    stills = [f[0][2] == 255 for samples in epochs for f, _, _ in samples]
    assert any(stills) and not all(stills)
    assert epochs[0] != epochs[1] != epochs[2]
    # Two workers that live on give the very same samples, flips included.
    loader = Runner.build_dataloader(loader_config(coco_vid, 2), seed=3)
    for epoch, expected in enumerate(epochs):
        loader.batch_sampler.sampler.set_epoch(epoch)
        assert epoch_of_samples(loader) == expected
    # So does a run that begins with the last epoch, as a resumed one.
    loader = Runner.build_dataloader(loader_config(coco_vid, 2), seed=3)
    loader.batch_sampler.sampler.set_epoch(2)
    assert epoch_of_samples(loader) == epochs[2]


@pytest.mark.usefixtures('mmtrack_scope')
def test_iteration_based_loop_goes_on_to_the_next_epoch(coco_vid, monkeypatch):
    monkeypatch.setattr('mmengine.runner.loops.time.sleep', lambda _: None)
    write_vid_and_det(coco_vid)
    loader = Runner.build_dataloader(loader_config(coco_vid, 0), seed=3)
    expected = []
    for epoch in (0, 1, 2):
        loader.batch_sampler.sampler.set_epoch(epoch)
        expected += epoch_of_samples(loader)
    loader = Runner.build_dataloader(loader_config(coco_vid, 2), seed=3)
    endless = _InfiniteDataloaderIterator(loader)
    assert epoch_of_samples(next(endless) for _ in range(18)) == expected


# --- errors -----------------------------------------------------------------


@pytest.mark.parametrize(
    'kwargs, message',
    [
        (dict(batch_size=8), 'batch_size must be .* 3 x 3 = 9, but is 8'),
        (dict(categories=0), r'num_categories \(K\) .* is 0'),
        (dict(videos=1), r'videos_per_category \(N\) .* is 1'),
        (dict(num_batches=0), 'num_batches .* is 0'),
        (dict(still_share=1.2), 'still_share .* is 1.2'),
        (dict(small_categories='skip'), "small_categories .* 'skip'"),
        (
            dict(categories=7),
            'num_categories=7, but only 6 .*ant 4, bee 5.*fox 9',
        ),
        (
            dict(videos=6),
            'videos_per_category=6, .*: ant 4, bee 5; .*small_categories=',
        ),
        (
            dict(categories=5, videos=6, small_categories='leave_out'),
            'num_categories=5, but only 4 .*: cat 6, dog 7, elk 8, fox 9',
        ),
        (
            dict(categories=2, videos=10, small_categories='leave_out'),
            'but only 0 categories .*none; lower num_categories',
        ),
        (
            dict(videos=9, small_categories='leave_out'),
            'only 1 categories .*: fox 9; one category has no negative videos',
        ),
    ],
)
def test_too_few(uneven, kwargs, message):
    with pytest.raises(ValueError, match=message):
        build(uneven, **kwargs)


def test_one_class_has_one_remedy_that_works():
    dataset = Videos([(0, 2)] * 12)
    with pytest.raises(ValueError) as error:
        build(dataset)
    text = str(error.value)
    assert 'num_categories=3, but only 1 categories have 3 videos' in text
    assert 'lower num_categories' not in text
    for setting in ('num_categories=1', 'videos_per_category=9', '_size=9'):
        assert setting in text
    sampler = build(dataset, 1, 9, num_batches=20)
    owner = owners(dataset)
    drawn = batches(sampler, 3)
    assert len(drawn) == 20 and dataset.epochs[-1] == (3, 0)
    # Nine of the twelve videos, any of their frames.
    assert all(len({owner[i] for i in batch}) == 9 for batch in drawn)
    assert {i for batch in drawn for i in batch} == set(range(24))


def test_small_categories_can_be_left_out(uneven):
    sampler = build(uneven, videos=6, small_categories='leave_out')
    owner = owners(uneven)
    labels = {
        uneven.records[owner[index]].label
        for batch in batches(sampler)
        for index in batch
    }
    assert labels == {2, 3, 4, 5}


def test_small_categories_can_be_repeated():
    # Category 0 has two videos of three key frames, category 1 just one.
    dataset = Videos([(0, 3), (0, 3), (1, 3)] + [(2, 1)] * 4 + [(3, 1)] * 4)
    sampler = build(dataset, small_categories='repeat', num_batches=300)
    owner = owners(dataset)
    seen = set()
    for batch in batches(sampler):
        for start in (0, 3, 6):
            videos = [owner[index] for index in batch[start : start + 3]]
            label = dataset.records[videos[0]].label
            assert len(set(videos)) == (2 if label == 0 else 3)
            seen |= {index for index in batch[start : start + 3]}
    # Every key frame comes, of the category of one video none.
    assert seen == set(range(6)) | set(range(9, 17))


@pytest.mark.parametrize('share', [0.0, 0.25, 0.8, 1.0])
def test_share_of_still_images(share):
    # In each category 6 videos of 15 key frames and 80 stills.
    dataset = Videos(
        [
            (label, frames)
            for label in range(3)
            for frames in [15] * 6 + [1] * 80
        ]
    )
    dataset.records = [
        record._replace(still=len(record.key_indices) == 1)
        for record in dataset.records
    ]
    owner = owners(dataset)
    sampler = build(dataset, still_share=share, num_batches=2000)
    stills = np.array(
        [
            [dataset.records[owner[index]].still for index in batch]
            for batch in batches(sampler)
        ]
    )
    # 18,000 draws: one standard deviation is at most 0.0037.
    assert abs(stills.mean() - share) < 0.015
    # In each place alike, that of the target too: 2,000 draws, 0.011.
    assert abs(stills.mean(0) - share).max() < 0.045
    # In proportion to key frames 6 x 15 of 170 are of videos: stills 0.47.
    sampler = build(dataset, num_batches=2000)
    stills = [
        dataset.records[owner[index]].still
        for batch in batches(sampler)
        for index in batch
    ]
    assert abs(np.mean(stills) - 80 / 170) < 0.03


def test_share_of_stills_where_there_are_too_few():
    # One still a category: the other two are videos, though share is 1.
    dataset = Videos([(label, 1) for label in (0, 1, 2) for _ in range(5)])
    dataset.records = [
        record._replace(still=place % 5 == 0)
        for place, record in enumerate(dataset.records)
    ]
    sampler = build(dataset, still_share=1, num_batches=50)
    for batch in batches(sampler):
        assert sum(index % 5 == 0 for index in batch) == 3
        assert len(set(batch)) == 9


def test_unfit_samplers_and_data_sets(uneven):
    with pytest.raises(TypeError, match='InfiniteSampler has no epoch'):
        TripletVideoBatchSampler(InfiniteSampler(uneven, seed=0), 9)
    for dataset in ([1, 2, 3], ConcatDataset([uneven, [1, 2]])):
        with pytest.raises(TypeError, match='TripletVideoDataset .* got list'):
            build(dataset)
