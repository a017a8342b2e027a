# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The released code's features for the triplets of proposals.

Legend: N proposals, D channels of a proposal feature.
"""

from typing import Any, Tuple

from mmengine.registry import MODELS
from torch import Tensor

from ..models.roi_heads.hvr_bbox_head import HVRBBoxHead

FEATURES = ('alpha', 'embedding')


@MODELS.register_module()
class ReleasedHVRBBoxHead(HVRBBoxHead):
    """HVRBBoxHead whose triplets compare embeddings of proposals.

    'alpha' is what the intra-video relations return (section 3.3, eq. 6),
    'embedding' theta of the anchors and phi of the others, of the
    inter-video relation's first module.

    Args:
        triplet_features (str): What the choice of triplets compares.
            Defaults to 'embedding'.
        loss_features (str): What the relation loss compares. Defaults to
            'embedding'.
        args, kwargs: Arguments of :class:`HVRBBoxHead`.

    Raises:
        ValueError: A choice is none of these, or there is no inter-video
            relation to embed with.
    """

    def __init__(
        self,
        *args: Any,
        triplet_features: str = 'embedding',
        loss_features: str = 'embedding',
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, value in (
            ('triplet_features', triplet_features),
            ('loss_features', loss_features),
        ):
            if value not in FEATURES:
                raise ValueError(
                    f"{name} must be one of {FEATURES}, got '{value}'."
                )
            if value == 'embedding' and self.inter is None:
                raise ValueError(
                    f"{name}='embedding' takes theta and phi of the "
                    f'inter-video relation, but inter=None. Use '
                    f"{name}='alpha'."
                )
        self.of_triplets = triplet_features
        self.of_loss = loss_features

    def triplet_features(self, alpha: Tensor) -> Tuple[Tensor, Tensor]:
        """See :meth:`HVRBBoxHead.triplet_features`."""
        return self._compared(alpha, self.of_triplets)

    def loss_features(self, alpha: Tensor) -> Tuple[Tensor, Tensor]:
        """See :meth:`HVRBBoxHead.loss_features`."""
        return self._compared(alpha, self.of_loss)

    def _compared(self, alpha: Tensor, what: str) -> Tuple[Tensor, Tensor]:
        """Features [N, D] of proposals as anchors, and as the others."""
        if what == 'alpha' or self.inter is None:
            return alpha, alpha
        hidden = self.inter.fcs[0](alpha)
        relation = self.inter.relations[0]
        return relation.theta(hidden), relation.phi(hidden)
