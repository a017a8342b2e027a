# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""A second pair of classifier and regressor.

Legend: N proposals, D channels of a feature, K classes.
"""

import math
from typing import Sequence, Tuple

import torch
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
        at_test (str): 'ignored': it serves training alone; 'averaged': a
            proposal's probabilities and its box deltas are the means of
            both predictors', one of the released code's tests. Defaults to
            'ignored'.

    Raises:
        ValueError: ``after`` or ``at_test`` is none of these.
    """

    choices = ('ignored', 'averaged')

    def __init__(
        self,
        channels: int,
        num_scores: int,
        num_deltas: int,
        after: int = 2,
        loss_weight: float = 1.0,
        at_test: str = 'ignored',
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
        if at_test not in self.choices:
            raise ValueError(
                f'auxiliary.at_test must be one of {self.choices}, got '
                f"'{at_test}'."
            )
        self.after = after
        self.at_test = at_test
        self.loss_weight = loss_weight
        self.fc_cls = nn.Linear(channels, num_scores)
        self.fc_reg = nn.Linear(channels, num_deltas)

    def forward(self, features: Tensor) -> Tuple[Tensor, Tensor]:
        """Scores [N, K + 1] and box deltas [N, 4] of features [N, D]."""
        return self.fc_cls(features), self.fc_reg(features)

    def combine(
        self, cls_score: Tensor, bbox_pred: Tensor, stages: Sequence[Tensor]
    ) -> Tuple[Tensor, Tensor]:
        """Put both predictors' outputs together at test.

        Args:
            cls_score (Tensor): Of the last predictor, [N, K + 1].
            bbox_pred (Tensor): Of the last predictor, [N, 4].
            stages (list[Tensor]): The features after 0, 1, ... intra-video
                modules, [N, D] each.

        Returns:
            tuple[Tensor, Tensor]: Scores whose softmax is the mean of the
            two, and box deltas.
        """
        if self.at_test == 'ignored':
            return cls_score, bbox_pred
        own_score, own_pred = self(stages[self.after])
        logs = torch.stack([cls_score, own_score]).log_softmax(-1)
        mean = logs.logsumexp(0) - math.log(2)
        return mean, (bbox_pred + own_pred) / 2
