# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The last ResNet stage as a module of its own (conv5, section 4.1).

Legend: B frames, C channels, h x w size of a feature map.
"""

from typing import Optional

from mmdet.models.backbones import ResNet, ResNeXt
from mmdet.models.layers import ResLayer
from mmengine.registry import MODELS
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm


@MODELS.register_module()
class ResNetStage(ResLayer):
    """One stage of a ResNet or ResNeXt, by default conv5 at stride 1.

    The paper runs RPN on conv4 and takes RoI features from a conv5 whose
    stride is traded for dilation. Frames of videos that the video triplet
    rejects never get here. Its blocks are named as in the backbone, so that
    one checkpoint initialises both:
    ``init_cfg=dict(type='Pretrained', checkpoint=..., prefix='layer4')``.

    Args:
        depth (int): Depth of the network, as mmdet's ResNet takes it.
        stage (int): Index of the stage, 3 for conv5. Defaults to 3.
        base_channels (int): Channels of the network's stem. Defaults to 64.
        stride (int): Stride of the stage. Defaults to 1.
        dilation (int): Dilation of its 3 x 3 convolutions. Defaults to 2.
        groups (int): Groups of a ResNeXt; 1 is a ResNet. Defaults to 1.
        base_width (int): Width of a ResNeXt group. Defaults to 4.
        norm_eval (bool): Keep batch statistics frozen in training.
            Defaults to True.
        kwargs: norm_cfg, style, conv_cfg, ... of mmdet's ResLayer, and
            init_cfg.

    Raises:
        ValueError: If mmdet has no ResNet of that depth.
    """

    def __init__(
        self,
        depth: int,
        stage: int = 3,
        base_channels: int = 64,
        stride: int = 1,
        dilation: int = 2,
        groups: int = 1,
        base_width: int = 4,
        norm_eval: bool = True,
        init_cfg: Optional[dict] = None,
        **kwargs,
    ) -> None:
        settings = (ResNeXt if groups > 1 else ResNet).arch_settings
        if depth not in settings:
            raise ValueError(
                f'depth must be one of {sorted(settings)} with '
                f'groups={groups}, got {depth}.'
            )
        block, blocks_per_stage = settings[depth]
        if groups > 1:
            kwargs.update(
                groups=groups,
                base_width=base_width,
                base_channels=base_channels,
            )
        in_channels = (
            base_channels * 2 ** (stage - 1) * block.expansion
            if stage > 0
            else base_channels
        )
        super().__init__(
            block=block,
            inplanes=in_channels,
            planes=base_channels * 2**stage,
            num_blocks=blocks_per_stage[stage],
            stride=stride,
            dilation=dilation,
            **kwargs,
        )
        self.init_cfg = init_cfg or [
            dict(type='Kaiming', layer='Conv2d'),
            dict(type='Constant', val=1, layer=['_BatchNorm', 'GroupNorm']),
        ]
        self.norm_eval = norm_eval

    def forward(self, x: Tensor) -> Tensor:
        """Turn [B, C, h, w] of the stage before into this stage's maps."""
        return super().forward(x)

    def train(self, mode: bool = True) -> 'ResNetStage':
        """Switch the mode, but keep frozen statistics frozen."""
        super().train(mode)
        if mode and self.norm_eval:
            for module in self.modules():
                if isinstance(module, _BatchNorm):
                    module.eval()
        return self
