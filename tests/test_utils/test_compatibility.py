# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import re

import pytest

from mmhvr.utils.compatibility import (
    find_problems,
    find_untried,
    torchvision_command,
)
from mmhvr.utils.environment import Environment
from mmhvr.utils.versions import TABLE

ALL = ('core', 'host', 'mim', 'other')
# The two sets that were tried, written out here on purpose: a bound that is
# moved by mistake has to show.
COMPILED = Environment(
    {
        'python': '3.10.13',
        'numpy': '1.22.4',
        'torch': '2.0.1',
        'torchvision': '0.15.2',
        'mmengine': '0.10.7',
        'mmcv': '2.0.0rc4',
        'mmdet': '3.0.0rc4',
        'mmcls': '1.0.0rc5',
        'mmtrack': '1.0.0rc1',
        'trackeval': '1.0.1',
        'opencv-python-headless': '4.11.0.86',
        'setuptools': '60.2.0',
        'openmim': '0.3.9',
    },
    torch_of_torchvision='==2.0.1',
    compiled_operators=True,
)
TODAY = Environment(
    {
        **COMPILED.versions,
        'python': '3.13.0',
        'numpy': '2.5.5',
        'torch': '2.14.1',
        'torchvision': '0.29.1',
        'mmcv': None,
        'mmcv-lite': '2.0.0',
        'opencv-python-headless': '5.0.0.93',
        'setuptools': '79.0.1',
    },
    torch_of_torchvision='>=2.14.0',
)
MMCV_LITE = 'pip install mmcv-lite==2.0.0'


def change(environment, **changes):
    """The environment with other versions, and other fields."""
    fields = {k: changes.pop(k) for k in environment._fields if k in changes}
    names = {k.replace('_', '-'): v for k, v in changes.items()}
    versions = {**environment.versions, **names}
    return environment._replace(versions=versions, **fields)


@pytest.mark.parametrize('environment', [COMPILED, TODAY])
def test_the_tried_sets_have_no_problem(environment):
    assert find_problems(environment, ALL) == []
    assert find_untried(environment, ALL) == []


@pytest.mark.parametrize(
    ('environment', 'versions'),
    [
        (COMPILED, dict(torch='2.0.1+cu118')),  # from PyTorch's own index
        (TODAY, dict(torch='2.14.1+cpu')),
        (COMPILED, dict(torch='2.0.0', torch_of_torchvision='==2.0.0')),
        (COMPILED, dict(numpy='1.23.5')),
        (COMPILED, dict(numpy='1.21.0', python='3.9.0')),
        (TODAY, dict(numpy='2.0.0')),
        (TODAY, dict(numpy='1.23.5')),
        (TODAY, dict(mmengine='0.10.1')),
        (TODAY, dict(mmengine=None, mmengine_lite='0.10.7')),
        (TODAY, dict(mmcv='2.0.0rc4', mmcv_lite=None)),  # not compiled
        (TODAY, dict(mmcv='2.0.0', mmcv_lite=None)),
        (TODAY, dict(mmcv_lite='2.0.0rc4')),
        (TODAY, dict(trackeval='1.3.0')),
        (TODAY, dict(torch_of_torchvision=None)),
        (  # NVIDIA's own builds name the local version
            TODAY,
            dict(torch='2.14.1+nv', torch_of_torchvision='==2.14.1+nv'),
        ),
        (TODAY, dict(opencv_python_headless='4.8.0')),  # none is known to fail
        (TODAY, dict(compiled_operators=True, operators='torchvision')),
    ],
)
def test_near_versions_have_no_problem(environment, versions):
    environment = change(environment, **versions)
    assert find_problems(environment, ALL) == []
    assert find_untried(environment, ALL) == []


@pytest.mark.parametrize(
    ('versions', 'expected'),
    [
        # name, version found, reason, what is needed and command, in order
        (
            dict(mmdet='3.0.0rc5'),
            [
                'mmdet 3.0.0rc5',
                "renamed 'CLASSES' to 'classes'",
                'mmdet==3.0.0rc4',
                'pip install --no-deps mmdet==3.0.0rc4',
            ],
        ),
        (dict(mmdet='3.3.0'), ['mmdet 3.3.0', 'CLASSES', '==3.0.0rc4']),
        (dict(mmdet='2.28.2'), ['mmdet 2.28.2', 'older', 'mmdet==3.0.0rc4']),
        (dict(mmdet='unknown'), ['mmdet unknown', 'not a version number']),
        (
            dict(mmcv_lite='2.1.0'),
            ['mmcv-lite 2.1.0', 'mmtrack 1.0.0rc1 and mmcls', MMCV_LITE],
        ),
        (
            dict(mmcv_lite=None, mmcv='2.0.1'),
            ['mmcv 2.0.1', 'refuse', f'uninstall -y mmcv && {MMCV_LITE}'],
        ),
        (dict(mmcv_lite=None, mmcv='1.7.1'), ['mmcv 1.7.1', 'older']),
        (
            dict(mmcv_lite=None),
            ['mmcv is not installed', 'needed: mmcv-lite==2.0.0', MMCV_LITE],
        ),
        (
            dict(compiled_operators=True),
            ['mmcv 2.0.0', 'C++14', 'MMHVR_OPERATORS=torchvision'],
        ),
        (
            dict(torch='1.13.1', torch_of_torchvision=None, numpy='1.23.5'),
            ['torch 1.13.1', 'older than 2.0', 'torch>=2.0.0', 'torchvision'],
        ),
        (
            dict(numpy='1.24.0'),
            ['numpy 1.24.0', 'np.bool', '<1.24 or numpy>=2', '"numpy>=2"'],
        ),
        (dict(numpy='1.26.4'), ['numpy 1.26.4', 'np.bool', '"numpy>=2"']),
        (dict(numpy='1.20.3'), ['numpy 1.20.3', 'older than 1.21']),
        (
            dict(torch_of_torchvision='==2.13.0'),
            ['torchvision', 'torch==2.13.0, and torch is 2.14.1', '==2.14.1'],
        ),
        (
            dict(torch='2.14.1+cpu', torch_of_torchvision='==2.13.0'),
            ['torch==2.14.1 torchvision  # from the index of 2.14.1+cpu'],
        ),
        (
            dict(torch='2.13.0'),
            ['made for torch>=2.14.0, and torch is 2.13.0', 'torch==2.13.0'],
        ),
        (dict(torchvision=None), ['torchvision is not', 'torch==2.14.1']),
        (dict(mmengine='0.7.0'), ['mmengine 0.7.0', 'mmengine==0.10.7']),
        (dict(mmengine='1.0.0'), ['mmengine 1.0.0', 'mmengine==0.10.7']),
        (dict(mmcls='0.25.0'), ['mmcls 0.25.0', 'mmcls==1.0.0rc5']),
        (dict(mmtrack='0.14.0'), ['mmtrack 0.14.0', 'mmtrack==1.0.0rc1']),
        (dict(mmtrack=None), ['mmtrack is not installed', '==1.0.0rc1']),
        (dict(trackeval='0.1'), ['trackeval 0.1', 'trackeval==1.0.1']),
        (dict(python='3.8.18'), ['python 3.8.18', 'CPython 3.9 to 3.13']),
        (dict(setuptools='82.0.0'), ['pkg_resources', '"setuptools<80"']),
        (dict(openmim='0.3.1'), ['openmim 0.3.1', 'openmim==0.3.9']),
        (
            dict(trackeval=None),
            [
                'trackeval is not installed',
                'without declaring it',
                'trackeval>=1.0.0,<2.0.0',
                'pip install --no-deps trackeval==1.0.1',
            ],
        ),
    ],
)
def test_one_wrong_package_is_the_one_that_is_named(versions, expected):
    problems = find_problems(change(TODAY, **versions), ALL)
    assert len(problems) == 1
    pattern = '.*'.join(re.escape(part) for part in expected)
    assert re.search(pattern, str(problems[0])), str(problems[0])


@pytest.mark.parametrize(
    ('versions', 'command'),
    [
        # torch 2.0 to 2.2 are of numpy 1; CPython 3.12 has no numpy 1.23.
        (dict(numpy='2.2.6'), 'pip install "numpy>=1.21,<1.24"'),
        (dict(numpy='2.0.0rc1'), 'pip install "numpy>=1.21,<1.24"'),
        (dict(numpy='1.26.4'), 'pip install "numpy>=1.21,<1.24"'),
        (
            dict(numpy='2.2.6', python='3.12.1', torch='2.2.2'),
            'pip install "numpy>=2" "torch>=2.3" torchvision',
        ),
        (dict(numpy='1.24.4', torch='2.3.0'), 'pip install "numpy>=2"'),
    ],
)
def test_numpy_has_to_fit_torch(versions, command):
    changed = dict(torch_of_torchvision=None, compiled_operators=False)
    (problem,) = find_problems(change(COMPILED, **changed, **versions))
    assert (problem.name, problem.command) == ('numpy', command)
    changed.update(versions, torch='2.3.0', numpy='2.2.6')
    assert find_problems(change(COMPILED, **changed)) == []


def test_compiled_operators_need_torch_2_0():
    newer = dict(torch='2.1.0', torch_of_torchvision='==2.1.0')
    (problem,) = find_problems(change(COMPILED, **newer))
    assert 'mmcv 2.0.0rc4 does not work' in str(problem)
    assert 'C++17' in problem.reason
    assert problem.command == (
        'export MMHVR_OPERATORS=torchvision, or '
        f'pip uninstall -y mmcv mmcv-lite && {MMCV_LITE}'
    )


@pytest.mark.parametrize(
    ('versions', 'name', 'command'),
    [
        (dict(torch='2.15.0'), 'torch', 'torch==2.14.*" torchvision'),
        (dict(numpy='2.6.0'), 'numpy', 'pip install "numpy==2.5.*"'),
        (dict(mmengine='0.11.0rc3'), 'mmengine', 'mmengine==0.10.7'),
        (dict(mmcls='1.0.0rc6'), 'mmcls', '--no-deps mmcls==1.0.0rc5'),
        (dict(mmtrack='1.0.0rc2'), 'mmtrack', '--no-deps mmtrack==1.0.0rc1'),
        (dict(trackeval='1.4.0'), 'trackeval', 'trackeval==1.3.*'),
        (dict(python='3.14.0'), 'python', 'python3.13 -m venv'),
    ],
)
def test_a_newer_version_is_no_problem_but_said(versions, name, command):
    environment = change(TODAY, **versions)
    assert find_problems(environment, ALL) == []
    (problem,) = find_untried(environment, ALL)
    assert problem.name == name and command in problem.command
    assert f'{name} {versions[name]} was not tried' in str(problem)


@pytest.mark.parametrize(
    ('owners', 'versions', 'text', 'command'),
    [
        (
            ['mmcv', 'mmcv-lite'],
            dict(mmcv='2.0.0'),
            "write the same files, those of the package 'mmcv'",
            f'pip uninstall -y mmcv mmcv-lite && {MMCV_LITE}',
        ),
        (
            ['mmcv-lite', 'onedl-mmcv-cu128-torch2-8'],
            {'onedl-mmcv-cu128-torch2-8': '2.3.1'},
            'onedl-mmcv-cu128-torch2-8 2.3.1 takes the place of mmcv (a fork',
            'pip uninstall -y mmcv-lite onedl-mmcv-cu128-torch2-8 && '
            + MMCV_LITE,
        ),
        (
            ['mmcv-full'],
            {'mmcv-lite': None, 'mmcv-full': '1.7.2'},
            'mmcv-full 1.7.2 takes the place of mmcv (it is the old mmcv 1.x)',
            f'pip uninstall -y mmcv-full && {MMCV_LITE}',
        ),
    ],
)
def test_several_owners_of_a_package(owners, versions, text, command):
    environment = change(TODAY, owners={'mmcv': owners}, **versions)
    (problem,) = find_problems(environment, ALL)
    assert text in str(problem) and problem.command == command


def test_the_owner_is_what_counts():
    # A system's mmcv 1.x below a virtual environment's mmcv-lite.
    owners = {'mmcv': ['mmcv-lite'], 'mmengine': ['mmengine', 'mmengine-lite']}
    environment = change(
        TODAY, mmcv='1.7.1', mmengine_lite='0.10.7', owners=owners
    )
    assert find_problems(environment, ALL) == []
    environment = change(environment, mmengine_lite='0.10.6')
    (problem,) = find_problems(environment, ALL)
    assert problem.name == 'mmengine and mmengine-lite'


def test_every_wrong_package_is_named_at_once():
    problems = find_problems(Environment({'python': '3.13.0'}), ALL)
    assert [problem.name for problem in problems] == [
        package.name for package in TABLE[1:]
    ]


def test_the_core_can_be_looked_at_without_the_host():
    environment = change(TODAY, mmtrack=None, mmcls=None, trackeval=None)
    assert find_problems(environment, layers=['core']) == []
    assert len(find_problems(environment, layers=['host'])) == 3
    assert find_problems(change(TODAY, openmim=None)) == []


@pytest.mark.parametrize('package', TABLE[1:], ids=lambda p: p.name)
def test_the_command_mends_the_problem(package):
    # The version that the command installs is one that is taken.
    match = re.search(
        rf'(?:^|\s)({package.name}|mmcv-lite)==(\S+)', package.command
    )
    if match is None:
        assert package.name in (
            'numpy',
            'torch',
            'torchvision',
            'opencv',
            'setuptools',
        )
    else:
        versions = {**TODAY.versions, match.group(1): match.group(2)}
        assert find_problems(TODAY._replace(versions=versions), ALL) == []


def test_the_torchvision_of_a_torch():
    plain = (
        'pip uninstall -y torchvision && pip install torch==2.1.0 torchvision'
    )
    assert torchvision_command('2.1.0') == plain
    assert torchvision_command('2.1.0+cu118') == (
        f'{plain}  # from the index of 2.1.0+cu118'
    )
    for torch in (None, 'odd'):
        assert torchvision_command(torch) == (
            'pip install --upgrade torch torchvision'
        )
