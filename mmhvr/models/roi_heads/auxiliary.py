# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""A second pair of classifier and regressor, for training alone.

Legend: N proposals, D channels of a feature, K classes.
"""

from typing import Tuple

from mmengine.model import BaseModule
from torch import Tensor, nn


class AuxiliaryPredictor(BaseModule):
    """Scores and boxes from features that few relations have enhanced.

    The released code classifies the output of its second intra-video module
    as well as the last one's, with losses of their own. It keeps the
    features of a proposal telling by themselves: without, the network can
    leave that to the proposals of the other frames.

    Args:
        channels (int): D.
        num_scores (int): Outputs of the classifier, K + 1.
        num_deltas (int): Outputs of the regressor, 4 if class-agnostic.
        after (int): Number of intra-video modules whose output it reads; 0
            is the features that no relation has touched. Defaults to 2.
        loss_weight (float): Weight of its losses. Defaults to 1.0.
    """

    def __init__(
        self,
        channels: int,
        num_scores: int,
        num_deltas: int,
        after: int = 2,
        loss_weight: float = 1.0,
    ) -> None:
        # As mmdet's box head starts its own two layers.
        super().__init__(
            init_cfg=[
                dict(type='Normal', std=0.01, override=dict(name='fc_cls')),
                dict(type='Normal', std=0.001, override=dict(name='fc_reg')),
            ]
        )
        if after < 0:
            raise ValueError(
                f'after must be 0 or more modules, but is {after}.'
            )
        self.after = after
        self.loss_weight = loss_weight
        self.fc_cls = nn.Linear(channels, num_scores)
        self.fc_reg = nn.Linear(channels, num_deltas)

    def forward(self, features: Tensor) -> Tuple[Tensor, Tensor]:
        """Scores [N, K + 1] and box deltas [N, 4] of features [N, D]."""
        return self.fc_cls(features), self.fc_reg(features)
