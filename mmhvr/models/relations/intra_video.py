# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The stack of intra-video relations (section 3.2, figure 3).

Legend: N proposals of the target frame, M proposals of all support frames,
D channels of a proposal feature.
"""

from typing import List, Optional, Sequence, Tuple, Union

from mmengine.model import BaseModule, ModuleList
from mmengine.registry import MODELS
from torch import Tensor, cat, nn

from .linear_layers import linear_layer, start_as_identity

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
        skip (bool): Let the last of several modules see the *initial*
            supports (those of the first module) beside the transformed
            ones: the skip connection of section 4.1. Defaults to True.
        relation (dict, optional): Config of the relation modules, without
            their ``in_channels``. ``type`` defaults to
            :class:`EmbeddedGaussianRelation`.
        init_cfg (dict, optional): Initialisation of the linear layers
            between the modules. Defaults to :meth:`init_weights`' own.

    Example:
        >>> import torch
        >>> intra = IntraVideoRelation(channels=8)
        >>> intra(torch.rand(5, 8), torch.rand(20, 8)).shape
        torch.Size([5, 8])
    """

    skips: tuple = (True, False)
    # Whether target proposals relate to those of their own frame, too. In
    # eq. 2 the set Omega leaves the target frame out.
    own_keys = False
    # Whether the initial features are those before the head's ReLU.
    reads_before_relu = False

    def __init__(
        self,
        channels: int,
        num_modules: int = 3,
        skip: Union[bool, str] = True,
        relation: Optional[dict] = None,
        init_cfg: Optional[dict] = None,
    ) -> None:
        if num_modules < 0:
            raise ValueError(
                f'num_modules must be 0 or more, got '
                f'{num_modules}. 0 switches the relation off.'
            )
        if skip not in self.skips:
            raise ValueError(
                f'skip must be one of {self.skips}, got {skip!r}.'
            )
        super().__init__(init_cfg=init_cfg)
        self.skip = skip
        self.fcs = ModuleList(
            self.build_linear(channels) for _ in range(num_modules - 1)
        )
        relation = dict(
            dict(type='EmbeddedGaussianRelation', in_channels=channels),
            **(relation or {}),
        )
        self.relations = ModuleList(
            MODELS.build(relation) for _ in range(num_modules)
        )

    def init_weights(self) -> None:
        """Let the linear layers between the modules start as identity."""
        super().init_weights()
        if not self.init_cfg:
            self.start_linear()

    def build_linear(self, channels: int) -> nn.Module:
        """Return what stands before a module but the first."""
        return linear_layer(channels)

    def start_linear(self) -> None:
        """Let the linear layers start."""
        start_as_identity(self.fcs)

    def transform(self, index: int, support: Tensor) -> Tensor:
        """Turn what module ``index`` saw of supports into the next one's."""
        return self.fcs[index](support)

    def relate(self, index: int, query: Tensor, reads: Offers) -> Tensor:
        """One module.

        Args:
            index (int): Which.
            query (Tensor): The target's features, [N, D].
            reads (list[tuple[Tensor, Tensor]]): Keys and values.

        Returns:
            Tensor: Shape [N, D].
        """
        return self.relations[index].attend(query, reads)

    def supports_of(self, offers: Sequence, target: int) -> List:
        """Which frames of a window support one of them, at test.

        Args:
            offers (list): One entry for each frame.
            target (int): Which frame is to be enhanced.

        Returns:
            list: The entries of its supports.
        """
        return [offer for t, offer in enumerate(offers) if t != target]

    def support_features(self, x: Tensor) -> List[Tensor]:
        """Return what support proposals offer to each module.

        Every row depends on the same row of ``x`` alone.

        Args:
            x (Tensor): Initial features of support proposals, [M, D].

        Returns:
            list[Tensor]: For each module the features it reads: [M, D], and
            [2M, D] for the last module with the skip connection (initial
            rows first).
        """
        features = [x] if len(self.relations) else []
        for index in range(len(self.fcs)):
            features.append(self.transform(index, features[-1]))
        if len(features) > 1:
            features[-1] = self.last_supports(x, features[-1])
        return features

    def last_supports(self, x: Tensor, transformed: Tensor) -> Tensor:
        """Return what the last of several modules sees of [M, D] supports."""
        return cat([x, transformed]) if self.skip else transformed

    def offer(self, x: Tensor) -> Offers:
        """Return keys and values of support proposals for each module.

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
        """Return the features after 0, 1, ... modules, [N, D] each."""
        outputs = [x]
        for index in range(len(self.relations)):
            query = self._query(index, outputs[-1])
            reads = self.reads(index, query, offers)
            outputs.append(self.relate(index, query, reads))
        return outputs

    def _query(self, index: int, x: Tensor) -> Tensor:
        """Return what a module reads of the one before, [N, D]."""
        return self.fcs[index - 1](x) if index > 0 else x

    def reads(
        self, index: int, query: Tensor, offers: Sequence[Offers]
    ) -> Offers:
        """List what module ``index`` relates a query [N, D] to."""
        return [frame[index] for frame in offers]

    def weights(self, x: Tensor, offers: Sequence[Offers]) -> List[Tensor]:
        """How much :meth:`enhance` lets each proposal draw on each other.

        Args:
            x (Tensor): Initial features of the target proposals, [N, D].
            offers (list): What :meth:`offer` returned for each support
                frame, one or more.

        Returns:
            list[Tensor]: For each module [N, M], columns in the order of
            the offers' rows, then the target's own with ``own_keys``;
            rows sum to 1.
        """
        found = []
        for index, output in enumerate(self._outputs(x, offers)[:-1]):
            query = self._query(index, output)
            key = cat([key for key, _ in self.reads(index, query, offers)])
            found.append(self.relations[index].weights(query, key))
        return found

    def enhance_window(
        self,
        features: Sequence[Tensor],
        offers: Sequence[Offers],
        targets: Sequence[int],
    ) -> List[List[Tensor]]:
        """Pass frames of one window through all modules, each as the target.

        Args:
            features (list[Tensor]): Initial features of the proposals of
                each frame, [M_t, D].
            offers (list): What :meth:`offer` returned for each frame.
            targets (list[int]): Which of the frames to enhance.

        Returns:
            list[list[Tensor]]: For each target its features after 0, 1, ...
            modules, [M_t, D] each.
        """
        enhanced = []
        for target in targets:
            x = features[target]
            reads = self.supports_of(offers, target)
            enhanced.append(self._outputs(x, reads or [self.offer(x[:0])]))
        return enhanced

    def stages(self, x: Tensor, support: Tensor) -> List[Tensor]:
        """Return the output of :meth:`forward` after 0, 1, ... modules."""
        return self._outputs(x, [self.offer(support)])

    def forward(self, x: Tensor, support: Tensor) -> Tensor:
        """Enhance [N, D] target proposals by [M, D] support proposals."""
        return self.enhance(x, [self.offer(support)])
