# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import re
import subprocess
import sys
from importlib import metadata

import pytest
from packaging.specifiers import SpecifierSet

from mmhvr.utils import version_guard
from mmhvr.utils.version_guard import (
    REQUIREMENTS,
    IncompatibleEnvironmentError,
    check_environment,
    find_problems,
)

# The set of method and README, written out here on purpose: a bound that is
# moved by mistake has to show.
GOOD = {
    'numpy': '1.22.4',
    'torch': '2.0.1',
    'mmengine': '0.10.7',
    'mmcv': '2.0.0rc4',
    'mmdet': '3.0.0rc4',
    'mmcls': '1.0.0rc5',
    'mmtrack': '1.0.0rc1',
    'trackeval': '1.0.1',
}

MMCV_COMMAND = 'MMCV_WITH_OPS=1 pip install --no-deps --no-build-isolation'


def test_the_tested_set_has_no_problem():
    assert find_problems(GOOD) == []


@pytest.mark.parametrize(
    ('name', 'version'),
    [
        ('torch', '2.0.1+cu118'),  # from PyTorch's own index
        ('torch', '2.0.0'),
        ('numpy', '1.23.5'),
        ('mmengine', '0.10.1'),
    ],
)
def test_near_versions_have_no_problem(name, version):
    assert find_problems({**GOOD, name: version}) == []


@pytest.mark.parametrize(
    ('name', 'version', 'expected'),
    [
        # name, version found, range, reason and command, in this order
        (
            'mmdet',
            '3.0.0rc5',
            [
                'mmdet 3.0.0rc5',
                "renamed 'CLASSES' to 'classes'",
                'mmdet>=3.0.0rc4,<3.0.0rc5',
                'pip install --no-deps mmdet==3.0.0rc4',
            ],
        ),
        ('mmdet', '3.3.0', ['mmdet 3.3.0', 'CLASSES', '==3.0.0rc4']),
        ('mmdet', '2.28.2', ['mmdet 2.28.2', 'mmdet==3.0.0rc4']),
        ('mmcv', '2.0.0', ['mmcv 2.0.0', '<2.0.0rc5', MMCV_COMMAND]),
        ('mmcv', '2.1.0', ['mmcv 2.1.0', 'release candidates', MMCV_COMMAND]),
        ('mmcv', '1.7.1', ['mmcv 1.7.1', '>=2.0.0rc4', MMCV_COMMAND]),
        (
            'torch',
            '2.1.0',
            ['torch 2.1.0', 'C++14', 'torch>=2.0.0,<2.1.0', 'torch==2.0.1'],
        ),
        ('torch', '2.13.0+cpu', ['torch 2.13.0+cpu', 'mmcv', 'torch==2.0.1']),
        ('torch', '1.13.1', ['torch 1.13.1', '>=2.0.0', 'torch==2.0.1']),
        ('numpy', '1.24.0', ['numpy 1.24.0', 'np.float', 'numpy==1.22.4']),
        ('numpy', '2.2.6', ['numpy 2.2.6', '<1.24.0', 'numpy==1.22.4']),
        ('mmengine', '0.7.0', ['mmengine 0.7.0', 'mmengine==0.10.7']),
        ('mmcls', '0.25.0', ['mmcls 0.25.0', 'mmcls==1.0.0rc5']),
        ('mmtrack', '0.14.0', ['mmtrack 0.14.0', 'mmtrack==1.0.0rc1']),
        ('trackeval', '0.1', ['trackeval 0.1', '--no-deps trackeval==1.0.1']),
        ('mmdet', 'unknown', ['mmdet unknown', 'not a version number']),
        ('torch', None, ['torch is not installed', 'torch==2.0.1']),
        ('mmcv', None, ['mmcv is not installed', MMCV_COMMAND]),
        ('mmtrack', None, ['mmtrack is not installed', 'mmtrack==1.0.0rc1']),
        (
            'trackeval',
            None,
            [
                'trackeval is not installed',
                'without declaring it',
                'trackeval>=1.0.0,<2.0.0',
                'pip install --no-deps trackeval==1.0.1',
            ],
        ),
    ],
)
def test_one_wrong_package_is_the_one_that_is_named(name, version, expected):
    problems = find_problems({**GOOD, name: version})
    assert len(problems) == 1
    pattern = '.*'.join(re.escape(part) for part in expected)
    assert re.search(pattern, problems[0]), problems[0]


@pytest.mark.parametrize(
    ('versions', 'has_ops', 'expected'),
    [
        ({}, False, ['mmcv 2.0.0rc4', 'no compiled operators', MMCV_COMMAND]),
        (
            {'mmcv': None, 'mmcv-lite': '2.0.0rc4'},
            False,
            ['mmcv-lite 2.0.0rc4', 'pip uninstall -y mmcv-lite', MMCV_COMMAND],
        ),
        (
            {'mmcv-lite': '2.0.0rc4'},
            True,
            ['mmcv-lite 2.0.0rc4', 'pip uninstall -y mmcv-lite'],
        ),
        (
            {'mmcv': None, 'mmcv-full': '1.7.1'},
            True,
            ['mmcv-full 1.7.1', 'old mmcv 1.x', MMCV_COMMAND],
        ),
    ],
)
def test_mmcv_without_operators(versions, has_ops, expected):
    problems = find_problems({**GOOD, **versions}, mmcv_has_ops=has_ops)
    assert len(problems) == 1
    pattern = '.*'.join(re.escape(part) for part in expected)
    assert re.search(pattern, problems[0]), problems[0]


def test_every_wrong_package_is_named_at_once():
    problems = find_problems({}, mmcv_has_ops=False)
    assert [problem.split()[0] for problem in problems] == list(GOOD)


def test_the_core_can_be_looked_at_without_the_host():
    versions = {**GOOD, 'mmtrack': None, 'mmcls': None, 'trackeval': None}
    assert find_problems(versions, layers=['core']) == []
    assert len(find_problems(versions, layers=['host'])) == 3


@pytest.mark.parametrize('requirement', REQUIREMENTS, ids=lambda r: r.name)
def test_pip_reads_the_printed_range_as_the_guard_does(requirement):
    # packaging's own reading of the range is the oracle: it treats release
    # candidates below a bound in a way of its own.
    name, _, spec = requirement.range.partition('>')
    specifiers = SpecifierSet('>' + spec, prereleases=True)
    assert name == requirement.name
    assert GOOD[name] in specifiers
    assert requirement.low in specifiers
    assert requirement.high not in specifiers


@pytest.mark.parametrize('requirement', REQUIREMENTS, ids=lambda r: r.name)
def test_the_command_mends_the_problem(requirement):
    # The version that the command installs is one that the guard accepts.
    version = re.search(
        rf'(?:^|\s){requirement.name}==(\S+)', requirement.command
    ).group(1)
    assert find_problems({**GOOD, requirement.name: version}) == []


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
    assert output.splitlines()[-1] == 'set()'


def test_check_reads_the_installed_metadata(monkeypatch):
    real = metadata.version
    monkeypatch.setattr(
        version_guard.metadata,
        'version',
        lambda name: '3.0.0rc6' if name == 'mmdet' else real(name),
    )
    with pytest.raises(ImportError, match='mmdet 3.0.0rc6') as caught:
        check_environment()
    assert isinstance(caught.value, IncompatibleEnvironmentError)
    assert len(caught.value.problems) == 1


def test_check_looks_for_the_compiled_file(monkeypatch, tmp_path):
    (tmp_path / 'mmcv').mkdir()
    (tmp_path / 'mmcv' / '__init__.py').write_text('raise RuntimeError')
    monkeypatch.delitem(sys.modules, 'mmcv', raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ImportError, match='no compiled operators'):
        check_environment()
    suffix = version_guard.machinery.EXTENSION_SUFFIXES[0]
    (tmp_path / 'mmcv' / f'_ext{suffix}').touch()
    check_environment()


def test_the_check_can_be_turned_into_a_warning(monkeypatch):
    monkeypatch.setattr(version_guard, 'installed_versions', dict)
    with pytest.raises(IncompatibleEnvironmentError, match='SKIP_VERSION'):
        check_environment()
    monkeypatch.setenv('MMHVR_SKIP_VERSION_CHECK', '1')
    with pytest.warns(UserWarning, match='mmtrack is not installed'):
        check_environment()
