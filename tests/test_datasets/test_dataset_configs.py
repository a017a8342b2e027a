# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Each data config builds its loaders and gives the batches it promises."""

from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.runner import Runner

import mmhvr.datasets  # noqa: F401

pytestmark = pytest.mark.usefixtures('mmtrack_scope')

FOLDER = Path(__file__).parents[2] / 'configs/_base_/datasets'


def replace(value, old, new):
    """Replace a text in all strings of a config."""
    if isinstance(value, dict):
        return {key: replace(item, old, new) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(replace(item, old, new) for item in value)
    return value.replace(old, new) if isinstance(value, str) else value


def load(maker, name, size):
    """Load a config onto data of its own classes, in this process."""
    cfg = Config.fromfile(FOLDER / f'{name}.py')
    number = len(cfg.classes)
    # Three videos of each class, of 5 frames for training and 4 for testing.
    labels = list(range(number)) * 3
    maker.write(
        [maker.video(label, 5) for label in labels],
        classes=cfg.classes,
        size=size,
    )
    maker.write(
        [maker.video(label, 4) for label in range(2)],
        'imagenet_vid_val',
        cfg.classes,
        size,
        key_frame=lambda video, frame: False,
    )
    maker.write_stills(
        [[(label, 5, 5, 30, 30, 0)] for label in labels * 5],
        classes=cfg.classes,
        size=size,
    )
    data = replace(cfg.to_dict(), cfg.data_root, maker.data_root)
    for part in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        data[part].update(num_workers=0, persistent_workers=False)
    return Config(data)


@pytest.mark.parametrize(
    'name, size, resized',
    [
        # 64 x 48: 96 / 48 = 2 is less than 160 / 64; short side 96.
        ('mini_vid', (48, 64), (96, 128)),
        # 120 x 40: 160 / 120 is less than 96 / 40; long side 160.
        ('mini_vid', (40, 120), (53, 160)),
        ('imagenet_vid', (48, 64), (600, 800)),
        ('imagenet_vid_det', (40, 120), (333, 1000)),
    ],
)
def test_triplet_configs(coco_vid, name, size, resized):
    cfg = load(coco_vid, name, size)
    loader = Runner.build_dataloader(cfg.train_dataloader, seed=0)
    parts = ['VID', 'DET'] if name.endswith('det') else ['VID']
    seen = set()
    for batch, _ in zip(loader, range(4)):
        images, samples = batch['inputs'], batch['data_samples']
        assert [tuple(x.shape) for x in images['img']] == [
            (1, 3, *resized)
        ] * 9
        assert {tuple(x.shape) for x in images['ref_img']} == {
            (2, 3, *resized)
        }
        labels = [sample.video_label for sample in samples]
        assert labels == [x for x in labels[::3] for _ in range(3)]
        for sample in samples:
            seen.add(sample.img_path.split('/Data/')[1][:3])
            # The box of 16 x 20 (or 25 x 25) pixels grows like the image.
            x1, y1, x2, y2 = sample.gt_instances.bboxes[0].tolist()
            width = 16 if 'video' in sample.img_path else 25
            assert x2 - x1 == pytest.approx(width * resized[1] / size[1])
            assert sample.gt_instances.labels.tolist() == [sample.video_label]
            assert sample.get('flip', False) in (
                (False,) if name.startswith('mini') else (False, True)
            )
    assert seen == set(parts)


@pytest.mark.parametrize('name', ['imagenet_vid', 'imagenet_vid_augmented'])
def test_frames_share_what_is_drawn_or_do_not(coco_vid, name):
    cfg = load(coco_vid, name, (48, 64))
    cfg.train_dataloader.dataset.pipeline[1].transforms[-2].scale = (100, 60)
    dataset = Runner.build_dataloader(cfg.train_dataloader, seed=0).dataset
    equal, shapes = [], set()
    for index in range(24):
        sample = dataset[index]['data_samples']
        equal.append([sample.flip] * 2 == list(sample.ref_flip))
        images = dataset[index]['inputs']
        size = tuple(images['img'].shape[-2:])
        shapes.add(size)
        assert tuple(sample.img_shape) == size
        assert images['ref_img'].shape[-2:] == images['img'].shape[-2:]
        for gt in (sample.gt_instances, sample.ref_gt_instances):
            assert len(gt.instances_id) == len(gt.labels) == len(gt.bboxes)
            assert (gt.bboxes >= 0).all()
            limits = gt.bboxes.new_tensor([size[1], size[0]] * 2)
            assert (gt.bboxes <= limits).all()
    if name == 'imagenet_vid':
        assert all(equal) and shapes == {(60, 80)}
    else:
        # Three flips are equal with probability 1/4: 6 of 24, with a
        # standard deviation of 2.1.
        assert 1 <= sum(equal) <= 14 and len(shapes) > 10


@pytest.mark.parametrize('name', ['mini_vid', 'imagenet_vid'])
def test_triplet_configs_at_test(coco_vid, name):
    cfg = load(coco_vid, name, (48, 64))
    assert cfg.test_dataloader == cfg.val_dataloader
    loader = Runner.build_dataloader(cfg.test_dataloader, seed=0)
    samples = [batch['data_samples'][0] for batch in loader]
    assert [sample.frame_id for sample in samples] == [0, 1, 2, 3] * 2
    # Single frames, of which the loops make windows.
    assert not any('ref_frame_id' in sample for sample in samples)
    for phase in ('val', 'test'):
        window = cfg[f'{phase}_cfg'].frame_sampler
        assert window.num_frames == cfg.num_test_frames
    # Boxes in pixels of the file: frame t starts at 4 + t.
    boxes = [sample.gt_instances.bboxes[0].tolist() for sample in samples]
    assert boxes[:4] == [[4 + t, 6 + t, 20 + t, 26 + t] for t in range(4)]


def test_selsa_config(coco_vid):
    cfg = load(coco_vid, 'mini_vid_selsa', (48, 64))
    loader = Runner.build_dataloader(cfg.train_dataloader, seed=0)
    batch = next(iter(loader))
    assert batch['inputs']['img'][0].shape == (1, 3, 96, 128)
    assert batch['inputs']['ref_img'][0].shape[0] in (1, 2)
    loader = Runner.build_dataloader(cfg.test_dataloader, seed=0)
    # MMTracking gives the references with the first frame of a video alone.
    numbers = [
        len(batch['inputs'].get('ref_img', [[]])[0]) for batch in loader
    ]
    assert numbers == [cfg.num_test_ref_imgs, 0, 0, 0] * 2


def test_single_frame_config(coco_vid):
    cfg = load(coco_vid, 'mini_det', (48, 64))
    loader = Runner.build_dataloader(cfg.train_dataloader, seed=0)
    # Every frame of 3 videos of 10 classes.
    assert len(loader.dataset) == 3 * 10 * 5
    batch = next(iter(loader))
    assert [tuple(x.shape) for x in batch['inputs']] == [(3, 96, 128)] * 9
    loader = Runner.build_dataloader(cfg.test_dataloader, seed=0)
    samples = [batch['data_samples'][0] for batch in loader]
    assert [sample.img_id for sample in samples] == list(range(1, 9))


def test_the_mini_configs_compare_fairly():
    hvr, selsa, det = (
        Config.fromfile(FOLDER / f'mini_{name}.py')
        for name in ('vid', 'vid_selsa', 'det')
    )
    assert hvr.img_scale == selsa.img_scale == det.img_scale
    assert hvr.classes == selsa.classes == det.classes
    assert hvr.num_frames == 1 + selsa.num_ref_imgs
    assert hvr.num_test_frames == 1 + selsa.num_test_ref_imgs
    assert hvr.val_evaluator == selsa.val_evaluator == det.val_evaluator
