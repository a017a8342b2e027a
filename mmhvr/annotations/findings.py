# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""All that is wrong with a file, said at once, the costliest first."""

import logging
from typing import List, Tuple

from mmengine.logging import print_log

from ..utils.problem import ExplainedError


class AnnotationError(ExplainedError, ValueError):
    """An annotation file that would train or evaluate something else."""


class Findings:
    """What was found in a file: errors, and what is only to be known.

    Args:
        name (str): What to call the file.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._errors: List[Tuple[int, str]] = []
        self._warnings: List[Tuple[int, str]] = []

    def error(self, number: int, text: str) -> None:
        """Note what would make training or evaluation wrong.

        Args:
            number (int): How many records it concerns: its cost.
            text (str): What, an example, and the remedy.
        """
        self._errors.append((number, text))

    def warn(self, number: int, text: str) -> None:
        """Note what a person should know; the same arguments."""
        self._warnings.append((number, text))

    @property
    def has_errors(self) -> bool:
        """Whether there are errors."""
        return bool(self._errors)

    def close(self) -> None:
        """Log the warnings and raise the errors.

        Raises:
            AnnotationError: There are errors.
        """
        if self._warnings:
            print_log(
                f'annotation file {self.name}: {_list(self._warnings)}',
                logger='current',
                level=logging.WARNING,
            )
        if self._errors:
            raise AnnotationError(
                f'annotation file {self.name}: {_list(self._errors)}'
            )


def _list(notes: List[Tuple[int, str]]) -> str:
    """One note as it is; several in lines, those of most records first."""
    texts = [text for _, text in sorted(notes, key=lambda note: -note[0])]
    if len(texts) == 1:
        return texts[0]
    return '\n  '.join([f'{len(texts)} things, the costliest first', *texts])
