# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Intra-video relations between a linear layer and its ReLU: SELSA's order.

Legend: N proposals of the target frame, M proposals of all support frames, D
channels of a proposal feature.
"""

from typing import List, Optional, Sequence

from mmengine.model import constant_init, xavier_init
from mmengine.registry import MODELS
from torch import Tensor, nn

from .intra_video import IntraVideoRelation, Offers


@MODELS.register_module()
class LinearFirstIntraRelation(IntraVideoRelation):
    r"""Relations that read features before their ReLU.

    For the target's features h and a support's r, module k does

    .. math::
        h \leftarrow W_k h, \quad r \leftarrow W_k r, \quad
        h \leftarrow \mathrm{ReLU}(h + A_k(h, r)), \quad
        r \leftarrow \mathrm{ReLU}(r)

    where :math:`W_0` belongs to the head, whose ReLU falls away
    (``reads_before_relu``). Supports are never enhanced, so that what one
    offers is a constant of its frame, as in :class:`IntraVideoRelation`. With
    two modules of :class:`MultiHeadRelation` this is SELSA (ICCV 2019),
    exactly as MMTracking computes it; there the target frame's own proposals
    are among the supports at test, not enhanced like all others.

    Args:
        channels (int): D, channels of the proposal features.
        num_modules (int): Number of relation modules, at least 1. Defaults
            to 2.
        own_frame_at_test (bool): Let target proposals relate to those of
            their own frame at test, too. Defaults to True.
        relation (dict, optional): Config of the relation modules. Defaults
            to :class:`MultiHeadRelation`.
        skip (bool): Let the last module see the initial features of the
            supports, too: HVR-Net's skip connection. Defaults to False.
        zero_start (int): The last so many modules start by changing
            nothing, so that a trained SELSA goes on as it is. Defaults to 0.
        init_cfg: See :class:`IntraVideoRelation`.

    Raises:
        ValueError: ``num_modules`` is below 1, ``skip`` is no bool, or the
            first module is among those of ``zero_start``.

    Example:
        >>> import torch
        >>> intra = LinearFirstIntraRelation(channels=32)
        >>> intra(torch.rand(5, 32), torch.rand(20, 32)).shape
        torch.Size([5, 32])
    """

    reads_before_relu = True

    def __init__(
        self,
        channels: int,
        num_modules: int = 2,
        own_frame_at_test: bool = True,
        relation: Optional[dict] = None,
        skip: bool = False,
        zero_start: int = 0,
        init_cfg: Optional[dict] = None,
    ) -> None:
        if num_modules < 1:
            raise ValueError(
                f'num_modules must be at least 1, got {num_modules}. For no '
                'relation use IntraVideoRelation with num_modules=0.'
            )
        if not 0 <= zero_start < num_modules:
            raise ValueError(
                f'zero_start is {zero_start}, but must be 0 or more and below '
                f'num_modules, {num_modules}.'
            )
        super().__init__(
            channels,
            num_modules,
            skip=skip,
            relation=dict(dict(type='MultiHeadRelation'), **(relation or {})),
            init_cfg=init_cfg,
        )
        self.own_frame_at_test = own_frame_at_test
        self.zero_start = zero_start
        self.activation = nn.ReLU()

    def build_linear(self, channels: int) -> nn.Module:
        """Return a linear layer alone: its ReLU comes after the relation."""
        return nn.Linear(channels, channels)

    def start_linear(self) -> None:
        """Let linear layers start as mmdet's shared ones, new ones as none.

        Behind a ReLU an identity and a relation that adds nothing change
        nothing.
        """
        new = len(self.fcs) - self.zero_start
        for fc in self.fcs[:new]:
            xavier_init(fc, distribution='uniform')
        for fc, relation in zip(self.fcs[new:], self.relations[new + 1 :]):
            nn.init.eye_(fc.weight)
            nn.init.zeros_(fc.bias)
            constant_init(relation.out_proj, 0)

    def transform(self, index: int, support: Tensor) -> Tensor:
        """Turn what module ``index`` saw of supports into the next one's."""
        return self.fcs[index](self.activation(support))

    def relate(self, index: int, query: Tensor, reads: Offers) -> Tensor:
        """One module, and the ReLU of the linear layer before it."""
        return self.activation(super().relate(index, query, reads))

    def supports_of(self, offers: Sequence, target: int) -> List:
        """With the target frame's own, before any module."""
        if self.own_frame_at_test:
            return list(offers)
        return super().supports_of(offers, target)
