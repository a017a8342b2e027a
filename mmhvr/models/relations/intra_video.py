# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The stack of intra-video relations (section 3.2, figure 3).

Legend: N proposals of the target frame, M proposals of all support frames,
D channels of a proposal feature.
"""

from typing import List, Optional, Sequence, Tuple

from mmengine.model import BaseModule, ModuleList
from mmengine.registry import MODELS
from torch import Tensor, cat

from .embedded_gaussian import EmbeddedGaussianRelation
from .linear_layers import linear_layers, start_as_identity

# For each module the keys and the values of some support proposals.
Offers = List[Tuple[Tensor, Tensor]]


@MODELS.register_module()
class IntraVideoRelation(BaseModule):
    """Proposals of the target frame learn from those of the support frames.

    ``num_modules`` times eq. 2, with a fully connected layer and ReLU
    before each module but the first: the layer before the first is the one
    that turns RoI maps into features, and it belongs to the head.

    Only the target frame's proposals are enhanced, as eq. 2 has it. What a
    support frame contributes (:meth:`support_features`) then depends on
    that frame alone, so that a video needs it once a frame.

    Args:
        channels (int): D, channels of the proposal features.
        num_modules (int): Number of relation modules, 0 or more. Table 4
            of the paper finds 3 best. Defaults to 3.
        skip (bool): Let the last module see the *initial* supports (those
            of the first module) beside the transformed ones: the skip
            connection of section 4.1. Needs two modules to mean anything.
            Defaults to True.
        relation (dict, optional): More arguments for
            :class:`EmbeddedGaussianRelation`.
        init_cfg (dict, optional): Initialisation of the linear layers
            between the modules. Defaults to :meth:`init_weights`' own.

    Example:
        >>> import torch
        >>> intra = IntraVideoRelation(channels=8)
        >>> intra(torch.rand(5, 8), torch.rand(20, 8)).shape
        torch.Size([5, 8])
    """

    def __init__(
        self,
        channels: int,
        num_modules: int = 3,
        skip: bool = True,
        relation: Optional[dict] = None,
        init_cfg: Optional[dict] = None,
    ) -> None:
        if num_modules < 0:
            raise ValueError(
                f'num_modules must be 0 or more, got '
                f'{num_modules}. 0 switches the relation off.'
            )
        super().__init__(init_cfg=init_cfg)
        self.skip = skip
        self.fcs = linear_layers(channels, num_modules - 1)
        self.relations = ModuleList(
            EmbeddedGaussianRelation(channels, **(relation or {}))
            for _ in range(num_modules)
        )

    def init_weights(self) -> None:
        """Let the linear layers between the modules start as identity."""
        super().init_weights()
        if not self.init_cfg:
            start_as_identity(self.fcs)

    def support_features(self, x: Tensor) -> List[Tensor]:
        """What support proposals offer to each module.

        Every row depends on the same row of ``x`` alone.

        Args:
            x (Tensor): Initial features of support proposals, [M, D].

        Returns:
            list[Tensor]: For each module the features it reads: [M, D], and
            [2M, D] for the last module with the skip connection (initial
            rows first).
        """
        features = [x] if len(self.relations) else []
        for fc in self.fcs:
            features.append(fc(features[-1]))
        if self.skip and len(features) > 1:
            features[-1] = cat([x, features[-1]])
        return features

    def offer(self, x: Tensor) -> Offers:
        """What support proposals offer to each module, as keys and values.

        Args:
            x (Tensor): Initial features of support proposals, [M, D].

        Returns:
            list[tuple[Tensor, Tensor]]: For each module the key and the
            value of its :meth:`support_features`.
        """
        return [
            relation.offer(features)
            for relation, features in zip(
                self.relations, self.support_features(x)
            )
        ]

    def enhance(self, x: Tensor, offers: Sequence[Offers]) -> Tensor:
        """Pass target proposals through all modules.

        Args:
            x (Tensor): Initial features of the target proposals, [N, D].
            offers (list): What :meth:`offer` returned for each support
                frame, one or more; their order does not matter.

        Returns:
            Tensor: alpha of eq. 2, shape [N, D].
        """
        return self._outputs(x, offers)[-1]

    def _outputs(self, x: Tensor, offers: Sequence[Offers]) -> List[Tensor]:
        """The features after 0, 1, ... modules, [N, D] each."""
        outputs = [x]
        for index, relation in enumerate(self.relations):
            query = self._query(index, outputs[-1])
            outputs.append(relation.attend(query, *_join(offers, index)))
        return outputs

    def _query(self, index: int, x: Tensor) -> Tensor:
        """What a module reads of the output of the one before, [N, D]."""
        return self.fcs[index - 1](x) if index > 0 else x

    def weights(self, x: Tensor, offers: Sequence[Offers]) -> List[Tensor]:
        """How much :meth:`enhance` lets each proposal draw on each other.

        Args:
            x (Tensor): Initial features of the target proposals, [N, D].
            offers (list): What :meth:`offer` returned for each support
                frame, one or more.

        Returns:
            list[Tensor]: For each module [N, M], columns in the order of
            the offers' rows; rows sum to 1.
        """
        outputs = self._outputs(x, offers)
        return [
            relation.weights(
                self._query(index, outputs[index]), _join(offers, index)[0]
            )
            for index, relation in enumerate(self.relations)
        ]

    def stages(self, x: Tensor, support: Tensor) -> List[Tensor]:
        """What :meth:`forward` returns after 0, 1, ... of its modules."""
        return self._outputs(x, [self.offer(support)])

    def forward(self, x: Tensor, support: Tensor) -> Tensor:
        """Enhance [N, D] target proposals by [M, D] support proposals."""
        return self.enhance(x, [self.offer(support)])


def _join(offers: Sequence[Offers], index: int) -> List[Tensor]:
    """Key and value of one module, of all frames together."""
    return [cat(rows) for rows in zip(*(frame[index] for frame in offers))]
