# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Inter-video relations (section 3.4, eq. 4) and what stands in for them.

Legend: N proposals of target frames (of all videos of the triplet in
training, of the one target frame at test), M proposals of the other frames
of a test window, P proposal triplets, D channels of a proposal feature.
"""

from typing import List, Optional, Sequence, Tuple

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule, ModuleList
from mmengine.registry import MODELS
from torch import Tensor, nn

from .embedded_gaussian import EmbeddedGaussianRelation
from .linear_layers import linear_layers, start_as_identity

Triplets = Tuple[Tensor, Tensor, Tensor]
# Rows that a frame's proposals offer to those of other frames.
Offer = Tuple[Tensor, ...]


class BaseInterVideoRelation(BaseModule):
    """A fully connected layer and a relation, ``num_modules`` times.

    A subclass says in :meth:`relate_module` what a proposal relates to.

    Args:
        channels (int): D, channels of the proposal features.
        num_modules (int): Number of modules, 1 or more. Table 4 of the
            paper finds 1 best. Defaults to 1.
        at_test (str): 'window': target proposals relate to the proposals
            of the frames of the test window; 'off': the relation adds
            nothing at test (section 4.2 of the paper: comparable mAP).
        relation (dict, optional): More arguments for
            :class:`EmbeddedGaussianRelation`.
        init_cfg (dict, optional): Initialisation of the linear layers
            before the modules. Defaults to :meth:`init_weights`' own.
    """

    choices = ('window', 'off')

    def __init__(
        self,
        channels: int,
        num_modules: int = 1,
        at_test: str = 'window',
        relation: Optional[dict] = None,
        init_cfg: Optional[dict] = None,
    ) -> None:
        if num_modules < 1:
            raise ValueError(
                f'num_modules must be 1 or more, got '
                f'{num_modules}. Set inter=None for none.'
            )
        if at_test not in self.choices:
            raise ValueError(
                f"at_test must be one of {self.choices}, got '{at_test}'."
            )
        super().__init__(init_cfg=init_cfg)
        self.at_test = at_test
        self.fcs = linear_layers(channels, num_modules)
        self.relations = ModuleList(
            EmbeddedGaussianRelation(channels, **(relation or {}))
            for _ in range(num_modules)
        )

    def init_weights(self) -> None:
        """Let the linear layers before the modules start as identity."""
        super().init_weights()
        if not self.init_cfg:
            start_as_identity(self.fcs)

    @property
    def needs_window(self) -> bool:
        """Whether :meth:`predict` reads the other frames' features."""
        return self.at_test == 'window'

    def forward(self, alpha: Tensor, triplets: Triplets) -> Tensor:
        """Training: relate the proposals of the triplet's target frames.

        Args:
            alpha (Tensor): Intra-video enhanced features of all target
                frames, [N, D].
            triplets (tuple[Tensor]): Indices into alpha of the anchors,
                positives and negatives, each long [P].

        Returns:
            Tensor: beta of eq. 4, shape [N, D].
        """
        for fc, relation in zip(self.fcs, self.relations):
            alpha = fc(alpha)
            alpha = self.relate_module(relation, alpha, len(alpha), triplets)
        return alpha

    def predict(self, alpha: Tensor, window: Tensor) -> Tensor:
        """Test: relate the target frame's proposals within the window.

        Args:
            alpha (Tensor): Features of the target frame, [N, D].
            window (Tensor): Features of the window's other frames, [M, D];
                not read if ``at_test`` is 'off'.

        Returns:
            Tensor: beta, shape [N, D].
        """
        if not self.needs_window:
            for fc in self.fcs:
                alpha = fc(alpha)
            return alpha
        everything = torch.cat([alpha, window])
        last = len(self.fcs) - 1
        for i, (fc, relation) in enumerate(zip(self.fcs, self.relations)):
            everything = fc(everything)
            rows = len(alpha) if i == last else len(everything)
            everything = self.relate_module(relation, everything, rows, None)
        return everything

    def offer(self, alpha: Tensor) -> Offer:
        """Return what a frame offers to others at test; computed once a frame.

        Args:
            alpha (Tensor): Features of the frame's proposals, [M, D].

        Returns:
            tuple[Tensor]: Tensors of M rows, for :meth:`predict_from`.
        """
        return (alpha,)

    def predict_from(self, alpha: Tensor, offers: Sequence[Offer]) -> Tensor:
        """:meth:`predict` from what the window's other frames offer.

        Args:
            alpha (Tensor): Features of the target frame, [N, D].
            offers (list): What :meth:`offer` returned for each other frame.

        Returns:
            Tensor: beta, shape [N, D].
        """
        window = [alpha[:0], *(offer[0] for offer in offers)]
        return self.predict(alpha, torch.cat(window))

    def relate_module(
        self,
        relation: nn.Module,
        features: Tensor,
        rows: int,
        triplets: Optional[Triplets],
    ) -> Tensor:
        """One module: the first ``rows`` features, enhanced.

        Args:
            relation (nn.Module): The relation of this module.
            features (Tensor): All proposals there are, [N + M, D].
            rows (int): How many of them to enhance.
            triplets (tuple[Tensor], optional): None at test.

        Returns:
            Tensor: Shape [rows, D].
        """
        raise NotImplementedError(
            f'{type(self).__name__} must define relate_module().'
        )


@MODELS.register_module()
class PooledInterVideoRelation(BaseInterVideoRelation):
    """Every proposal relates to all proposals of the target frames.

    What the released code does: a softmax over *all* proposals of the video
    triplet's target frames, those of the query's own frame and the query
    itself included. The mined proposal triplets only feed the relation
    loss, so no label reaches the classifier, and the same computation is at
    hand at test.
    """

    def offer(self, alpha: Tensor) -> Offer:
        """Keys and values of the module; see the base class.

        A second module reads what the first one makes of the whole window,
        so that a frame alone can then offer its alpha only.
        """
        if len(self.fcs) > 1:
            return super().offer(alpha)
        return self.relations[0].offer(self.fcs[0](alpha))

    def predict_from(self, alpha: Tensor, offers: Sequence[Offer]) -> Tensor:
        """See :meth:`BaseInterVideoRelation.predict_from`."""
        if len(self.fcs) > 1 or not self.needs_window:
            return super().predict_from(alpha, offers)
        own = self.offer(alpha)
        return self.relations[0].attend(own[1], [own, *offers])

    def relate_module(
        self,
        relation: nn.Module,
        features: Tensor,
        rows: int,
        triplets: Optional[Triplets],
    ) -> Tensor:
        """See :meth:`BaseInterVideoRelation.relate_module`."""
        return relation(features[:rows], features)

    def weights(self, alpha: Tensor, window: Tensor) -> List[Tensor]:
        """How much :meth:`predict` lets each proposal draw on each other.

        Args:
            alpha (Tensor): Features of the target frame, [N, D].
            window (Tensor): Features of the window's other frames, [M, D].

        Returns:
            list[Tensor]: For each module [N, N + M], the target frame's own
            proposals first; rows sum to 1. None if it is off at test.
        """
        if not self.needs_window:
            return []
        everything, weights = torch.cat([alpha, window]), []
        for fc, relation in zip(self.fcs, self.relations):
            everything = fc(everything)
            key = relation.offer(everything)[0]
            weights.append(relation.weights(everything[: len(alpha)], key))
            everything = relation(everything, everything)
        return weights


@MODELS.register_module()
class TripletInterVideoRelation(BaseInterVideoRelation):
    """Every anchor relates to its hard positive and negative: eq. 4.

    Taken literally, eq. 4 tells the classifier the answer: the positive and
    the negative are chosen with ground truth, exist for foreground anchors
    only, and are absent at test. ``without_triplet`` says what proposals
    without a triplet relate to, which is all of them at test.

    Args:
        without_triplet (str): 'itself': nothing is added; 'nearest': the
            two most similar other proposals take the places of the positive
            and the negative.
        kwargs: Arguments of :class:`BaseInterVideoRelation`.
    """

    fallbacks = ('itself', 'nearest')

    def __init__(
        self, channels: int, without_triplet: str = 'nearest', **kwargs
    ) -> None:
        if without_triplet not in self.fallbacks:
            raise ValueError(
                f'without_triplet must be one of '
                f"{self.fallbacks}, got '{without_triplet}'."
            )
        super().__init__(channels, **kwargs)
        self.without_triplet = without_triplet

    @property
    def needs_window(self) -> bool:
        """Whether :meth:`predict` reads the other frames' features."""
        return self.at_test == 'window' and self.without_triplet == 'nearest'

    def relate_module(
        self,
        relation: nn.Module,
        features: Tensor,
        rows: int,
        triplets: Optional[Triplets],
    ) -> Tensor:
        """See :meth:`BaseInterVideoRelation.relate_module`."""
        partners = self._nearest_two(features, rows)
        related = torch.ones(rows, dtype=torch.bool, device=features.device)
        if partners is None:
            partners = related.new_zeros(rows, 2, dtype=torch.long)
            related[:] = False
        if triplets is not None:
            anchors, positives, negatives = triplets
            partners[anchors] = torch.stack([positives, negatives], 1)
            related[anchors] = True
        index = related.nonzero()[:, 0]
        queries = features[index][:, None]
        enhanced = relation(queries, features[partners[index]])[:, 0]
        return features[:rows].index_copy(0, index, enhanced)

    @torch.no_grad()
    def _nearest_two(self, features: Tensor, rows: int) -> Optional[Tensor]:
        """Return indices [rows, 2] of the most similar others, or None."""
        if self.without_triplet == 'itself' or len(features) < 3:
            return None
        unit = F.normalize(features, dim=-1)
        similarity = unit[:rows] @ unit.T
        similarity.fill_diagonal_(-torch.inf)
        return similarity.topk(2, dim=1).indices
