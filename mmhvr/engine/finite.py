# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Training stops at the first loss or weight that is NaN or infinite.

MMEngine trains on, saves such weights, and may keep them as the best ones;
a model with them detects nothing, without a word.
"""

import logging
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence

import torch
from mmengine.dist import all_gather_object, all_reduce, get_rank
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.model import is_model_wrapper
from mmengine.registry import HOOKS
from torch import Tensor

from ..models.triplets.video_triplet import NonFiniteFeaturesError
from ..utils.problem import ExplainedError

# How many names and frames a message shows.
_SHOWN = 9
# What is infinite on purpose in some models are masks, which go by others.
_NEVER_INFINITE = ('weight', 'bias', 'running_mean', 'running_var')


class NonFiniteError(ExplainedError, ValueError):
    """A loss or weights are NaN or infinite."""


def non_finite(values: Mapping[str, Tensor]) -> List[str]:
    """Name the tensors with NaN, or with infinity where none may be.

    Args:
        values: A ``state_dict``.

    Example:
        >>> non_finite({'a.weight': torch.tensor([1.0, float('inf')]),
        ...             'a.mask': torch.tensor([0.0, float('-inf')])})
        ['a.weight']
    """
    return [
        name
        for name, value in values.items()
        if value.is_floating_point()
        and (
            value.isnan().any()
            or name.endswith(_NEVER_INFINITE)
            and value.isinf().any()
        )
    ]


@HOOKS.register_module()
class FiniteCheckHook(Hook):
    """Stops a training at its first loss or weight that is not finite.

    It looks at all losses and all weights after each iteration, before
    anything is logged, averaged or saved. The processes of a job look
    together, and all of them stop.

    Raises:
        NonFiniteError: With the name of the loss, the iteration, the frames
            of the batch and what can be done.
    """

    # Before LoggerHook, EMAHook and CheckpointHook.
    priority = 'VERY_HIGH'

    def before_train(self, runner: Any) -> None:
        """Look at the weights that the training starts with."""
        bad = non_finite(_state(runner.model))
        if bad:
            raise NonFiniteError(
                f'the training would start with weights that are NaN or '
                f'infinite: {_listed(bad)}; look at load_from and init_cfg '
                'of the config'
            )

    def before_train_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None
    ) -> None:
        """Keep the names of the frames, see :func:`stopped_in_forward`."""
        self.frames = list(_frames(data_batch))

    def after_train_iter(
        self,
        runner: Any,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Optional[Dict[str, Tensor]] = None,
    ) -> None:
        """Look at the losses of an iteration and the weights after it.

        Args:
            runner: The runner.
            batch_idx: The batch of the loop; not used.
            data_batch: With ``data_samples``, whose frames are named.
            outputs: The losses by name.
        """
        losses = {
            name: value
            for name, value in (outputs or {}).items()
            if 'loss' in name and isinstance(value, Tensor)
        }
        state = _state(runner.model)
        doubtful = torch.logical_not(_sums(losses, state).isfinite().all())
        doubtful = doubtful.to(torch.int)
        all_reduce(doubtful, 'max')
        if not doubtful:
            return
        found = all_gather_object(
            dict(
                losses=[
                    k for k, v in losses.items() if not v.isfinite().all()
                ],
                values={k: float(v) for k, v in losses.items()},
                weights=non_finite(state),
                frames=list(_frames(data_batch)),
            )
        )
        message = _message(found, runner.iter + 1)
        if not message:  # only a sum was too large
            return
        if get_rank() == 0:
            # For the log file; and a launcher may end this process before
            # its error is printed.
            print_log(message, logger='current', level=logging.ERROR)
        raise NonFiniteError(message)


def stopped_in_forward(
    runner: Any, error: NonFiniteFeaturesError
) -> NonFiniteError:
    """Return the error of a training that diverged before it had a loss.

    Args:
        runner: The runner of the training.
        error: What stopped it.
    """
    (hook,) = (h for h in runner.hooks if isinstance(h, FiniteCheckHook))
    message = _advice(f'{error} in iteration {runner.iter + 1}', hook.frames)
    print_log(message, logger='current', level=logging.ERROR)
    return NonFiniteError(message)


def _state(model: Any) -> Dict[str, Tensor]:
    """Return the weights of a model, in a wrapper or not."""
    return (model.module if is_model_wrapper(model) else model).state_dict()


def _sums(*parts: Mapping[str, Tensor]) -> Tensor:
    """Sum each floating tensor: NaN or infinite if one number is."""
    return torch.stack(
        [
            value.detach().sum(dtype=torch.float32)
            for part in parts
            for value in part.values()
            if value.is_floating_point()
        ]
    )


def _frames(data_batch: Any) -> Iterator[str]:
    """Return the target frames of a batch."""
    samples = data_batch
    if isinstance(data_batch, dict):
        samples = data_batch.get('data_samples')
    for sample in samples if isinstance(samples, (list, tuple)) else ():
        path = getattr(sample, 'img_path', None)
        if isinstance(sample, dict):
            yield from _frames(dict(data_samples=[sample['data_samples']]))
        elif isinstance(path, str):
            yield path


def _message(found: Sequence[dict], iteration: int) -> str:
    """Return what is wrong in the first process that has a fault, or ''.

    Args:
        found: Of each process.
        iteration: Its number, from 1.
    """
    # A loss of one process has made the weights of all of them NaN.
    for key in ('losses', 'weights'):
        for process, one in enumerate(found):
            if not one[key]:
                continue
            place = f'iteration {iteration}'
            if len(found) > 1:
                place += f' of process {process}'
            if key == 'losses':
                name = next((k for k in one[key] if k != 'loss'), 'loss')
                what = f'{name} is {one["values"][name]} in {place}'
            else:
                what = (
                    f'the weights {_listed(one[key])} are NaN or infinite '
                    f'after {place}, whose losses are finite: its gradient '
                    'was not'
                )
            return _advice(what, one['frames'])
    return ''


def _advice(what: str, frames: Sequence[str]) -> str:
    """Return what is wrong, where, and what to do."""
    return (
        f'{what}. Frames of the batch: {_listed(frames)}. Nothing of it was '
        'saved. Look at the boxes of these frames; then lower '
        'optim_wrapper.optimizer.lr, lengthen the warm-up of param_scheduler, '
        'set optim_wrapper.clip_grad, or leave --amp out, and go on from the '
        'last checkpoint with --resume'
    )


def _listed(names: Sequence[str]) -> str:
    """Return 'a, b, c', and how many more there are."""
    more = len(names) - _SHOWN
    text = ', '.join(names[:_SHOWN]) or 'not known'
    return f'{text} and {more} more' if more > 0 else text
