# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Checkpoints that do not fit are refused.

MMEngine loads what fits, keeps random weights for the rest, and mentions it
in the log. A test of another architecture's checkpoint then runs to its end
and reports an mAP near zero. Here the difference is an error.
"""

import glob
import logging
import os.path as osp
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

import torch
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.model import is_model_wrapper
from mmengine.registry import HOOKS
from mmengine.runner.checkpoint import CheckpointLoader

from ..engine.class_check import difference_of_names, names_of_dataset
from ..engine.finite import NonFiniteError, non_finite
from ..utils.problem import ExplainedError
from .contents import checkpoint_weights, class_names_inside
from .kinds import misfit_message
from .safe_load import DownloadError
from .safe_unpickler import UnsafeCheckpointError
from .selsa import take_selsa

# How many keys of each kind an error message shows.
_SHOWN = 4


class CheckpointMismatchError(ExplainedError, ValueError):
    """The weights of a checkpoint are not those of the model."""


def read_checkpoint(filename: str) -> Dict[str, Any]:
    """Read a checkpoint file and makes sure that it is one.

    Args:
        filename: A local path, or an address that MMEngine's loaders take,
            such as https:// (kept in torch's cache).

    Returns:
        The checkpoint, its tensors on the CPU.

    Raises:
        FileNotFoundError: There is no such file.
        DownloadError: It could not be downloaded.
        UnsafeCheckpointError: It holds objects that could run code.
        NonFiniteError: Its weights are NaN or infinite.
        ValueError: The file is cut off or holds something else.
    """
    is_local = '://' not in filename
    if is_local and not osp.isfile(filename):
        raise FileNotFoundError(
            f'checkpoint {filename} was not found (looked for '
            f'{osp.abspath(filename)}); training writes iter_*.pth or '
            'epoch_*.pth into its work directory'
        )
    try:
        checkpoint = CheckpointLoader.load_checkpoint(
            filename, map_location='cpu', logger='silent'
        )
    except (DownloadError, UnsafeCheckpointError):
        raise
    except Exception as error:
        # torch raises whatever the broken bytes lead it to: RuntimeError,
        # UnpicklingError, EOFError, UnicodeDecodeError, ...
        raise ValueError(
            f'checkpoint {filename} cannot be read ({type(error).__name__}: '
            f'{error}); it is cut off or not a checkpoint: take an earlier '
            'one, or train again'
        ) from error
    if not isinstance(checkpoint, dict) or not checkpoint_weights(checkpoint):
        raise ValueError(
            f'checkpoint {filename} holds no weights (found '
            f'{type(checkpoint).__name__}); expected a dict with the key '
            '"state_dict"'
        )
    weights = checkpoint_weights(checkpoint)
    # What EMAHook has averaged takes their place.
    averaged = checkpoint_weights(
        dict(state_dict=checkpoint.get('ema_state_dict') or {})
    )
    bad = non_finite(weights) + non_finite(averaged)
    if bad:
        raise NonFiniteError(
            f'checkpoint {filename} holds weights that are NaN or infinite '
            f'({len(bad)} of {len(weights)}: {_shown(bad)}), with which a '
            'model detects nothing: its training had diverged. Take an '
            'earlier one, or train again with a lower learning rate'
        )
    return checkpoint


@dataclass(frozen=True)
class StateDifference:
    """How the weights of a checkpoint differ from those of a model.

    Attributes:
        missing: Keys that the model has and the checkpoint has not.
        unexpected: Keys that the checkpoint has and the model has not.
        mismatched: (key, shape in the checkpoint, shape in the model); a
            shape ends in the type if that is no fraction.
        matched: How many keys agree in name and shape.
    """

    missing: Sequence[str]
    unexpected: Sequence[str]
    mismatched: Sequence[Tuple[str, tuple, tuple]]
    matched: int

    def __bool__(self) -> bool:
        """Return whether there is any difference."""
        return bool(self.missing or self.unexpected or self.mismatched)

    def __str__(self) -> str:
        """Count of each kind and the first few keys."""
        shapes = [
            f'{key} {theirs} instead of {ours}'
            for key, theirs, ours in self.mismatched
        ]
        return '; '.join(
            [
                f'{self.matched} weights fit',
                _listed('missing from the checkpoint', self.missing),
                _listed('not in the model', self.unexpected),
                _listed('of another shape', shapes),
            ]
        )


def _listed(title: str, items: Sequence[str]) -> str:
    """'3 missing: a, b, c', and an ellipsis after the first few."""
    if not items:
        return f'0 {title}'
    return f'{len(items)} {title}: {_shown(items)}'


def _shown(items: Sequence[str]) -> str:
    """Return 'a, b, c', and an ellipsis after the first few."""
    more = ', ...' if len(items) > _SHOWN else ''
    return f'{", ".join(items[:_SHOWN])}{more}'


def compare_states(
    model: Mapping[str, torch.Tensor], checkpoint: Mapping[str, torch.Tensor]
) -> StateDifference:
    """Compare weights by name and shape.

    ``num_batches_tracked`` counters may be missing: old checkpoints have
    none, and they do not change what a model computes.

    Args:
        model: The ``state_dict`` of a model.
        checkpoint: The ``state_dict`` of a checkpoint.

    Returns:
        The difference, its keys in the order of the two inputs.

    Example:
        >>> ours = {'a': torch.zeros(2), 'b': torch.zeros(3)}
        >>> theirs = {'a': torch.zeros(2), 'b': torch.zeros(4)}
        >>> compare_states(ours, theirs).mismatched
        [('b', (4,), (3,))]
    """
    common = [key for key in model if key in checkpoint]
    mismatched = [
        (key, _kind(checkpoint[key]), _kind(model[key]))
        for key in common
        if _kind(checkpoint[key]) != _kind(model[key])
    ]
    return StateDifference(
        missing=[
            key
            for key in model
            if key not in checkpoint
            and not key.endswith('num_batches_tracked')
        ],
        unexpected=[key for key in checkpoint if key not in model],
        mismatched=mismatched,
        matched=len(common) - len(mismatched),
    )


def _kind(weight: torch.Tensor) -> tuple:
    """Return what two weights must have in common: their shape.

    Whole numbers in place of fractions are those of a quantized model, and
    mean nothing without their scale; counters may be of any kind.
    """
    quantized = weight.ndim and not weight.is_floating_point()
    return (
        (*weight.shape, str(weight.dtype)) if quantized else (*weight.shape,)
    )


@HOOKS.register_module()
class CheckpointCheckHook(Hook):
    """Refuses a checkpoint whose weights are not those of the model.

    Args:
        strict: True: every weight must fit, as for testing and resuming.
            False: only a checkpoint of which nothing fits is refused, and
            any difference is warned of, as for ``load_from``, where a head
            for other classes is meant to be new.
        filename: The checkpoint's name, for the messages.
        remedy: What the reader of an error can do.
        split: 'train' or 'test': whose class names must be those of the
            checkpoint, if it has any. None compares none.

    Raises:
        CheckpointMismatchError: When the checkpoint is loaded and does not
            fit, or is of other classes.
    """

    # After hooks that change the checkpoint, such as EMAHook.
    priority = 'LOWEST'

    def __init__(
        self,
        strict: bool = True,
        filename: str = '',
        remedy: str = 'use the config that it was trained with',
        split: Optional[str] = None,
    ):
        self.split = split
        self.strict = strict
        self.filename = filename
        self.remedy = remedy

    def after_load_checkpoint(self, runner: Any, checkpoint: dict) -> None:
        """Compare ``checkpoint`` with the weights of ``runner.model``.

        Weights of MMTracking's SELSA are put into the model's names.
        """
        model = runner.model
        if is_model_wrapper(model):
            model = model.module
        selsa = take_selsa(model, checkpoint, self.filename, exact=self.strict)
        if selsa is not None:
            checkpoint['state_dict'] = selsa
        state = checkpoint_weights(checkpoint)
        difference = compare_states(model.state_dict(), state)
        if difference:
            message = misfit_message(model, state, difference, self.filename)
            if self.strict or difference.matched == 0:
                raise CheckpointMismatchError(f'{message}; {self.remedy}')
            print_log(message, logger='current', level=logging.WARNING)
        self._compare_names(runner, checkpoint)

    def _compare_names(self, runner: Any, checkpoint: dict) -> None:
        """Make sure that a label means the same class on both sides."""
        if self.split is None:
            return
        where = f'metainfo of {self.split}_dataloader.dataset'
        loader = getattr(runner, f'{self.split}_dataloader')
        ours = names_of_dataset(loader.dataset, where)
        if ours is None:
            return
        theirs = class_names_inside(checkpoint)
        if theirs is None:
            print_log(
                f'checkpoint {self.filename} does not name its classes; they '
                f'are taken to be {ours}, in this order, by {where}',
                logger='current',
                level=logging.WARNING,
            )
            return
        difference = difference_of_names(theirs, ours)
        if difference is None:
            return
        message = (
            f'checkpoint {self.filename} (there) was trained with other '
            f'classes than {where} (here) has: {difference}'
        )
        if self.strict:
            raise CheckpointMismatchError(
                f'{message}; set it to the names of the checkpoint in their '
                f'order, dict(CLASSES={tuple(theirs)})'
            )
        print_log(
            f'{message}; its classifier starts from those of the checkpoint',
            logger='current',
            level=logging.WARNING,
        )


def latest_readable_checkpoint(work_dir: str) -> Optional[str]:
    """Find where an interrupted training can go on.

    A training that was stopped while it wrote a checkpoint leaves half a
    file: such a file is passed over, with a warning.

    Args:
        work_dir: The work directory of the training.

    Returns:
        The newest ``iter_*.pth`` or ``epoch_*.pth`` that can be read, or
        None.
    """
    paths: List[str] = []
    for name in ('iter', 'epoch'):
        paths += glob.glob(osp.join(glob.escape(work_dir), f'{name}_*.pth'))
    for path in sorted(paths, key=osp.getmtime, reverse=True):
        try:
            read_checkpoint(path)
        except UnsafeCheckpointError:
            raise  # whole, and not to be passed over
        except ValueError as error:
            print_log(
                f'passed over: {error}',
                logger='current',
                level=logging.WARNING,
            )
            continue
        return path
    return None
