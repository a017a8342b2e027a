# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What the other videos of a triplet tell a trained classifier.

In training a target video is never alone: a video of its category and one that
resembles it stand beside it, chosen with labels that a test does not have. If
the classifier reads the answer off them, its loss is lower in their company
than in any other, by more than other videos of the category are worth.
"""

from typing import Any, Dict, Iterable, List, Sequence, Tuple

import torch
from torch import Tensor, nn

from ..models.vid import HVRNet


class Company(nn.Module):
    """Two videos of the batch beside each target, whatever they show.

    Args:
        same (bool): Of the target's category; else of other ones. The first
            ones after the target, in the order of the batch.
    """

    def __init__(self, same: bool) -> None:
        super().__init__()
        self.same = same

    def forward(
        self,
        features: Tensor,
        labels: Tensor,
        valid_sizes: Tensor,
        targets: Sequence[int] = (0,),
    ) -> List[Tuple[int, ...]]:
        """Choose triplets; as :class:`VideoTripletSelector`."""
        groups = []
        for target in targets:
            turn = [*range(target + 1, len(labels)), *range(target)]
            like = [
                video
                for video in turn
                if bool(labels[video] == labels[target]) == self.same
            ]
            groups.append((target, *like[:2]))
        return groups


@torch.no_grad()
def loss_in_company(
    model: nn.Module, batches: Iterable[Any], number: int, seed: int = 0
) -> Dict[str, Dict[str, List[float]]]:
    """Classification losses of the same targets in different company.

    Every video of a batch is a target once (a memory takes no part), and what
    is drawn (the proposals
    that are supervised) is the same for every company.

    Args:
        model: A trained :class:`HVRNet`. It is run in training's form, and
            put back.
        batches: What its data loader yields, N >= 3 videos of a category.
        number: How many of them.
        seed: Of the draws.

    Returns:
        dict[str, dict[str, list[float]]]: For 'mined' (as the model's own
        selector chooses), 'same' and 'other' (two videos of the target's
        category, or of others) and 'alone' the losses of each batch, by
        name: loss_cls, and loss_cls_aux where there is a second classifier.

    Raises:
        ValueError: If the model is another one or has no video selector, or
            if there are no batches.
    """
    if not isinstance(model, HVRNet):
        raise ValueError(f'{type(model).__name__} is not an HVRNet.')
    if model.video_selector is None:
        raise ValueError('The model has no video_selector: nothing is mined.')
    head = model.detector.roi_head.bbox_head
    kept = (
        model.training,
        model.supervise,
        model.video_selector,
        model.memory,
        head.loss_relation,
    )
    companies = {
        'mined': model.video_selector,
        'same': Company(same=True),
        'other': Company(same=False),
        'alone': None,
    }
    losses: Dict[str, Dict[str, List[float]]] = {
        name: {} for name in companies
    }
    model.train()
    model.supervise, model.memory, head.loss_relation = 'batch', None, None
    try:
        for index, batch in zip(range(number), batches):
            data = model.data_preprocessor(batch, True)
            for name, model.video_selector in companies.items():
                with torch.random.fork_rng():
                    torch.manual_seed(seed + index)
                    values = model.loss(**data)
                for key, value in values.items():
                    if key.startswith('loss_cls'):
                        losses[name].setdefault(key, []).append(float(value))
    finally:
        (
            training,
            model.supervise,
            model.video_selector,
            model.memory,
            head.loss_relation,
        ) = kept
        model.train(training)
    if not losses['mined']:
        raise ValueError('There are no batches.')
    return losses
