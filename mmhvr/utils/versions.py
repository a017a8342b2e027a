# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The one table of the packages that mmhvr stands on, and their versions.

The version guard and ``mmhvr doctor`` read it. A version between the oldest
and the newest that was tried is taken; an older one is refused; a newer one
is taken with a warning; one that is known not to work is refused, wherever it
lies. What depends on two packages at once is in :mod:`.compatibility`.
"""

import importlib
from typing import Any, NamedTuple, Optional, Tuple


def _load_packaging() -> Tuple[Any, Any, Any]:
    """Return packaging's modules, or their copies in pip and setuptools."""
    for parent in ('', 'pip._vendor.', 'setuptools._vendor.'):
        try:
            return tuple(  # type: ignore[return-value]
                importlib.import_module(f'{parent}packaging.{name}')
                for name in ('requirements', 'specifiers', 'version')
            )
        except ImportError:
            continue
    raise ImportError(
        'packaging is not installed (mmhvr compares versions with it); '
        'needed: any version. Run: pip install packaging'
    )


_requirements, _specifiers, _version = _load_packaging()
Requirement = _requirements.Requirement
SpecifierSet = _specifiers.SpecifierSet
Version = _version.Version
InvalidVersion = _version.InvalidVersion


class Broken(NamedTuple):
    """Versions that are known not to work, as pip spells them, and why."""

    versions: str
    reason: str


class Package(NamedTuple):
    """The versions of one package that work.

    Attributes:
        name: The usual name of the distribution.
        module: The name that is imported.
        oldest: The oldest version that was tried; older ones are refused.
        newest: The newest that was tried. ``2.14`` stands for every 2.14.x.
            Empty if another rule says what fits.
        needed: What works, in words for a message.
        command: The shell command that installs a version that works.
        why: What needs it, as a clause.
        layer: ``core`` if all of mmhvr needs it, ``host`` if only the parts
            that plug into MMTracking do, ``mim`` if only mim does, ``other``
            if no version of it is known to be wrong.
        broken: Versions that are known not to work.
        aliases: Other distributions of the same package that serve as well.
    """

    name: str
    module: str
    oldest: str
    newest: str
    needed: str
    command: str
    why: str
    layer: str = 'core'
    broken: Tuple[Broken, ...] = ()
    aliases: Tuple[str, ...] = ()

    @property
    def tried(self) -> str:
        """The range that was tried, in words."""
        if not self.newest:
            return 'that of torch'
        if self.oldest == self.newest:
            return self.oldest
        return f'{self.oldest} to {self.newest}'

    def is_older(self, version: str) -> bool:
        """Whether a version is older than the oldest that was tried."""
        return public(version) < Version(self.oldest)

    def is_newer(self, version: str) -> bool:
        """Whether a version is newer than the newest that was tried."""
        if not self.newest:
            return False
        newest, found = Version(self.newest), public(version)
        if newest.pre:
            return found > newest
        return found.release[: len(newest.release)] > newest.release

    def why_broken(self, version: str) -> Optional[str]:
        """Return the reason why a version does not work, or None."""
        for broken in self.broken:
            # A release candidate counts like any version; so says pip only
            # where it is told to.
            specifiers = SpecifierSet(broken.versions, prereleases=True)
            if public(version) in specifiers:
                return broken.reason
        return None


def public(version: str) -> Any:
    """Return a version without its local part: ``2.0.1+cu118`` is 2.0.1."""
    return Version(Version(version).public)


MMCV_LITE = 'pip install mmcv-lite==2.0.0'
OPENCV = (
    'pip uninstall -y opencv-python opencv-python-headless && '
    'pip install opencv-python-headless'
)

TABLE = (
    Package(
        'python',
        'python',
        oldest='3.9',
        newest='3.13',
        needed='CPython 3.9 to 3.13',
        command='python3.13 -m venv venv && . venv/bin/activate  # and '
        'install mmhvr into it',
        why='all of mmhvr needs it',
    ),
    Package(
        'numpy',
        'numpy',
        oldest='1.21',
        newest='2.5',
        needed='numpy>=1.21,<1.24 or numpy>=2',
        command='pip install "numpy>=2"',
        why='all of mmhvr needs it',
        broken=(
            Broken(
                '>=1.24,<2',
                'numpy 1.24 to 1.26 have no np.bool, which the loading '
                'transforms of mmtrack and mmdet use; numpy 2 has it again',
            ),
        ),
    ),
    Package(
        'torch',
        'torch',
        oldest='2.0',
        newest='2.14',
        needed='torch>=2.0.0',
        command='pip install --upgrade torch torchvision',
        why='all of mmhvr needs it',
    ),
    Package(
        'torchvision',
        'torchvision',
        oldest='0.15.1',
        newest='',
        needed='the torchvision that was made for the installed torch',
        command='pip install --upgrade torch torchvision',
        why="mmdet needs it, and mmhvr does for mmcv's operators",
    ),
    Package(
        'mmengine',
        'mmengine',
        oldest='0.10',
        newest='0.10',
        needed='mmengine>=0.10.0,<1.0.0',
        command='pip install mmengine==0.10.7',
        why='all of mmhvr needs it',
        broken=(
            Broken('>=1.0.0', 'mmdet 3.0.0rc4 refuses mmengine 1.0 and newer'),
        ),
        aliases=('mmengine-lite',),
    ),
    Package(
        'mmcv',
        'mmcv',
        oldest='2.0.0rc4',
        newest='2.0.0',
        needed='mmcv-lite==2.0.0, or mmcv 2.0.0rc4',
        command=MMCV_LITE,
        why='mmdet and mmtrack need it',
        broken=(
            Broken(
                '>2.0.0',
                'mmtrack 1.0.0rc1 and mmcls 1.0.0rc5 refuse it; 2.0.0 alone '
                'is taken for the release candidate that they were made for',
            ),
        ),
        aliases=('mmcv-lite',),
    ),
    Package(
        'mmdet',
        'mmdet',
        oldest='3.0.0rc4',
        newest='3.0.0rc4',
        needed='mmdet==3.0.0rc4',
        command='pip install --no-deps mmdet==3.0.0rc4',
        why='mmtrack and mmhvr need it',
        broken=(
            Broken(
                '>=3.0.0rc5',
                "mmdet 3.0.0rc5 renamed 'CLASSES' to 'classes' in the meta "
                'information of datasets; mmtrack 1.0.0rc1 still says '
                "'CLASSES', and its datasets would silently be empty",
            ),
        ),
    ),
    Package(
        'mmcls',
        'mmcls',
        oldest='1.0.0rc5',
        newest='1.0.0rc5',
        needed='mmcls==1.0.0rc5',
        command='pip install --no-deps mmcls==1.0.0rc5',
        why='mmtrack needs it',
        layer='host',
    ),
    Package(
        'mmtrack',
        'mmtrack',
        oldest='1.0.0rc1',
        newest='1.0.0rc1',
        needed='mmtrack==1.0.0rc1',
        command='pip install --no-deps mmtrack==1.0.0rc1',
        why='mmhvr plugs into it',
        layer='host',
    ),
    Package(
        'trackeval',
        'trackeval',
        oldest='1.0.0',
        newest='1.3',
        needed='trackeval>=1.0.0,<2.0.0',
        command='pip install --no-deps trackeval==1.0.1',
        why='mmtrack imports it without declaring it; --no-deps, since its '
        'own pins contradict those of mmtrack',
        layer='host',
    ),
    Package(
        'opencv',
        'cv2',
        oldest='4.11',
        newest='5.0',
        needed='opencv-python-headless',
        command=OPENCV,
        why='mmcv and mmhvr need it',
        layer='other',
        aliases=(
            'opencv-python-headless',
            'opencv-python',
            'opencv-contrib-python-headless',
            'opencv-contrib-python',
        ),
    ),
    Package(
        'setuptools',
        'setuptools',
        oldest='49',
        newest='79',
        needed='setuptools<80',
        command='pip install "setuptools<80"',
        why='mim imports pkg_resources, which is a part of it',
        layer='mim',
        broken=(
            Broken(
                '>=82',
                'setuptools 82 has no pkg_resources any more, which mim '
                'imports',
            ),
        ),
    ),
    Package(
        'openmim',
        'mim',
        oldest='0.3.9',
        newest='0.3.9',
        needed='openmim>=0.3.9',
        command='pip install --no-deps openmim==0.3.9',
        why='for mim train, mim test and mim run',
        layer='mim',
    ),
)


def find_package(name: str) -> Optional[Package]:
    """Return the entry of a distribution or of a module, or None.

    Example:
        >>> find_package('cv2').name, find_package('mmcv-lite').name
        ('opencv', 'mmcv')
    """
    for package in TABLE:
        if name in (package.name, package.module, *package.aliases):
            return package
    return None
