# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""All that is wrong with a file, said at once, the costliest first."""

import logging
from typing import List, NamedTuple, Sequence

from mmengine.logging import print_log

from ..utils.problem import ExplainedError
from .kinds import KINDS

LEVELS = ('error', 'warning', 'note')


class AnnotationError(ExplainedError, ValueError):
    """An annotation file that would train or evaluate something else."""


class Finding(NamedTuple):
    """A fault of a file; ``str()`` of it is the whole text.

    Attributes:
        kind (str): A key of :data:`.kinds.KINDS`.
        level (str): 'error': training or evaluation would be wrong.
            'warning': it looks like a slip. 'note': only to be known.
        number (int): How many records it concerns: its cost.
        what (str): What is wrong, and how many times.
        example (str): The first of them; may be empty.
        effect (str): What it does to training or to the number.
        remedy (str): What a person does about it.
    """

    kind: str
    level: str
    number: int
    what: str
    example: str
    effect: str
    remedy: str

    def __str__(self) -> str:
        example = f', such as {self.example}' if self.example else ''
        return f'{self.what}{example}: {self.effect}; {self.remedy}'


class Findings:
    """What was found in a file.

    Args:
        name (str): What to call the file.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._found: List[Finding] = []

    def add(
        self,
        kind: str,
        number: int,
        what: str,
        example: str = '',
        level: str = 'warning',
        remedy: str = '',
    ) -> None:
        """Note a :class:`Finding`; ``remedy`` replaces that of its kind."""
        known = KINDS[kind]
        self._found.append(
            Finding(
                kind,
                level,
                number,
                what,
                example,
                known.effect,
                remedy or known.remedy,
            )
        )

    def error(
        self,
        kind: str,
        number: int,
        what: str,
        example: str = '',
        remedy: str = '',
    ) -> None:
        """Note what would make training or evaluation wrong."""
        self.add(kind, number, what, example, 'error', remedy)

    def warn(
        self, kind: str, number: int, what: str, example: str = ''
    ) -> None:
        """Note what a person would not do on purpose."""
        self.add(kind, number, what, example)

    def extend(self, found: Sequence[Finding]) -> None:
        """Add findings of kinds that are not among these."""
        kinds = {finding.kind for finding in self._found}
        self._found += [f for f in found if f.kind not in kinds]

    @property
    def has_errors(self) -> bool:
        """Whether there are errors."""
        return any(finding.level == 'error' for finding in self._found)

    def sorted(self) -> List[Finding]:
        """Return the findings: errors first, then those of most records."""
        return sorted(
            self._found, key=lambda f: (LEVELS.index(f.level), -f.number)
        )

    def close(self) -> None:
        """Log the warnings and raise the errors.

        Raises:
            AnnotationError: There are errors.
        """
        found = self.sorted()
        warnings = [f for f in found if f.level == 'warning']
        errors = [f for f in found if f.level == 'error']
        if warnings:
            print_log(
                f'annotation file {self.name}: {_list(warnings)}',
                logger='current',
                level=logging.WARNING,
            )
        if errors:
            raise AnnotationError(
                f'annotation file {self.name}: {_list(errors)}'
            )


def _list(found: List[Finding]) -> str:
    """One finding as it is; several in lines."""
    texts = [str(finding) for finding in found]
    if len(texts) == 1:
        return texts[0]
    return '\n  '.join([f'{len(texts)} things, the costliest first', *texts])
