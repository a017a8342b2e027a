# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""One relation module: eq. 2 of the paper.

Legend: N queries, M supports, C feature channels, D embedding channels.
"""

from typing import Optional, Sequence, Tuple

import torch
from mmengine.model import BaseModule
from mmengine.registry import MODELS
from torch import Tensor, nn

from .functional import relate_parts, relation_weights


@MODELS.register_module()
class EmbeddedGaussianRelation(BaseModule):
    r"""Enhance features by what they relate to (eq. 2).

    .. math::
        \alpha_m = x_m + \sum_j g(x_m, x_j) \, x_j, \quad
        g = \mathrm{softmax}_j(\theta(x_m) \cdot \phi(x_j) / \sqrt{D})

    Args:
        in_channels (int): C, channels of the features.
        embed_channels (int, optional): D, channels of theta and phi.
            Defaults to C.
        out_proj (bool): Pass the sum through a linear layer before it is
            added, as the released code does. The paper adds the sum itself.
            Defaults to False.
        scaled (bool): Divide the dot products by the square root of D, as
            the released code does. The paper states no scaling. Defaults to
            True.
        relu (bool): ReLU after the residual sum, as the released code does.
            Defaults to False.
        init_gain (float): Scale of theta and phi at the start, see
            :meth:`init_weights`. Less than 1 makes every proposal listen to
            more of the others. Defaults to 1.0.
        init_cfg (dict, optional): Initialisation of all linear layers.
            Defaults to :meth:`init_weights`' own.

    Example:
        >>> import torch
        >>> module = EmbeddedGaussianRelation(in_channels=4)
        >>> module(torch.rand(2, 4), torch.rand(5, 4)).shape
        torch.Size([2, 4])
    """

    def __init__(
        self,
        in_channels: int,
        embed_channels: Optional[int] = None,
        out_proj: bool = False,
        relu: bool = False,
        scaled: bool = True,
        init_gain: float = 1.0,
        init_cfg: Optional[dict] = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        self.init_gain = init_gain
        self.scale = None if scaled else 1.0
        embed_channels = embed_channels or in_channels
        self.theta = nn.Linear(in_channels, embed_channels)
        self.phi = nn.Linear(in_channels, embed_channels)
        self.out_proj = (
            nn.Linear(in_channels, in_channels) if out_proj else nn.Identity()
        )
        self.activation = nn.ReLU() if relu else nn.Identity()

    def init_weights(self) -> None:
        """Start as the plain Gaussian kernel of non-local networks.

        theta and phi start as one random rotation times ``init_gain``, so
        that the logits are the features' own dot products times its square:
        a proposal begins by listening to those that look like it. With
        independent small weights it begins by adding the same mean to every
        proposal, module after module, and
        what tells proposals apart drowns in what they share (measured on
        the mini data, see docs/en/record.md). An output projection starts
        at zero, as non-local networks have it.
        """
        super().init_weights()
        if self.init_cfg:
            return
        nn.init.orthogonal_(self.theta.weight, gain=self.init_gain)
        with torch.no_grad():
            self.phi.weight.copy_(self.theta.weight)
        for layer in (self.theta, self.phi):
            nn.init.zeros_(layer.bias)
        if isinstance(self.out_proj, nn.Linear):
            nn.init.zeros_(self.out_proj.weight)
            nn.init.zeros_(self.out_proj.bias)

    def forward(self, x: Tensor, support: Tensor) -> Tensor:
        """Relate every row of ``x`` to all rows of ``support``.

        Args:
            x (Tensor): Features to enhance, shape [..., N, C].
            support (Tensor): Features to draw on, shape [..., M, C]; M may
                be 0, then ``x`` is only itself.

        Returns:
            Tensor: Enhanced features, shape [..., N, C].
        """
        return self.attend(x, [self.offer(support)])

    def offer(self, support: Tensor) -> Tuple[Tensor, Tensor]:
        """Return key [..., M, D] and value [..., M, C] of support rows.

        Every row depends on the same row of ``support`` alone, so that a
        frame's offer is computed once however many frames relate to it.
        """
        return self.phi(support), support

    def attend(
        self, x: Tensor, offers: Sequence[Tuple[Tensor, Tensor]]
    ) -> Tensor:
        """Relate every row of ``x`` to what :meth:`offer` returned.

        Args:
            x (Tensor): Features to enhance, shape [..., N, C].
            offers (list[tuple[Tensor, Tensor]]): One offer or more; one
                softmax runs over the rows of all. With several, x is [N, C].

        Returns:
            Tensor: Enhanced features, shape [..., N, C].
        """
        aggregate = self.out_proj(
            relate_parts(self.theta(x), offers, self.scale)
        )
        if not any(value.shape[-2] for _, value in offers):
            # Nothing is added, the bias of the projection neither.
            aggregate = aggregate * 0
        return self.activation(x + aggregate)

    def weights(self, x: Tensor, key: Tensor) -> Tensor:
        """How much :meth:`attend` lets each row of ``x`` draw on each key.

        Args:
            x (Tensor): Features to enhance, shape [..., N, C].
            key (Tensor): Shape [..., M, D].

        Returns:
            Tensor: Shape [..., N, M].
        """
        return relation_weights(self.theta(x), key, self.scale)
