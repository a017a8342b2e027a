# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Intra-video relations with the released code's keys and skip connection.

Legend: M support proposals, D channels of a proposal feature.
"""

from typing import Sequence, Union

from mmengine.registry import MODELS
from torch import Tensor

from ..models.relations.intra_video import IntraVideoRelation, Offers


@MODELS.register_module()
class ReleasedIntraVideoRelation(IntraVideoRelation):
    """Target proposals relate to those of their own frame, too.

    In eq. 2 the set Omega leaves the target frame out.

    Args:
        channels, num_modules, kwargs: Arguments of
            :class:`IntraVideoRelation`.
        skip (bool | str): As :class:`IntraVideoRelation`'s, or 'initial': the
            last module sees the supports' initial features alone, passed
            through the last linear layer. Defaults to 'initial'.
        own_keys (bool): Let the target frame's proposals, the query itself
            included, be keys. Defaults to True.

    Raises:
        ValueError: ``skip`` is none of these.
    """

    skips = (True, False, 'initial')

    def __init__(
        self,
        channels: int,
        num_modules: int = 3,
        skip: Union[bool, str] = 'initial',
        own_keys: bool = True,
        **kwargs,
    ) -> None:
        super().__init__(channels, num_modules, skip=skip, **kwargs)
        self.own_keys = own_keys

    def last_supports(self, x: Tensor, transformed: Tensor) -> Tensor:
        """See :meth:`IntraVideoRelation.last_supports`."""
        if self.skip == 'initial':
            return self.fcs[-1](x)
        return super().last_supports(x, transformed)

    def reads(
        self, index: int, query: Tensor, offers: Sequence[Offers]
    ) -> Offers:
        """See :meth:`IntraVideoRelation.reads`."""
        pairs = super().reads(index, query, offers)
        if self.own_keys:
            pairs.append(self.relations[index].offer(query))
        return pairs
