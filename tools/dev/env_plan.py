# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Compare what is installed with a lock file.

Functions of texts and folders alone: nothing is installed here. Only the
standard library is used, since this runs before anything is installed.
"""

import re
import shutil
from pathlib import Path
from typing import Dict, List, NamedTuple

LINE = re.compile(
    r'([A-Za-z0-9._-]+)==([A-Za-z0-9.!+_-]+)'
    r'(?:\s*;\s*python_version\s*<\s*["\']3\.(\d+)["\'])?'
)


class Installed(NamedTuple):
    """One distribution in site-packages.

    Attributes:
        version: Its version.
        complete: Whether its installer came to its end.
        folder: Its ``.dist-info`` folder.
    """

    version: str
    complete: bool
    folder: Path


class Plan(NamedTuple):
    """What brings site-packages to the state of the lock file.

    Attributes:
        forget: Folders to delete first: what an interrupted installer left.
        install: Requirements to install then, such as ``numpy==1.22.4``.
    """

    forget: List[Path]
    install: List[str]


def normalise(name: str) -> str:
    """Spell the name of a distribution in the one way of PEP 503.

    Example:
        >>> normalise('Ruamel.Yaml__x')
        'ruamel-yaml-x'
    """
    return re.sub(r'[-_.]+', '-', name).lower()


def public(version: str) -> str:
    """Return a version without its local part.

    Example:
        >>> public('2.0.1+cu118')
        '2.0.1'
    """
    return version.split('+')[0]


def read_lock(text: str, minor: int) -> Dict[str, str]:
    r"""Read the lines ``name==version`` of a lock file.

    A line may end in a marker, ``; python_version < "3.9"``.

    Args:
        text: Content of the file; comments and empty lines are left out.
        minor: Minor version of CPython 3 that the markers are about.

    Returns:
        Normalised name -> version.

    Raises:
        ValueError: A line is no exact version, or a name occurs twice.

    Example:
        >>> read_lock('NumPy==1.22.4\nlap==1 ; python_version < "3.9"', 10)
        {'numpy': '1.22.4'}
    """
    versions: Dict[str, str] = {}
    for line in text.splitlines():
        line = line.split('#')[0].strip()
        if not line:
            continue
        match = LINE.fullmatch(line)
        if match is None:
            raise ValueError(
                f"The lock file has a line that is no exact version: '{line}'."
                ' Make it anew with `make lock`.'
            )
        name, version, below = match.groups()
        if below is not None and minor >= int(below):
            continue
        if normalise(name) in versions:
            raise ValueError(
                f"The lock file names '{name}' twice. Make it anew with "
                '`make lock`.'
            )
        versions[normalise(name)] = version
    return versions


def read_installed(site_packages: Path) -> Dict[str, List[Installed]]:
    """Read which distributions lie in a folder.

    pip and uv write the file ``INSTALLER`` after all the files of a
    distribution are in place, so one without it was interrupted.

    Args:
        site_packages: The folder of an environment that packages are in.

    Returns:
        Normalised name -> what was found under that name; more than one if
        an upgrade was interrupted.
    """
    found: Dict[str, List[Installed]] = {}
    for folder in sorted(site_packages.glob('*.dist-info')):
        name, _, version = folder.name[: -len('.dist-info')].rpartition('-')
        complete = (folder / 'INSTALLER').is_file() and (
            folder / 'METADATA'
        ).is_file()
        one = Installed(version, complete, folder)
        found.setdefault(normalise(name), []).append(one)
    return found


def make_plan(
    lock: Dict[str, str], installed: Dict[str, List[Installed]]
) -> Plan:
    """Find the steps from what is installed to what is locked.

    Packages that the lock file does not name are left alone.

    Args:
        lock: Normalised name -> version wanted.
        installed: As :func:`read_installed` returns it.

    Returns:
        The steps; both lists are empty if nothing is to be done.
    """
    forget, install = [], []
    for name, version in sorted(lock.items()):
        records = installed.get(name, [])
        if len(records) == 1 and records[0].complete:
            # As for pip, 2.0.1+cu118 is a 2.0.1.
            if version in (records[0].version, public(records[0].version)):
                continue
        else:
            forget += [record.folder for record in records]
        install.append(f'{name}=={version}')
    return Plan(forget, install)


def forget(plan: Plan, site_packages: Path) -> None:
    """Delete what interrupted installers left, so that pip starts afresh.

    Args:
        plan: The folders to delete are in it.
        site_packages: pip moves what it replaces to names with ``~`` here.
    """
    for folder in plan.forget + sorted(site_packages.glob('~*')):
        shutil.rmtree(folder, ignore_errors=True)
