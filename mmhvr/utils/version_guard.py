# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Say which package is wrong before its import fails obscurely.

The versions come from the installed metadata, so nothing heavy is imported.
:func:`find_problems` is a pure function of them; :func:`check_environment` is
the thin caller that ``import mmhvr`` runs.
"""

import os
import warnings
from importlib import machinery, metadata, util
from pathlib import Path
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence

from packaging.version import InvalidVersion, Version

SKIP_VARIABLE = 'MMHVR_SKIP_VERSION_CHECK'

COMPILE_MMCV = (
    'pip install ninja psutil && '
    'MMCV_WITH_OPS=1 pip install --no-deps --no-build-isolation '
    '--no-binary mmcv --force-reinstall mmcv==2.0.0rc4'
)


class IncompatibleEnvironmentError(ImportError):
    """An installed package is missing, too old, too new or incomplete.

    It is an ``ImportError`` since it is raised by ``import mmhvr``.

    Attributes:
        problems: One text for each wrong package.
    """

    def __init__(self, problems: List[str]) -> None:
        self.problems = list(problems)
        listing = '\n'.join(f'  * {problem}' for problem in self.problems)
        super().__init__(
            f'mmhvr cannot run with the installed packages:\n{listing}\n'
            f'(to go on at your own risk, set {SKIP_VARIABLE}=1)'
        )


class Requirement(NamedTuple):
    """The versions ``low <= version < high`` of one distribution.

    Attributes:
        name: Name of the distribution.
        low: Lowest version that works, itself included.
        high: First version that does not work.
        command: Shell command that installs a version that works.
        too_high: Why ``high`` does not work.
        layer: ``core`` if all of mmhvr needs it, ``host`` if only the parts
            that plug into MMTracking do.
    """

    name: str
    low: str
    high: str
    command: str
    too_high: str = ''
    layer: str = 'core'

    @property
    def range(self) -> str:
        """The range as pip spells it."""
        return f'{self.name}>={self.low},<{self.high}'


# The bounds, and where they come from: what MMTracking 1.0.0rc1 asserts of
# mmcv and mmdet, what mmcls 1.0.0rc5 asserts of mmcv, and trials for the rest.
# An upper bound of release candidates is one itself, since for pip no release
# candidate of 2.0.0 is below 2.0.0.
REQUIREMENTS = (
    Requirement(
        'numpy',
        '1.21.0',
        '1.24.0',
        'pip install numpy==1.22.4',
        'numpy 1.24 removed aliases such as np.float, which trackeval uses, '
        'and torch 2.0 does not load with numpy 2',
    ),
    Requirement(
        'torch',
        '2.0.0',
        '2.1.0',
        f'pip install torch==2.0.1 torchvision==0.15.2 && {COMPILE_MMCV}',
        'mmcv 2.0.0rc4 compiles its operators as C++14, but the headers of '
        'torch 2.1 and newer are C++17',
    ),
    Requirement(
        'mmengine',
        '0.10.0',
        '1.0.0',
        'pip install mmengine==0.10.7',
        'MMTracking 1.0.0rc1 was made for mmengine 0.x',
    ),
    Requirement(
        'mmcv',
        '2.0.0rc4',
        '2.0.0rc5',
        COMPILE_MMCV,
        'MMTracking 1.0.0rc1 accepts release candidates of mmcv 2.0.0 only',
    ),
    Requirement(
        'mmdet',
        '3.0.0rc4',
        '3.0.0rc5',
        'pip install --no-deps mmdet==3.0.0rc4',
        "mmdet 3.0.0rc5 renamed 'CLASSES' to 'classes' in the meta "
        "information of datasets; MMTracking 1.0.0rc1 still says 'CLASSES', "
        'and its datasets would silently be empty',
    ),
    Requirement(
        'mmcls',
        '1.0.0rc5',
        '1.0.0rc6',
        'pip install --no-deps mmcls==1.0.0rc5',
        'MMTracking 1.0.0rc1 was tried with mmcls 1.0.0rc5 alone',
        layer='host',
    ),
    Requirement(
        'mmtrack',
        '1.0.0rc1',
        '1.0.0rc2',
        'pip install --no-deps mmtrack==1.0.0rc1',
        layer='host',
    ),
    Requirement(
        'trackeval',
        '1.0.0',
        '2.0.0',
        'pip install --no-deps trackeval==1.0.1',
        layer='host',
    ),
)

# Distributions that bring a package called mmcv too, and cannot stand in.
MMCV_LOOKALIKES = {
    'mmcv-lite': 'mmcv-lite has no compiled operators',
    'mmcv-full': 'mmcv-full is the old mmcv 1.x',
}

MISSING_NOTES = {
    'trackeval': 'mmtrack imports it without declaring it; --no-deps, since '
    'its own pins contradict those of mmtrack',
}


def _describe(requirement: Requirement, found: Optional[str]) -> Optional[str]:
    """Return what is wrong with the version found, or None."""
    name = requirement.name
    if found is None:
        note = MISSING_NOTES.get(name)
        reason = f' ({note})' if note else ''
        return (
            f'{name} is not installed{reason}; needed: {requirement.range}. '
            f'Run: {requirement.command}'
        )
    try:
        version = Version(found)
    except InvalidVersion:
        reason = ' (not a version number)'
    else:
        if version < Version(requirement.low):
            reason = ''
        elif version < Version(requirement.high):
            return None
        else:
            why = requirement.too_high
            reason = f' ({why})' if why else ''
    return (
        f'{name} {found} does not work{reason}; needed: {requirement.range}. '
        f'Run: {requirement.command}'
    )


def _describe_mmcv_build(
    versions: Mapping[str, Optional[str]], mmcv_has_ops: bool
) -> List[str]:
    """Return what is wrong with the way in which mmcv was installed."""
    problems = []
    for name, reason in MMCV_LOOKALIKES.items():
        found = versions.get(name)
        if found is not None:
            problems.append(
                f'{name} {found} takes the place of mmcv ({reason}); needed: '
                f'mmcv==2.0.0rc4 with its operators. Run: pip uninstall -y '
                f'{name} && {COMPILE_MMCV}'
            )
    if versions.get('mmcv') is not None and not mmcv_has_ops and not problems:
        problems.append(
            f'mmcv {versions["mmcv"]} has no compiled operators (no '
            'mmcv._ext); needed: mmcv==2.0.0rc4 with its operators, which '
            f'takes about ten minutes. Run: {COMPILE_MMCV}'
        )
    return problems


def find_problems(
    versions: Mapping[str, Optional[str]],
    mmcv_has_ops: bool = True,
    layers: Sequence[str] = ('core', 'host'),
) -> List[str]:
    """Compare versions with the ranges that work.

    Args:
        versions: Name of a distribution -> its version; a name that is
            missing or has None is not installed.
        mmcv_has_ops: Whether mmcv holds its compiled operators.
        layers: Which layers of :data:`REQUIREMENTS` are looked at.

    Returns:
        One text for each wrong package: its name, the version found, the
        range that works and the command that mends it. Empty if all is well.

    Example:
        >>> find_problems({'mmtrack': None}, layers=['host'])[1][:25]
        'mmtrack is not installed;'
    """
    problems = _describe_mmcv_build(versions, mmcv_has_ops)
    replaced = any(versions.get(name) for name in MMCV_LOOKALIKES)
    for requirement in REQUIREMENTS:
        if requirement.layer not in layers:
            continue
        if requirement.name == 'mmcv' and replaced:
            continue  # the text about the stand-in says it all
        problem = _describe(requirement, versions.get(requirement.name))
        if problem is not None:
            problems.append(problem)
    return problems


def installed_versions() -> Dict[str, Optional[str]]:
    """Read the versions of all packages that the guard looks at."""
    names = [requirement.name for requirement in REQUIREMENTS]
    versions: Dict[str, Optional[str]] = {}
    for name in names + list(MMCV_LOOKALIKES):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = None
    return versions


def mmcv_operators_exist() -> bool:
    """Look for mmcv's compiled module without importing mmcv."""
    spec = util.find_spec('mmcv')
    if spec is None or spec.submodule_search_locations is None:
        return False
    return any(
        (Path(folder) / f'_ext{suffix}').exists()
        for folder in spec.submodule_search_locations
        for suffix in machinery.EXTENSION_SUFFIXES
    )


def check_environment() -> None:
    """Raise if an installed package keeps mmhvr from working.

    With ``MMHVR_SKIP_VERSION_CHECK=1`` in the environment it only warns, for
    those who run another set of packages knowingly, such as MMTracking's
    unreleased ``dev-1.x`` branch, which goes with mmdet 3.0.0rc5.

    Raises:
        IncompatibleEnvironmentError: A package is wrong; names all of them.
    """
    problems = find_problems(installed_versions(), mmcv_operators_exist())
    if not problems:
        return
    error = IncompatibleEnvironmentError(problems)
    if os.environ.get(SKIP_VARIABLE) == '1':
        warnings.warn(str(error), stacklevel=2)
        return
    raise error
