# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Which features of proposals the choice of triplets and the loss compare.

Legend: N proposals, D channels of a proposal feature.
"""

from typing import Any, Tuple

from torch import Tensor

COMPARISONS = ('alpha', 'embedding')


def compared_features(
    alpha: Tensor, inter: Any, compare: str
) -> Tuple[Tensor, Tensor]:
    """Features of proposals as anchors, and as what anchors are compared to.

    Args:
        alpha (Tensor): What the intra-video relations return, [N, D].
        inter (BaseInterVideoRelation, optional): The inter-video relation.
        compare (str): 'alpha': alpha itself for both (section 3.3 and eq. 6);
            'embedding': theta and phi of the inter-video relation's first
            module, as in the released code.

    Returns:
        tuple[Tensor, Tensor]: Each [N, D].

    Raises:
        ValueError: There is no inter-video relation to embed with.
    """
    if compare == 'alpha':
        return alpha, alpha
    if inter is None:
        raise ValueError(
            "compare='embedding' takes theta and phi of the inter-video "
            "relation, but inter=None; use compare='alpha'."
        )
    return inter.embeddings(alpha)
