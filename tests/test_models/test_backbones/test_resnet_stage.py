# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""conv5 as a module of its own against mmdet's whole backbone."""

import pytest
import torch
from mmdet.models.backbones import ResNet, ResNeXt
from torch.nn.modules.batchnorm import _BatchNorm

from mmhvr.models import ResNetStage


@pytest.mark.parametrize('depth, groups', [(18, 1), (50, 1), (50, 32)])
def test_equals_the_last_stage_of_the_backbone(depth, groups):
    kwargs = dict(groups=groups, base_width=4) if groups > 1 else {}
    cls = ResNeXt if groups > 1 else ResNet
    whole = cls(
        depth=depth,
        strides=(1, 2, 2, 1),
        dilations=(1, 1, 1, 2),
        out_indices=(2, 3),
        **kwargs,
    )
    whole.eval()
    stage = ResNetStage(depth, **kwargs).eval()
    # The names of a checkpoint's layer4 fit without a change.
    stage.load_state_dict(whole.layer4.state_dict())
    with torch.no_grad():
        conv4, conv5 = whole(torch.randn(1, 3, 64, 64))
        torch.testing.assert_close(stage(conv4), conv5)


def test_loads_its_part_of_a_checkpoint(tmp_path):
    whole = ResNet(18)
    path = str(tmp_path / 'resnet18.pth')
    torch.save(whole.state_dict(), path)
    stage = ResNetStage(
        18, init_cfg=dict(type='Pretrained', checkpoint=path, prefix='layer4')
    )
    stage.init_weights()
    for key, value in whole.layer4.state_dict().items():
        assert torch.equal(stage.state_dict()[key], value), key


@pytest.mark.parametrize('norm_eval', [True, False])
def test_frozen_statistics(norm_eval):
    stage = ResNetStage(18, norm_eval=norm_eval).train()
    norms = [m for m in stage.modules() if isinstance(m, _BatchNorm)]
    assert len(norms) == 5
    assert all(m.training != norm_eval for m in norms)
    assert stage[0].training


def test_unknown_depth():
    with pytest.raises(ValueError, match='depth.*18.*got 17'):
        ResNetStage(17)
