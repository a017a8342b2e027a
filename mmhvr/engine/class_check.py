# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""A label means the same class in model, data and checkpoint.

A label is a place in a list of names, and nothing else tells it: a model that
is tested on another list reports a low mAP, and nobody knows why.

Legend: K classes.
"""

from typing import Any, Iterator, List, Optional, Sequence, Tuple

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.registry import HOOKS

from ..annotations.class_names import names_in
from ..utils.problem import ExplainedError


class ClassMismatchError(ExplainedError, ValueError):
    """Model and data, or training and validation, differ in their classes."""


def difference_of_names(
    first: Sequence[str], second: Sequence[str]
) -> Optional[str]:
    """Say where two lists of class names differ; None if they are equal.

    Args:
        first (Sequence[str]): Names by label.
        second (Sequence[str]): Names by label.

    Example:
        >>> difference_of_names(['a', 'b', 'c'], ['a', 'c', 'b'])
        "label 1 is 'b' there and 'c' here (2 of 3 labels differ)"
    """
    if list(first) == list(second):
        return None
    wrong = [n for n, (a, b) in enumerate(zip(first, second)) if a != b]
    if len(first) != len(second):
        return f'there are {len(first)} there and {len(second)} here'
    return (
        f'label {wrong[0]} is {first[wrong[0]]!r} there and '
        f'{second[wrong[0]]!r} here ({len(wrong)} of {len(first)} labels '
        'differ)'
    )


def names_of_dataset(dataset: Any, where: str) -> Optional[List[str]]:
    """Return the class names of a data set; None if it has none."""
    return names_in(getattr(dataset, 'metainfo', None), where)


def check_num_classes(model: Any, names: Sequence[str], where: str) -> None:
    """Make sure that the heads of a model have as many classes as names.

    Args:
        model (nn.Module): The model.
        names (Sequence[str]): Class names by label, [K].
        where (str): Which setting names them.

    Raises:
        ClassMismatchError: A head has more or fewer: labels beyond its
            classes would train as background, or detections have no name.
    """
    for name, number in heads_of(model):
        if number != len(names):
            raise ClassMismatchError(
                f'model.{name}.num_classes is {number}, but {where} has '
                f'{len(names)} class names, {list(names)}; make them equal'
            )


def heads_of(model: Any) -> Iterator[Tuple[str, int]]:
    """Name and number of classes of each head that classifies.

    An RPN tells objects from background alone.
    """
    if is_model_wrapper(model):
        model = model.module
    for name, module in model.named_modules():
        number = getattr(module, 'num_classes', None)
        parts = [part for part in name.split('.') if part.endswith('head')]
        if parts and 'rpn_head' not in parts and isinstance(number, int):
            yield name, number


@HOOKS.register_module()
class ClassCheckHook(Hook):
    """Compares the numbers and names of classes before a run begins.

    Args:
        split: 'train' or 'test': whose data set the labels are of.

    Raises:
        ClassMismatchError: Model and data have different numbers of classes,
            or the training and the validation data different names.
    """

    def __init__(self, split: str) -> None:
        self.split = split

    def before_run(self, runner: Any) -> None:
        """Look at what has been built, before any weight is loaded."""
        where = f'metainfo of {self.split}_dataloader.dataset'
        loader = getattr(runner, f'{self.split}_dataloader')
        names = names_of_dataset(loader.dataset, where)
        if names is None:
            return
        check_num_classes(runner.model, names, where)
        if self.split != 'train' or runner.val_loop is None:
            return
        other = 'metainfo of val_dataloader.dataset'
        val_names = names_of_dataset(runner.val_dataloader.dataset, other)
        if val_names is None:
            return
        difference = difference_of_names(names, val_names)
        if difference:
            raise ClassMismatchError(
                f'{where} (there) and {other} (here) have different classes: '
                f'{difference}; give both the same names in the same order'
            )
