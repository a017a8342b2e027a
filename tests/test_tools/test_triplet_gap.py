# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""triplet_gap: one set of targets, in company that tells or does not tell."""

import pytest
import torch

from mmhvr.analysis.triplet_batches import triplet_batches
from mmhvr.analysis.triplet_gap import Company, loss_in_company
from mmhvr.apis import init_model
from mmhvr.datasets.digits.maker import make_digits_vid
from mmhvr.run.config import load_config
from mmhvr.run.model_index import find_model


@pytest.fixture(scope='module')
def config_file(tmp_path_factory):
    """The mini config on six validation videos a digit."""
    root = make_digits_vid(
        tmp_path_factory.mktemp('digits') / 'data',
        train_videos_per_class=1,
        val_videos_per_class=6,
        frames=3,
        det_images=0,
        progress=False,
    )
    cfg = load_config(find_model('mini')[0])
    for loader in (cfg.train_dataloader, cfg.test_dataloader):
        loader.dataset.data_root = f'{root}/'
    path = root.parent / 'config.py'
    cfg.dump(path)
    return path


def losses_of(config_file, **head):
    cfg = load_config(str(config_file))
    cfg.model.detector.roi_head.bbox_head.update(head)
    torch.manual_seed(0)
    model = init_model(cfg, device='cpu')
    with torch.no_grad():  # a projection of zeros reads nothing
        for name, weight in model.named_parameters():
            if 'out_proj' in name:
                torch.nn.init.normal_(weight)
    before = (model.training, model.supervise, model.video_selector)
    losses = loss_in_company(model, triplet_batches(cfg), 2)
    assert before == (model.training, model.supervise, model.video_selector)
    return model, losses


def test_company_by_hand():
    labels = torch.tensor([0, 0, 0, 1, 1, 2])
    same, other = (
        Company(same)(None, labels, None, targets=(0, 2, 3))
        for same in (True, False)
    )
    assert same == [(0, 1, 2), (2, 0, 1), (3, 4)]
    assert other == [(0, 3, 4), (2, 3, 4), (3, 5, 0)]


def test_without_inter_video_relation_company_is_nothing(config_file):
    _, losses = losses_of(config_file, inter=None)
    assert list(losses) == ['mined', 'same', 'other', 'alone']
    assert len(losses['mined']['loss_cls']) == 2
    assert all(of_name == losses['mined'] for of_name in losses.values())


def test_the_inter_video_relation_alone_reads_company(config_file):
    model, losses = losses_of(config_file)
    assert model.detector.roi_head.bbox_head.loss_relation is not None
    mined = losses.pop('mined')
    for of_name in losses.values():
        assert of_name['loss_cls_aux'] == mined['loss_cls_aux']
        assert of_name['loss_cls'] != mined['loss_cls']


def test_a_memory_takes_no_part_and_stays(config_file):
    """Nor does a config without K x N batches prevent the measurement."""
    _, expected = losses_of(config_file)
    cfg = load_config(str(config_file))
    cfg.train_dataloader.update(batch_sampler=None, batch_size=2)
    cfg.model.memory = dict(type='VideoMemory', video_channels=192)
    torch.manual_seed(0)
    model = init_model(cfg, device='cpu')
    memory = model.memory
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if 'out_proj' in name:
                torch.nn.init.normal_(weight)
    losses = loss_in_company(model, triplet_batches(cfg), 2)
    assert losses == expected
    assert model.memory is memory and len(memory) == 0


def test_a_model_that_mines_nothing_is_refused(config_file):
    cfg = load_config(str(config_file))
    cfg.model.video_selector = None
    with pytest.raises(ValueError, match='no video_selector'):
        loss_in_company(init_model(cfg, device='cpu'), [], 1)
    with pytest.raises(ValueError, match='Linear is not an HVRNet'):
        loss_in_company(torch.nn.Linear(1, 1), [], 1)


def test_the_tool_prints_a_table(config_file, load_tool, capsys):
    main = load_tool('analysis_tools/triplet_gap.py').main
    main([str(config_file), find_model('mini')[1], '--batches', '2'])
    lines = capsys.readouterr().out.splitlines()
    rows = {line.split()[0]: line.split() for line in lines if line}
    assert rows['mined'][2:] == ['+0.0000', '+-', '0.0000', '1.000']
    # What comes along has learned: guessing one of eleven has 2.4.
    assert 0 < float(rows['alone'][1]) < 1
    with pytest.raises(SystemExit, match='^error: '):
        main([str(config_file), 'gone.pth'])
    with pytest.raises(SystemExit):
        main([str(config_file), 'gone.pth', '--batches', '1'])
