# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Say which package is wrong before its import fails obscurely.

What is installed comes from metadata, so nothing heavy is imported; what is
wrong with it is found by :mod:`.compatibility`. :func:`check_environment` is
what ``import mmhvr`` runs, and :func:`explained_imports` does the same service
for what shows only when the packages are imported.
"""

import os
import traceback
import warnings
from contextlib import contextmanager
from typing import Iterator

from .compatibility import find_problems, find_untried
from .environment import read_environment, unwritable_note
from .explain import explain
from .problem import (
    DOCTOR_HINT,
    SKIP_HINT,
    SKIP_VARIABLE,
    IncompatibleEnvironmentError,
)

# Set once the warning about newer versions was given: child processes of this
# one inherit it, and do not repeat it.
WARNED_VARIABLE = 'MMHVR_VERSIONS_WARNED'


def check_environment() -> None:
    """Raise if an installed package keeps mmhvr from working.

    With ``MMHVR_SKIP_VERSION_CHECK=1`` in the environment it only warns, for
    those who run another set of packages knowingly, such as MMTracking's
    unreleased ``dev-1.x`` branch, which goes with mmdet 3.0.0rc5. A version
    that is newer than any that was tried is one warning.

    Raises:
        IncompatibleEnvironmentError: A package is wrong; names all of them.
    """
    environment = read_environment()
    problems = find_problems(environment)
    if problems:
        error = IncompatibleEnvironmentError(
            problems, unwritable_note(), SKIP_HINT, DOCTOR_HINT
        )
        if os.environ.get(SKIP_VARIABLE) != '1':
            raise error
        warnings.warn(str(error), stacklevel=2)
    untried = find_untried(environment)
    if untried and _may_warn():
        listing = '; '.join(map(str, untried))
        warnings.warn(f'mmhvr: {listing}', stacklevel=2)


@contextmanager
def explained_imports() -> Iterator[None]:
    """Say what mends an import of the host packages that fails.

    Raises:
        IncompatibleEnvironmentError: In place of an exception whose cause is
            known. Others pass.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, IncompatibleEnvironmentError):
            raise
        text = traceback.format_exc()
        problem = explain(text, read_environment().versions)
        if problem is None:
            raise
        raise IncompatibleEnvironmentError(
            [problem], unwritable_note(), DOCTOR_HINT
        ) from error


def _may_warn() -> bool:
    """Whether this process is the first, and the first of its rank."""
    first = os.environ.get('LOCAL_RANK', '0') == '0'
    if not first or WARNED_VARIABLE in os.environ:
        return False
    os.environ[WARNED_VARIABLE] = '1'
    return True
