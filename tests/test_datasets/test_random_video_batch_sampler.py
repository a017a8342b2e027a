# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Random batches, with other support frames each epoch."""

import pytest
from mmengine.dataset import DefaultSampler, InfiniteSampler
from mmengine.runner import Runner
from torch.utils.data import BatchSampler, ConcatDataset, Dataset

from mmhvr.datasets import RandomVideoBatchSampler


class Told(Dataset):
    """Notes what it is told."""

    def __init__(self, length):
        self.length, self.epochs = length, []

    def __len__(self):
        return self.length

    def set_epoch(self, epoch, seed):
        self.epochs.append((epoch, seed))


def test_the_batches_are_pytorchs():
    sampler = DefaultSampler(Told(23), shuffle=True, seed=5)
    ours = RandomVideoBatchSampler(sampler, 4)
    for epoch in (0, 3):
        sampler.set_epoch(epoch)
        assert list(ours) == list(BatchSampler(sampler, 4, drop_last=True))
    assert len(ours) == 5
    assert len(RandomVideoBatchSampler(sampler, 4, drop_last=False)) == 6


def test_every_data_set_is_told_the_epoch():
    first, second, third = Told(5), Told(6), Told(7)
    whole = ConcatDataset([first, ConcatDataset([second, third])])
    sampler = DefaultSampler(whole, shuffle=True, seed=8)
    ours = RandomVideoBatchSampler(sampler, 3)
    for epoch in (0, 4):
        sampler.set_epoch(epoch)
        list(ours)
    for part in (first, second, third):
        assert part.epochs == [(0, 8), (4, 8)]


@pytest.mark.usefixtures('mmtrack_scope')
def test_support_frames_of_a_loader(coco_vid):
    coco_vid.write([coco_vid.video(i % 3, 9) for i in range(6)])

    def supports(seed, num_workers):
        """For two epochs, the support frames of each target frame."""
        loader = Runner.build_dataloader(
            dict(
                batch_size=4,
                num_workers=num_workers,
                persistent_workers=num_workers > 0,
                sampler=dict(type='DefaultSampler', shuffle=True),
                batch_sampler=dict(type='RandomVideoBatchSampler'),
                dataset=dict(
                    type='TripletVideoDataset',
                    data_root=coco_vid.data_root,
                    metainfo=dict(CLASSES=('ant', 'bee', 'cat')),
                    ann_file='annotations/imagenet_vid_train.json',
                    data_prefix=dict(img_path='Data/VID'),
                    pipeline=[
                        dict(type='LoadVideoFrames'),
                        dict(
                            type='TransformBroadcaster',
                            transforms=[dict(type='LoadTrackAnnotations')],
                        ),
                        dict(
                            type='PackTrackInputs',
                            meta_keys=('video_label',),
                        ),
                    ],
                ),
            ),
            seed=seed,
        )
        epochs = []
        for epoch in (0, 1):
            loader.batch_sampler.sampler.set_epoch(epoch)
            found = {}
            for batch in loader:
                for target, others in zip(
                    batch['inputs']['img'], batch['inputs']['ref_img']
                ):
                    # Blue and green tell the video and the frame.
                    key = tuple(target[0, :2, 0, 0].tolist())
                    found[key] = others[:, :2, 0, 0].tolist()
            epochs.append(found)
        return epochs

    first, second = supports(3, 0)
    assert len(first) == len(second) == 52  # of 54 key frames, 13 batches
    both = set(first) & set(second)
    assert sum(first[k] != second[k] for k in both) > len(both) / 2
    assert supports(3, 2) == [first, second]
    other, _ = supports(4, 0)
    both = set(first) & set(other)
    assert sum(first[k] != other[k] for k in both) > len(both) / 2


def test_what_cannot_be_told():
    with pytest.raises(TypeError, match='InfiniteSampler has no epoch'):
        RandomVideoBatchSampler(InfiniteSampler(Told(4)), 2)
    with pytest.raises(TypeError, match='but got list'):
        RandomVideoBatchSampler(DefaultSampler([1, 2], seed=0), 2)
