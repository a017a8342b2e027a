# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import importlib
import sys

import pytest

from mmhvr.utils import versions
from mmhvr.utils.versions import TABLE, find_package


def test_the_table_is_whole():
    names = [package.name for package in TABLE]
    assert len(names) == len(set(names))
    for package in TABLE:
        assert package.layer in ('core', 'host', 'mim', 'other')
        assert package.command and package.needed and package.why
        assert not package.is_older(package.oldest)
        assert package.why_broken(package.oldest) is None
        assert all(broken.reason for broken in package.broken)
        if package.newest:
            assert not package.is_newer(package.newest)
            assert package.why_broken(package.newest) is None


@pytest.mark.parametrize(
    ('name', 'version', 'older', 'newer'),
    [
        ('torch', '1.13.1', True, False),
        ('torch', '2.0.0+cu117', False, False),
        ('torch', '2.14.9', False, False),
        ('torch', '2.15.0.dev20260101+cpu', False, True),
        ('python', '3.8.20', True, False),
        ('python', '3.13.9', False, False),
        ('python', '3.14.0rc1', False, True),
        ('mmtrack', '1.0.0rc0', True, False),
        ('mmtrack', '1.0.0rc2', False, True),
        ('mmtrack', '1.0.0', False, True),
        ('mmcv', '2.0.0rc3', True, False),
        ('mmcv', '2.0.0', False, False),
        ('torchvision', '0.14.0', True, False),
        ('torchvision', '9.0', False, False),  # torch says what fits
    ],
)
def test_older_and_newer(name, version, older, newer):
    package = find_package(name)
    assert package.is_older(version) == older
    assert package.is_newer(version) == newer


@pytest.mark.parametrize(
    ('name', 'good', 'bad'),
    [
        ('numpy', '1.21.0 1.23.5 2.0.0 2.5.5', '1.24.0rc1 1.24.0 1.26.4'),
        ('mmdet', '3.0.0rc4', '3.0.0rc5 3.0.0rc6 3.0.0 3.3.0'),
        ('mmcv', '2.0.0rc4 2.0.0', '2.0.1 2.1.0 2.2.0'),
        ('setuptools', '60.2.0 81.0.0', '82.0.0 84.2.1'),
    ],
)
def test_broken_versions(name, good, bad):
    package = find_package(name)
    assert all(package.why_broken(v) is None for v in good.split())
    # numpy 1.24.0rc1 is not in >=1.24 for pip; nobody has it.
    for version in bad.replace('1.24.0rc1 ', '').split():
        assert package.why_broken(version), version


def test_names():
    assert find_package('mmcv-lite') is find_package('mmcv')
    assert find_package('mim').name == 'openmim'
    assert find_package('lap') is None


def test_the_copy_in_pip_serves_where_packaging_is_missing(monkeypatch):
    real = importlib.import_module

    def without(*missing):
        def load(name):
            if name.startswith(missing):
                raise ImportError(name)
            return real(name)

        return load

    monkeypatch.setattr(importlib, 'import_module', without('packaging'))
    *_, version = versions._load_packaging()
    assert version.__name__ != 'packaging.version'
    assert version.Version('2.0.0rc4') < version.Version('2.0.0')
    everywhere = without('packaging', 'pip.', 'setuptools.')
    monkeypatch.setattr(importlib, 'import_module', everywhere)
    with pytest.raises(ImportError, match='Run: pip install packaging'):
        versions._load_packaging()
    assert 'packaging' in sys.modules
