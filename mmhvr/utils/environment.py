# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What is installed, read from metadata alone: nothing is imported."""

import os
import platform
import re
import sys
import sysconfig
from importlib import machinery, metadata, util
from pathlib import Path
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence

from .versions import TABLE, Requirement

# Packages that more than one distribution brings.
SHARED = ('mmcv', 'mmdet', 'mmengine', 'mmcls', 'mmtrack')
FORKS = {
    'mmcv-full': 'mmcv',
    'onedl-mmcv': 'mmcv',
    'onedl-mmdetection': 'mmdet',
    'onedl-mmengine': 'mmengine',
}
# 'torchvision' takes torchvision's operators even if mmcv has its own.
OPERATORS_VARIABLE = 'MMHVR_OPERATORS'

_OWNS = {
    'RECORD': re.compile(rf'^({"|".join(SHARED)})/__init__\.py,', re.M),
    'top_level.txt': re.compile(rf'^({"|".join(SHARED)})\s*$', re.M),
}


class Environment(NamedTuple):
    """What the version guard looks at.

    Attributes:
        versions: Name of a distribution of the table -> its version, or None
            if it is not installed.
        owners: Package -> the distributions that have put it there.
        torch_of_torchvision: What torchvision's metadata says of torch, such
            as ``==2.0.1``; None if nothing.
        compiled_operators: Whether mmcv holds compiled operators.
        operators: The value of ``MMHVR_OPERATORS``.
    """

    versions: Mapping[str, Optional[str]]
    owners: Mapping[str, Sequence[str]] = {}
    torch_of_torchvision: Optional[str] = None
    compiled_operators: bool = False
    operators: str = ''


def read_environment() -> Environment:
    """Read what is installed for the interpreter that runs."""
    owners = find_owners()
    names = [name for package in owners.values() for name in package]
    for package in TABLE:
        names += [package.name, *package.aliases]
    versions = {name: installed_version(name) for name in names}
    versions['python'] = platform.python_version()
    return Environment(
        versions,
        owners,
        torch_of_torchvision(),
        mmcv_operators_exist(),
        os.environ.get(OPERATORS_VARIABLE, ''),
    )


def installed_version(name: str) -> Optional[str]:
    """Return the version of a distribution, or None."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def find_owners() -> Dict[str, List[str]]:
    """Which distributions have files of the packages of :data:`SHARED`.

    Only the folder counts from which the package is imported, the first one
    on ``sys.path``. A distribution without a list of its files counts by its
    name. ``importlib.metadata.packages_distributions`` says less, and is
    there from CPython 3.10 on.
    """
    owners: Dict[str, List[str]] = {}
    folders: Dict[str, str] = {}
    for distribution in metadata.distributions():
        for file, pattern in _OWNS.items():
            for package in pattern.findall(distribution.read_text(file) or ''):
                folder = str(distribution.locate_file(''))
                if folders.setdefault(package, folder) == folder:
                    name = normalized(distribution.metadata['Name'])
                    names = owners.setdefault(package, [])
                    if name not in names:
                        names.append(name)
    for name, package in FORKS.items():
        if package not in owners and installed_version(name) is not None:
            owners[package] = [name]
    return {package: sorted(names) for package, names in owners.items()}


def normalized(name: Optional[str]) -> str:
    """Return the name of a distribution as pip compares it."""
    return re.sub(r'[-_.]+', '-', name or '?').lower()


def torch_of_torchvision() -> Optional[str]:
    """Return the versions of torch that torchvision was made for."""
    try:
        lines = metadata.requires('torchvision') or []
    except metadata.PackageNotFoundError:
        return None
    for line in lines:
        requirement = Requirement(line)
        if requirement.name == 'torch':
            return str(requirement.specifier) or None
    return None


def mmcv_operators_exist() -> bool:
    """Look for mmcv's compiled module without importing mmcv."""
    try:
        spec = util.find_spec('mmcv')
    except ValueError:  # a module without __spec__ in its place
        return False
    if spec is None or spec.submodule_search_locations is None:
        return False
    return any(
        (Path(folder) / f'_ext{suffix}').exists()
        for folder in spec.submodule_search_locations
        for suffix in machinery.EXTENSION_SUFFIXES
    )


def site_packages() -> str:
    """Return the folder that pip installs into."""
    return sysconfig.get_paths()['purelib']


def unwritable_note() -> Optional[str]:
    """Say what to do where pip cannot change this environment."""
    folder = site_packages()
    marker = Path(sysconfig.get_paths()['stdlib'], 'EXTERNALLY-MANAGED')
    if not os.access(folder, os.W_OK):
        reason = f'{folder} cannot be written by you'
    elif sys.prefix == sys.base_prefix and marker.exists():
        reason = f'pip may not change the Python of the system ({marker})'
    else:
        return None
    return (
        f'{reason}, so the commands need an environment of your own: '
        f'{sys.executable} -m venv ~/mmhvr-venv && '
        '. ~/mmhvr-venv/bin/activate  # and install mmhvr into it'
    )
