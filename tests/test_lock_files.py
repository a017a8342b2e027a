# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The lock files hold what the files that they are made of demand."""

import re
from pathlib import Path

import pytest

from mmhvr.utils.versions import (
    TABLE,
    Requirement,
    SpecifierSet,
    find_package,
)

REQUIREMENTS = Path(__file__).resolve().parents[1] / 'requirements'
LOCK = REQUIREMENTS / 'lock'
DEFAULT = [f'default-py3{minor}' for minor in (9, 10, 11, 12, 13)]
OLDEST = [f'oldest-py3{minor}' for minor in (9, 10, 11, 12, 13)]
COMPILED = [f'compiled-py3{minor}' for minor in (9, 10)]
ALL = DEFAULT + OLDEST + COMPILED


def lines(path):
    """The lines of a file without comments."""
    text = path.read_text(encoding='utf-8')
    found = (line.split('#')[0].strip() for line in text.splitlines())
    return [line for line in found if line]


def normal(name):
    """A distribution's name as pip compares names."""
    return re.sub('[-_.]+', '-', name).lower()


def demands(name):
    """What a set is made of: (name, specifiers), its markers fulfilled."""
    files = [
        REQUIREMENTS / 'runtime.txt',
        REQUIREMENTS / 'tests.txt',
        LOCK / f'{name.split("-")[0]}.in',
        LOCK / 'nodeps.txt',
    ]
    for path in files:
        for line in lines(path):
            requirement = Requirement(line)
            python = name.split('py')[1]
            of_python = dict(python_version=f'{python[0]}.{python[1:]}')
            if not requirement.marker or requirement.marker.evaluate(
                of_python
            ):
                yield normal(requirement.name), requirement.specifier


def pins(name):
    """The versions of a lock file by normal name."""
    found = {}
    for line in lines(LOCK / f'{name}.txt'):
        match = re.fullmatch(r'([\w.-]+)==([\w.]+)', line)
        assert match, f'{line} is no pin'
        assert normal(match[1]) not in found
        found[normal(match[1])] = match[2]
    return found


def test_there_is_a_lock_file_for_each_python():
    found = sorted(path.stem for path in LOCK.glob('*-py*.txt'))
    assert found == sorted(ALL)
    python = find_package('python')
    minors = {int(name.split('py3')[1]) for name in DEFAULT}
    assert (python.oldest, python.newest) == (
        f'3.{min(minors)}',
        f'3.{max(minors)}',
    )


@pytest.mark.parametrize('name', ALL)
def test_what_is_demanded_is_pinned(name):
    found = pins(name)
    for package, specifier in demands(name):
        if package == 'mmcv-lite' and name in COMPILED:
            continue
        # pip takes a release candidate where it is asked for by name.
        assert specifier.contains(found[package], prereleases=True), package


@pytest.mark.parametrize('name', ALL)
def test_pins_that_matter(name):
    found = pins(name)
    expected = {
        'setuptools': '79.0.1',
        'mmcv-lite': None if name in COMPILED else '2.0.0',
        'mmcv': None,  # compiled afterwards, where it is at all
        'mmdet': '3.0.0rc4',
        'mmcls': '1.0.0rc5',
        'mmtrack': '1.0.0rc1',
        'openmim': '0.3.9',
        'trackeval': '1.0.1',
        'opencv-python': None,  # the headless one has the same module
    }
    assert {package: found.get(package) for package in expected} == expected
    if name in COMPILED:
        assert (found['torch'], found['torchvision']) == ('2.0.1', '0.15.2')
    # pip adds what the torch that it finds needs of CUDA, if anything.
    of_cuda = r'nvidia|cuda|triton|cmake$|lit$'
    assert [p for p in found if re.match(of_cuda, p)] == []


@pytest.mark.parametrize('name', ALL)
def test_pins_are_in_the_ranges_that_were_tried(name):
    found = pins(name)
    checked = set()
    for package in TABLE:
        for alias in (package.name, *package.aliases):
            version = found.get(alias)
            if version is None:
                continue
            checked.add(package.name)
            assert not package.is_older(version), alias
            assert not package.is_newer(version), alias
            assert package.why_broken(version) is None, alias
    missing = {package.name for package in TABLE} - checked
    assert missing == {'python'} | ({'mmcv'} if name in COMPILED else set())


def test_the_ranges_of_an_installation_are_those_of_the_table():
    found = [Requirement(line) for line in lines(REQUIREMENTS / 'runtime.txt')]
    ranges = {normal(one.name): one.specifier for one in found}
    compared = set()
    for package in TABLE:
        for alias in (package.name, *package.aliases):
            if not ranges.get(alias):
                continue
            compared.add(package.name)
            tried = {package.oldest, package.newest} - {''}
            if alias == 'mmcv-lite':
                tried = {'2.0.0'}  # the release candidate is of mmcv alone
            for version in tried:
                assert ranges[alias].contains(version, True), (alias, version)
            # The first version of each range that is known not to work, and
            # the first one after it if the first itself is fine.
            for broken in package.broken:
                for bound in SpecifierSet(broken.versions):
                    for version in (bound.version, f'{bound.version}.post1'):
                        if package.why_broken(version):
                            allowed = ranges[alias].contains(version, True)
                            assert not allowed, (alias, version)
    assert compared == {
        'mmcls',
        'mmcv',
        'mmdet',
        'mmengine',
        'numpy',
        'setuptools',
        'torch',
        'torchvision',
    }


def test_what_is_installed_without_dependencies():
    text = (REQUIREMENTS / 'runtime.txt').read_text(encoding='utf-8')
    pinned = dict(line.split('==') for line in lines(LOCK / 'nodeps.txt'))
    assert sorted(pinned) == ['mmtrack', 'openmim', 'trackeval']
    for name, version in pinned.items():
        assert f'{name}=={version}' in text
        assert not find_package(name).is_older(version)
        assert not find_package(name).is_newer(version)
