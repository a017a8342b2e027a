# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Every config builds, without fetching weights, and keeps its promises."""

from collections import Counter
from pathlib import Path

import pytest
import torch
from mmdet.registry import TASK_UTILS
from mmengine import Config
from mmengine.registry import DefaultScope
from mmengine.structures import InstanceData
from mmtrack.registry import MODELS

import mmhvr  # noqa: F401

ROOT = Path(__file__).parents[1] / 'configs'
CONFIGS = sorted(
    path for path in ROOT.rglob('*.py') if '_base_' not in path.parts
)
MINI = ('hvr_faster-rcnn_r18', 'selsa_faster-rcnn_r18', 'faster-rcnn_r18')


def load(name):
    return Config.fromfile(ROOT / 'mini' / f'{name}_mini.py')


def detector(config):
    return config.model.get('detector', config.model)


@pytest.fixture(autouse=True)
def scope():
    with DefaultScope.overwrite_default_scope('mmtrack'):
        yield


@pytest.mark.parametrize('path', CONFIGS, ids=lambda p: p.stem)
def test_builds(path):
    config = Config.fromfile(path)
    model = MODELS.build(config.model)
    assert sum(p.numel() for p in model.parameters()) > 1e6
    assert config.custom_imports.imports == ['mmhvr']
    assert config.val_evaluator.type == 'VIDMetric'


def test_there_are_configs_and_mim_can_tell_them_apart():
    counts = Counter(path.name for path in CONFIGS)
    assert len(counts) > 10
    assert [name for name, n in counts.items() if n > 1] == []


@pytest.mark.parametrize('path', CONFIGS, ids=lambda p: p.stem)
def test_channels_fit(path):
    """The head's classes are those of the data."""
    config = Config.fromfile(path)
    head = detector(config).roi_head.bbox_head
    data = config.train_dataloader.dataset
    data = data.datasets[0] if 'datasets' in data else data
    assert head.num_classes == len(data.metainfo.CLASSES)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda p: p.stem)
def test_what_lies_in_a_crowd_is_no_background(path):
    """As in the evaluation, where a detection in a crowd is not false."""
    train_cfg = detector(Config.fromfile(path)).train_cfg
    crowd = InstanceData(bboxes=torch.tensor([[50.0, 50.0, 99.0, 99.0]]))
    gt = InstanceData(
        bboxes=torch.tensor([[0.0, 0.0, 20.0, 20.0]]),
        labels=torch.tensor([0]),
    )
    priors = torch.tensor(
        # The object, background, inside of the crowd, 40 % inside of it.
        [[0, 0, 20, 20], [30, 0, 45, 9], [60, 60, 80, 90], [42, 60, 55, 70]]
    ).float()
    for part in (train_cfg.rpn, train_cfg.rcnn):
        with DefaultScope.overwrite_default_scope('mmdet'):
            assigner = TASK_UTILS.build(part.assigner)
        result = assigner.assign(InstanceData(priors=priors), gt, crowd)
        assert result.gt_inds.tolist() == [1, 0, -1, 0]


# Every switch of the table in docs/en/method.md: paper, released code.
HEAD = 'model.detector.roi_head.bbox_head.'
SWITCHES = {
    'model.supervise': ('target', 'triplet'),
    'model.triplet_source': (None, 'roi'),
    'model.video_selector.over_time': (None, 'max'),
    'model.video_selector.similarity': (None, 'softmax'),
    'model.video_selector.near_both': (None, True),
    'model.support_ground_truth': (None, 'target'),
    HEAD + 'intra.type': ('IntraVideoRelation', 'MutualIntraVideoRelation'),
    HEAD + 'type': ('HVRBBoxHead', 'ReleasedHVRBBoxHead'),
    HEAD + 'intra.relation.scaled': (False, None),
    HEAD + 'intra.relation.out_proj': (None, True),
    HEAD + 'intra.relation.relu': (None, True),
    HEAD + 'inter.relation.scaled': (False, None),
    HEAD + 'inter.relation.out_proj': (None, True),
    HEAD + 'inter.relation.relu': (None, True),
    HEAD + 'inter.type': (
        'TripletInterVideoRelation',
        'PooledInterVideoRelation',
    ),
    HEAD + 'auxiliary.at_test': (None, 'averaged'),
    HEAD + 'auxiliary.after': (None, 2),
    HEAD + 'proposal_selector.type': (
        'ProposalTripletSelector',
        'ReleasedProposalTripletSelector',
    ),
    HEAD + 'loss_relation.distance': (None, 'dot'),
    HEAD + 'loss_relation.margin': (1.0, 10.0),
    HEAD + 'loss_relation.normalize': (False, False),
    HEAD + 'reg_class_agnostic': (True, True),
    'model.detector.test_cfg.rcnn.score_thr': (0.0001, 0.001),
    'model.detector.test_cfg.rcnn.nms.iou_threshold': (0.5, 0.3),
    'model.detector.test_cfg.rcnn.max_per_img': (100, 300),
    'test_cfg.frame_sampler.type': (
        'WindowFrameSampler',
        'ShuffledFrameSampler',
    ),
}
PRESETS = [
    ('hvr/hvr_faster-rcnn_r101-dc5_8xb9-7e_imagenetviddet_paper', 0),
    ('hvr/hvr_faster-rcnn_r101-dc5_8xb9-7e_imagenetvid_released', 1),
    ('ablations/hvr_faster-rcnn_r18_mini_paper', 0),
    ('ablations/hvr_faster-rcnn_r18_mini_released', 1),
]


@pytest.mark.parametrize('name, column', PRESETS)
def test_presets_set_every_switch(name, column):
    """The large and the small one alike; None is the default."""
    config = Config.fromfile(ROOT / f'{name}.py')
    for path, row in SWITCHES.items():
        value = config
        for key in path.split('.'):
            value = (value or {}).get(key)
        assert value == row[column], path
    sampler = config.train_dataloader.dataset
    sampler = sampler.get('datasets', [sampler])[0].frame_sampler
    assert (
        sampler.type == ('BilateralFrameSampler', 'OffsetFrameSampler')[column]
    )


def test_the_released_preset_freezes_what_it_starts_from():
    name = PRESETS[1][0]
    config = Config.fromfile(ROOT / f'{name}.py')
    model = MODELS.build(config.model).train()
    trained = {n for n, p in model.named_parameters() if p.requires_grad}
    parts = ('detector.backbone', 'detector.rpn_head')
    assert not [n for n in trained if n.startswith(parts)]
    assert [n for n in trained if 'feature_stage' in n]
    assert config.load_from and config.optim_wrapper.optimizer.lr == 0.0015


def test_mini_configs_compare_fairly():
    configs = [load(name) for name in MINI]
    for config in configs:
        rcnn = detector(config).test_cfg
        assert rcnn == detector(configs[0]).test_cfg
        backbone = detector(config).backbone
        same = ('type', 'depth', 'base_channels', 'norm_cfg')
        for key in same:
            assert backbone[key] == detector(configs[0]).backbone[key]
        anchors = detector(config).rpn_head.anchor_generator
        assert anchors == detector(configs[0]).rpn_head.anchor_generator
        assert config.test_evaluator == configs[0].test_evaluator
        assert config.img_scale == configs[0].img_scale
        assert config.optim_wrapper.optimizer == (
            configs[0].optim_wrapper.optimizer
        )


def test_mini_configs_supervise_as_many_frames():
    # HVR-Net: the target frames of all videos of a batch; SELSA: one frame a
    # step, some steps an update; the single-frame detector: its whole batch.
    hvr, selsa, det = (load(name) for name in MINI)
    assert hvr.model.supervise == 'batch'
    assert selsa.train_dataloader.batch_size == 1
    assert (
        hvr.train_dataloader.batch_size
        == selsa.optim_wrapper.accumulative_counts
        == det.train_dataloader.batch_size
    )
    updates = [config.train_cfg.max_iters for config in (hvr, selsa, det)]
    updates[1] /= selsa.optim_wrapper.accumulative_counts
    assert updates == [updates[0]] * 3


def test_the_memory_is_for_batches_of_any_videos():
    """As many as the others supervise, and of the map that is compared."""
    config = Config.fromfile(
        ROOT / 'ablations/hvr_faster-rcnn_r18_mini_memory.py'
    )
    loader, other = config.train_dataloader, load(MINI[0]).train_dataloader
    assert loader.batch_sampler == dict(type='RandomVideoBatchSampler')
    assert loader.batch_size == other.batch_size == 9
    assert loader.dataset == other.dataset
    model = MODELS.build(config.model)
    maps = model.detector.backbone(torch.zeros(1, 3, 64, 64))
    vectors = model.memory.videos().vectors
    assert vectors.shape == (0, model.triplet_maps(maps).shape[1])
    assert model.memory.labels.shape == (256,)


def test_mini_configs_have_the_same_detector():
    """All but the RoI head's box head and aggregation is the baseline's."""
    hvr, selsa, det = (detector(load(name)) for name in MINI)
    for config in (hvr, selsa):
        for key in ('backbone', 'neck', 'rpn_head', 'test_cfg'):
            assert config[key] == det[key], key
        layer = config.roi_head.bbox_roi_extractor.roi_layer
        assert layer == det.roi_head.bbox_roi_extractor.roi_layer


def test_test_windows_are_equal():
    hvr, selsa, _ = (load(name) for name in MINI)
    frames = hvr.test_cfg.frame_sampler.num_frames
    sampler = selsa.test_dataloader.dataset.ref_img_sampler
    assert frames == sampler.num_ref_imgs + 1


@pytest.mark.parametrize(
    'path', [p for p in CONFIGS if 'hvr' in p.stem], ids=lambda p: p.stem
)
def test_tests_with_and_without_seq_nms_on_the_small_data_alone(path):
    config = Config.fromfile(path)
    expected = dict(type='SeqNMS') if '_mini' in path.stem else None
    assert config.test_cfg.get('post_processor') == expected
    assert 'post_processor' not in config.val_cfg
