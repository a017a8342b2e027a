# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Intra-video relations whose first module enhances every frame.

Legend: N proposals of the target frame, M_t proposals of frame t of a
window, M of all its frames, D channels of a proposal feature.
"""

from typing import List, Sequence

from mmengine.registry import MODELS
from torch import Tensor, cat

from ..models.relations.intra_video import Offers
from .intra_video import ReleasedIntraVideoRelation


@MODELS.register_module()
class MutualIntraVideoRelation(ReleasedIntraVideoRelation):
    """All proposals of a window learn from all proposals of the window.

    The first module enhances the proposals of *every* frame, and the linear
    layer behind it transforms what it returns; the later modules enhance the
    target frame's. Keys are all proposals of the window, those of the target
    frame and the query itself included. This is what the released code does;
    eq. 2 has :class:`mmhvr.models.IntraVideoRelation`.

    What a support frame contributes to the later modules then depends on the
    window. :meth:`offer` holds what still is a constant of the frame, and
    :meth:`enhance_window` does the rest once a window: M x M weights, where
    target frames alone have N x M.

    Args:
        args, kwargs: Arguments of :class:`ReleasedIntraVideoRelation`,
            without ``own_keys``.
    """

    def __init__(self, *args, **kwargs) -> None:
        if 'own_keys' in kwargs:
            raise ValueError(
                'MutualIntraVideoRelation has no own_keys: all proposals of '
                'the window are keys. Leave it out, or use '
                'ReleasedIntraVideoRelation.'
            )
        super().__init__(*args, **kwargs)

    def offer(self, x: Tensor) -> Offers:
        """Return what is constant of support proposals, as keys and values.

        Args:
            x (Tensor): Initial features of the proposals, [M_t, D].

        Returns:
            list[tuple[Tensor, Tensor]]: For the first module, whose values
            are ``x``; and what the last of several modules sees of the
            initial features, if ``skip`` lets it see any.
        """
        if not len(self.relations):
            return []
        offers = [self.relations[0].offer(x)]
        if self.skip and len(self.relations) > 1:
            seen = self.fcs[-1](x) if self.skip == 'initial' else x
            offers.append(self.relations[-1].offer(seen))
        return offers

    def enhance(self, x: Tensor, offers: Sequence[Offers]) -> Tensor:
        """See :meth:`ReleasedIntraVideoRelation.enhance`."""
        if not len(self.relations):
            return x
        frames = [x, *(frame[0][1] for frame in offers)]
        return self.enhance_window(frames, [self.offer(x), *offers], [0])[0][
            -1
        ]

    def weights(self, x: Tensor, offers: Sequence[Offers]) -> List[Tensor]:
        """None: offers do not hold what the later modules relate to."""
        return []

    def enhance_window(
        self,
        features: Sequence[Tensor],
        offers: Sequence[Offers],
        targets: Sequence[int],
    ) -> List[List[Tensor]]:
        """See :meth:`ReleasedIntraVideoRelation.enhance_window`."""
        if not len(self.relations):
            return [[features[target]] for target in targets]
        everything = cat(list(features))
        first = self.relations[0].attend(everything, [o[0] for o in offers])
        sizes = [len(rows) for rows in features]
        # What the modules behind the first see of each frame as a support,
        # without what the skip connection adds.
        seen, transformed = [], first
        for fc, relation in zip(self.fcs, self.relations[1:]):
            transformed = fc(transformed)
            pair = relation.offer(transformed)
            seen.append(list(zip(*(rows.split(sizes) for rows in pair))))
        if seen and self.skip == 'initial':
            seen[-1] = []
        outputs = []
        for target in targets:
            x = first.split(sizes)[target]
            stages = [features[target], x]
            for index, relation in enumerate(self.relations[1:]):
                x = self.fcs[index](x)
                pairs = [relation.offer(x)]
                pairs += [p for t, p in enumerate(seen[index]) if t != target]
                if self.skip and index == len(self.fcs) - 1:
                    pairs += [
                        o[1] for t, o in enumerate(offers) if t != target
                    ]
                x = relation.attend(x, pairs)
                stages.append(x)
            outputs.append(stages)
        return outputs

    def stages(self, x: Tensor, support: Tensor) -> List[Tensor]:
        """See :meth:`ReleasedIntraVideoRelation.stages`."""
        window = [x, support]
        return self.enhance_window(
            window, [self.offer(rows) for rows in window], [0]
        )[0]

    def forward(self, x: Tensor, support: Tensor) -> Tensor:
        """Enhance [N, D] target proposals by [M, D] support proposals."""
        return self.stages(x, support)[-1]
