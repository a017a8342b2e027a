# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import subprocess
import sys
import warnings
from importlib import metadata

import pytest

from mmhvr.utils import environment, version_guard
from mmhvr.utils.environment import Environment, mmcv_operators_exist
from mmhvr.utils.problem import IncompatibleEnvironmentError
from mmhvr.utils.version_guard import check_environment, explained_imports


def test_import_speaks_before_anything_heavy_is_imported():
    script = (
        'import sys\n'
        'from importlib import metadata\n'
        'real = metadata.version\n'
        'metadata.version = lambda name: (\n'
        '    "3.0.0rc5" if name == "mmdet" else real(name))\n'
        'try:\n'
        '    import mmhvr\n'
        'except ImportError as error:\n'
        '    print(error)\n'
        'print({"torch", "mmcv", "mmdet", "mmtrack"} & set(sys.modules))\n'
    )
    output = subprocess.check_output(
        [sys.executable, '-c', script], universal_newlines=True
    )
    assert "renamed 'CLASSES' to 'classes'" in output
    assert 'mmhvr doctor' in output
    assert output.splitlines()[-1] == 'set()'


def test_check_reads_the_installed_metadata(monkeypatch):
    real = metadata.version
    monkeypatch.setattr(
        environment.metadata,
        'version',
        lambda name: '3.0.0rc6' if name == 'mmdet' else real(name),
    )
    with pytest.raises(ImportError, match='mmdet 3.0.0rc6') as caught:
        check_environment()
    assert isinstance(caught.value, IncompatibleEnvironmentError)
    (problem,) = caught.value.problems
    assert (problem.name, problem.found) == ('mmdet', '3.0.0rc6')


def test_the_compiled_file_is_looked_for(monkeypatch, tmp_path):
    (tmp_path / 'mmcv').mkdir()
    (tmp_path / 'mmcv' / '__init__.py').write_text('raise RuntimeError')
    monkeypatch.delitem(sys.modules, 'mmcv', raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert not mmcv_operators_exist()
    suffix = environment.machinery.EXTENSION_SUFFIXES[0]
    (tmp_path / 'mmcv' / f'_ext{suffix}').touch()
    assert mmcv_operators_exist()


def test_the_check_can_be_turned_into_a_warning(monkeypatch):
    monkeypatch.setattr(
        version_guard,
        'read_environment',
        lambda: Environment({'python': '3.10.0'}),
    )
    with pytest.raises(IncompatibleEnvironmentError, match='SKIP_VERSION'):
        check_environment()
    monkeypatch.setenv('MMHVR_SKIP_VERSION_CHECK', '1')
    with pytest.warns(UserWarning, match='mmtrack is not installed'):
        check_environment()


def test_a_newer_version_is_one_warning(monkeypatch):
    real = environment.read_environment()
    newer = real._replace(
        versions={**real.versions, 'python': '3.99.0', 'trackeval': '1.99'}
    )
    monkeypatch.setattr(version_guard, 'read_environment', lambda: newer)
    monkeypatch.delenv('MMHVR_VERSIONS_WARNED', raising=False)
    with pytest.warns(UserWarning) as caught:
        check_environment()
        check_environment()
    (warning,) = caught
    assert 'python 3.99.0 was not tried' in str(warning.message)
    assert 'trackeval 1.99 was not tried' in str(warning.message)
    monkeypatch.delenv('MMHVR_VERSIONS_WARNED')
    monkeypatch.setenv('LOCAL_RANK', '1')
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        check_environment()


def test_failures_of_imports_are_explained():
    with pytest.raises(ImportError, match='pip install "setuptools<80"'):
        with explained_imports():
            raise ModuleNotFoundError("No module named 'pkg_resources'")
    with pytest.raises(KeyError):  # nothing to do with packages
        with explained_imports():
            raise KeyError('x')
    own = IncompatibleEnvironmentError([])
    with pytest.raises(IncompatibleEnvironmentError) as caught:
        with explained_imports():
            raise own
    assert caught.value is own
