# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Errors that say what mends them; what is wrong with a package."""

from typing import NamedTuple, Optional, Sequence

SKIP_VARIABLE = 'MMHVR_SKIP_VERSION_CHECK'
SKIP_HINT = f'(to go on at your own risk, set {SKIP_VARIABLE}=1)'
DOCTOR_HINT = '(the command mmhvr doctor says more)'


class Problem(NamedTuple):
    """One thing that is wrong; ``str()`` of it is the whole text.

    Attributes:
        name: The package.
        found: Its version, or None if it is not installed.
        needed: What works, such as ``numpy>=1.21,<1.24``.
        reason: Why; may be empty.
        command: The shell command that mends it.
        what: The verdict: ``is not installed`` or ``does not work``.
    """

    name: str
    found: Optional[str]
    needed: str
    reason: str
    command: str
    what: str = 'does not work'

    def __str__(self) -> str:
        found = f' {self.found}' if self.found else ''
        reason = f' ({self.reason})' if self.reason else ''
        return (
            f'{self.name}{found} {self.what}{reason}; '
            f'needed: {self.needed}. Run: {self.command}'
        )


class ExplainedError(Exception):
    """An error whose text says what is wrong and what to do.

    The commands print the text alone; its subclasses are of Python's kinds,
    too.
    """


class IncompatibleEnvironmentError(ImportError):
    """An installed package is missing, too old, broken or in the way.

    It is an ``ImportError`` since it is raised by ``import mmhvr``.

    Attributes:
        problems: One :class:`Problem` for each wrong package.
    """

    def __init__(
        self, problems: Sequence[Problem], *notes: Optional[str]
    ) -> None:
        self.problems = list(problems)
        lines = [f'  * {problem}' for problem in self.problems]
        lines += [note for note in notes if note]
        super().__init__(
            '\n'.join(
                ['mmhvr cannot run with the installed packages:', *lines]
            )
        )
