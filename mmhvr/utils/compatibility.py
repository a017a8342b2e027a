# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Compare what is installed with the table of versions.

Pure functions of an :class:`~.environment.Environment` and of the table in
:mod:`.versions`. The rules about two packages at once are here: torch and
torchvision, torch and numpy, torch and a compiled mmcv, and several
distributions of one package.
"""

from typing import List, Optional, Sequence, Tuple

from .environment import Environment
from .problem import Problem
from .versions import (
    MMCV_LITE,
    TABLE,
    InvalidVersion,
    Package,
    SpecifierSet,
    Version,
    public,
)

LAYERS = ('core', 'host')


def installed(
    package: Package, environment: Environment
) -> Tuple[str, Optional[str]]:
    """Return the distribution that serves as a package, and its version."""
    names = [package.name, *package.aliases]
    owners = [
        n for n in environment.owners.get(package.name, ()) if n in names
    ]
    for name in owners + names:
        found = environment.versions.get(name)
        if found is not None:
            return name, found
    return package.name, None


def find_problems(
    environment: Environment, layers: Sequence[str] = LAYERS
) -> List[Problem]:
    """Compare what is installed with the table of versions.

    Args:
        environment: What is installed.
        layers: Which layers of the table are looked at.

    Returns:
        What keeps mmhvr from working, at most one problem for a package, in
        the order of the table. Empty if all is well.

    Example:
        >>> found = find_problems(Environment({'mmtrack': None}), ['host'])
        >>> str(found[1])[:24]
        'mmtrack is not installed'
    """
    problems = []
    for package in TABLE:
        if package.layer in layers:
            problem = _find_problem(package, environment)
            if problem is not None:
                problems.append(problem)
    return problems


def find_untried(
    environment: Environment, layers: Sequence[str] = LAYERS
) -> List[Problem]:
    """Return what is newer than the newest version that was tried.

    Returns:
        One for each package of the table that is installed, is not known to
        be broken, and is newer; in the order of the table.
    """
    untried = []
    for package in TABLE:
        name, found = installed(package, environment)
        if package.layer not in layers or found is None:
            continue
        if _find_problem(package, environment) is None and package.is_newer(
            found
        ):
            untried.append(
                Problem(
                    name,
                    found,
                    package.needed,
                    f'the newest that was tried is {package.newest}; if '
                    'something fails, go back to it',
                    _command_for_tried(package),
                    what='was not tried',
                )
            )
    return untried


def torchvision_command(torch: Optional[str]) -> str:
    """Return the command that installs the torchvision of a torch."""
    try:
        number = public(torch or '')
    except InvalidVersion:
        return 'pip install --upgrade torch torchvision'
    _, _, local = (torch or '').partition('+')
    # Without the first command pip may find the wrong one good enough. One
    # from elsewhere fits the number of torch, and not its CUDA.
    command = 'pip uninstall -y torchvision && '
    command += f'pip install torch=={number} torchvision'
    return command + (f'  # from the index of {torch}' if local else '')


def _command_for_tried(package: Package) -> str:
    """Return the command that installs the newest version that was tried."""
    if Version(package.newest).pre or package.aliases:
        return package.command
    if package.name == 'python':
        return package.command
    also = ' torchvision' if package.name == 'torch' else ''
    return f'pip install "{package.name}=={package.newest}.*"{also}'


def _find_problem(
    package: Package, environment: Environment
) -> Optional[Problem]:
    """Return what is wrong with one package of the table, or None."""
    problem = _find_wrong_owner(package, environment)
    if problem is not None:
        return problem
    name, found = installed(package, environment)
    command = package.command
    if package.name == 'numpy':
        command = numpy_command(environment)
    if package.name == 'torchvision':
        command = torchvision_command(environment.versions.get('torch'))
    if found is None:
        return Problem(
            name,
            None,
            package.needed,
            package.why,
            command,
            'is not installed',
        )
    if package.name == 'mmcv' and name == 'mmcv':  # never both of them
        command = f'pip uninstall -y mmcv && {command}'
    try:
        reason = package.why_broken(found)
        old = package.layer != 'other' and package.is_older(found)
        if reason is None and old:
            reason = f'older than {package.oldest}, the oldest tried'
    except InvalidVersion:
        reason = 'not a version number'
    if reason is not None:
        return Problem(name, found, package.needed, reason, command)
    try:
        return _find_mismatch(package, environment, found)
    except InvalidVersion:  # of torch, which is a problem of its own
        return None


def _find_wrong_owner(
    package: Package, environment: Environment
) -> Optional[Problem]:
    """Forks in the way, and distributions that overwrite each other."""
    owners = environment.owners.get(package.name, ())
    own = (package.name, *package.aliases)
    strangers = [name for name in owners if name not in own]
    # mmcv and mmcv-lite differ even where their numbers do not.
    numbers = {environment.versions.get(name) for name in owners}
    if strangers:
        culprits = strangers
        what = f'takes the place of {package.name}'
        reason = _describe_stranger(strangers[0])
    elif len(owners) > 1 and (package.name == 'mmcv' or len(numbers) > 1):
        culprits = list(owners)
        what = f"write the same files, those of the package '{package.name}'"
        reason = 'which of them is there depends on the order of installing'
    else:
        return None
    found = [environment.versions.get(name) or '?' for name in culprits]
    return Problem(
        ' and '.join(culprits),
        ' and '.join(found),
        package.needed,
        reason,
        f'pip uninstall -y {" ".join(owners)} && {package.command}',
        what,
    )


def _describe_stranger(name: str) -> str:
    """Why a distribution cannot stand in for another."""
    if name == 'mmcv-full':
        return 'it is the old mmcv 1.x'
    if name.startswith('onedl-'):
        return 'a fork, which has dropped MMTracking'
    return 'another distribution of the same package'


def _find_mismatch(
    package: Package, environment: Environment, found: str
) -> Optional[Problem]:
    """Whether a package does not fit the torch that is installed."""
    torch = environment.versions.get('torch')
    if torch is None:
        return None
    name, needed = package.name, package.needed
    if name == 'numpy' and _is_old(torch, '2.3') and not _is_old(found, '2'):
        return Problem(
            name,
            found,
            f'numpy>=1.21,<1.24 for torch {torch}',
            'torch 2.0 to 2.2 are built for numpy 1',
            numpy_command(environment),
        )
    made_for = environment.torch_of_torchvision
    if name == 'torchvision' and made_for is not None:
        fits = SpecifierSet(made_for, prereleases=True)
        # NVIDIA's own builds name the local version, too.
        if public(torch) not in fits and Version(torch) not in fits:
            return Problem(
                name,
                found,
                needed,
                f'it was made for torch{made_for}, and torch is {torch}',
                torchvision_command(torch),
            )
    if (
        name == 'mmcv'
        and environment.compiled_operators
        and environment.operators != 'torchvision'
        and not _is_old(torch, '2.1')
    ):
        return Problem(
            name,
            found,
            f'mmcv-lite==2.0.0 for torch {torch}',
            'its compiled operators are of torch 2.0: they are C++14, and '
            'torch 2.1 and newer are C++17',
            'export MMHVR_OPERATORS=torchvision, or '
            f'pip uninstall -y mmcv mmcv-lite && {MMCV_LITE}',
        )
    return None


def _is_old(version: str, limit: str) -> bool:
    """Whether a version is below a limit; that of ``2`` counts 2.0.0rc1."""
    return public(version).release < Version(limit).release


def numpy_command(environment: Environment) -> str:
    """Return the command that installs a numpy that fits torch and Python."""
    torch = environment.versions.get('torch')
    python = environment.versions.get('python')
    try:
        if torch is None or not _is_old(torch, '2.3'):
            return 'pip install "numpy>=2"'
    except InvalidVersion:
        return 'pip install "numpy>=2"'
    if python is not None and not _is_old(python, '3.12'):
        return 'pip install "numpy>=2" "torch>=2.3" torchvision'
    return 'pip install "numpy>=1.21,<1.24"'
