# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""One relation module with several kernels, as SELSA has it.

Legend: N queries, M supports, C feature channels, H heads.
"""

from typing import Optional, Sequence, Tuple

from mmengine.model import BaseModule
from mmengine.registry import MODELS
from torch import Tensor, cat, nn

from .functional import relate_heads, relation_weights


@MODELS.register_module()
class MultiHeadRelation(BaseModule):
    r"""Enhance features by what they relate to, with H kernels.

    .. math::
        \alpha_m = x_m + W_o \, \mathrm{concat}_h
        \sum_j g_h(x_m, x_j) \, (W_v x_j)_h, \quad
        g_h = \mathrm{softmax}_j(\theta(x_m)_h \cdot \phi(x_j)_h /
        \sqrt{C / H})

    where h takes the h-th part of the channels. This is the aggregator of
    SELSA (ICCV 2019) as MMTracking has it; eq. 2 of HVR-Net is
    :class:`EmbeddedGaussianRelation`, which has one kernel and adds the
    supports themselves.

    Args:
        in_channels (int): C.
        num_heads (int): H, a divisor of C. Defaults to 16.
        init_cfg (dict, optional): Initialisation of the linear layers.
            Defaults to Xavier's.

    Raises:
        ValueError: H does not divide C.

    Example:
        >>> import torch
        >>> module = MultiHeadRelation(in_channels=8, num_heads=2)
        >>> module(torch.rand(2, 8), torch.rand(5, 8)).shape
        torch.Size([2, 8])
    """

    def __init__(
        self,
        in_channels: int,
        num_heads: int = 16,
        init_cfg: Optional[dict] = None,
    ) -> None:
        if num_heads < 1 or in_channels % num_heads:
            raise ValueError(
                f'num_heads is {num_heads}, but must divide the '
                f'{in_channels} channels of the features'
            )
        super().__init__(
            init_cfg=init_cfg
            or dict(type='Xavier', layer='Linear', distribution='uniform')
        )
        self.num_heads = num_heads
        self.theta = nn.Linear(in_channels, in_channels)
        self.phi = nn.Linear(in_channels, in_channels)
        self.value = nn.Linear(in_channels, in_channels)
        self.out_proj = nn.Linear(in_channels, in_channels)

    def forward(self, x: Tensor, support: Tensor) -> Tensor:
        """Relate every row of ``x`` to all rows of ``support``.

        Args:
            x (Tensor): Features to enhance, shape [N, C].
            support (Tensor): Features to draw on, shape [M, C]; M may be 0,
                then ``x`` is only itself.

        Returns:
            Tensor: Enhanced features, shape [N, C].
        """
        return self.attend(x, [self.offer(support)])

    def offer(self, support: Tensor) -> Tuple[Tensor, Tensor]:
        """Return what support rows offer: key and value, [M, C] each.

        Every row depends on the same row of ``support`` alone.
        """
        return self.phi(support), self.value(support)

    def attend(
        self, x: Tensor, offers: Sequence[Tuple[Tensor, Tensor]]
    ) -> Tensor:
        """Relate every row of ``x`` to what :meth:`offer` returned.

        Args:
            x (Tensor): Features to enhance, shape [N, C].
            offers (list[tuple[Tensor, Tensor]]): One offer or more; one
                softmax a head runs over the rows of all.

        Returns:
            Tensor: Enhanced features, shape [N, C].
        """
        key, value = (cat(parts) for parts in zip(*offers))
        heads = relate_heads(*map(self._split, (self.theta(x), key, value)))
        aggregate = self.out_proj(heads.transpose(0, 1).flatten(1))
        if not len(key):
            # Nothing is added, the bias of the projection neither.
            aggregate = aggregate * 0
        return x + aggregate

    def _split(self, x: Tensor) -> Tensor:
        """Return the parts of [N, C] that the heads read, [H, N, C / H]."""
        return x.unflatten(1, (self.num_heads, -1)).transpose(0, 1)

    def weights(self, x: Tensor, key: Tensor) -> Tensor:
        """How much :meth:`attend` lets each row of ``x`` draw on each key.

        Args:
            x (Tensor): Features to enhance, shape [N, C].
            key (Tensor): Shape [M, C].

        Returns:
            Tensor: The mean over the heads, shape [N, M].
        """
        query, key = self._split(self.theta(x)), self._split(key)
        return relation_weights(query, key).mean(0)
