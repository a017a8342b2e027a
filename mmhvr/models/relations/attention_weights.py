# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What the proposals of a target frame attend to in a window of frames.

Legend: T frames of the window, the target first; N proposals of the target
frame, M_t proposals of frame t, D channels.
"""

from typing import Any, Dict, List, Sequence

import torch
from torch import Tensor


@torch.no_grad()
def window_attention(
    head: Any, features: Sequence[Tensor]
) -> Dict[str, List[Tensor]]:
    """Return the weights of all relation modules at test, frame by frame.

    Args:
        head (HVRBBoxHead): The box head of a model.
        features (list[Tensor]): For each frame the initial features of its
            proposals, [M_t, D]; the target frame comes first.

    Returns:
        dict[str, list[Tensor]]: For each module, 'intra1', 'intra2', ...,
        'inter1', ..., the weights [N, M_t] of each frame. A row's weights
        over all frames sum to 1. Intra-video modules do not see the target
        frame, so that its weights are zero, unless they have ``own_keys``.
        Where a module sees a proposal twice, with initial and with
        transformed features, the two are added. A
        :class:`MutualIntraVideoRelation`, and an inter-video relation that
        is off at test or relates to two proposals only, have no entries.
    """
    sizes = [len(rows) for rows in features]
    offers = [head.intra.offer(rows) for rows in features]
    empty = [head.intra.offer(features[0][:0])]
    found = {}
    weights = head.intra.weights(features[0], offers[1:] or empty)
    for number, of_module in enumerate(weights, 1):
        itself = of_module.new_zeros(sizes[0], sizes[0])
        if head.intra.own_keys:
            others = of_module.shape[1] - sizes[0]
            of_module, itself = of_module.split([others, sizes[0]], dim=1)
        frames = frame_weights(of_module, sizes[1:])
        found[f'intra{number}'] = [itself, *frames]
    if hasattr(head.inter, 'weights'):
        stages = head.intra.enhance_window(
            features, offers, range(len(features))
        )
        alphas = [outputs[-1] for outputs in stages]
        window = torch.cat([alphas[0][:0], *alphas[1:]])
        for number, of_module in enumerate(
            head.inter.weights(alphas[0], window), 1
        ):
            found[f'inter{number}'] = frame_weights(of_module, sizes)
    return found


def frame_weights(weights: Tensor, sizes: Sequence[int]) -> List[Tensor]:
    """Share the columns of a weight matrix out among frames.

    Args:
        weights (Tensor): [N, c x sum of M_t]: c columns in a row for each
            frame's M_t proposals, first those of its initial, then those of
            its transformed features (c is 2), or one alone (c is 1).
        sizes (list[int]): M_t of each frame.

    Returns:
        list[Tensor]: [N, M_t] of each frame.

    Example:
        >>> frame_weights(torch.tensor([[.1, .2, .3, .4]]), [1, 1])
        [tensor([[0.3000]]), tensor([[0.7000]])]
    """
    total = sum(sizes)
    copies = weights.shape[1] // total if total else 1
    parts = weights.split([copies * size for size in sizes], dim=1)
    return [
        part.reshape(len(weights), copies, size).sum(1)
        for part, size in zip(parts, sizes)
    ]
