# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The texts are those of the real packages, cut short."""

import pytest

from mmhvr.utils.explain import explain

SITE = '/venv/lib/python3.10/site-packages'
NUMPY = (
    'Traceback (most recent call last):\n'
    f'  File "{SITE}/mmdet/datasets/coco.py", line 3, in <module>\n'
    '    import pycocotools.mask\n'
    f'  File "{SITE}/pycocotools/mask.py", line 3, in <module>\n'
    '    import pycocotools._mask as _mask\n'
    '  File "pycocotools/_mask.pyx", line 1, in init pycocotools._mask\n'
    'ValueError: numpy.dtype size changed, may indicate binary '
    'incompatibility. Expected 96 from C header, got 88 from PyObject\n'
)
CV2 = (
    f'  File "{SITE}/cv2/__init__.py", line 153, in bootstrap\n'
    '    native_module = importlib.import_module("cv2")\n'
    '  File "/usr/lib/python3.10/importlib/__init__.py", line 126, in '
    'import_module\n'
    '    return _bootstrap._gcd_import(name[level:], package, level)\n'
)
ARRAY_API = (
    f'  File "{SITE}/lap/__init__.py", line 25, in <module>\n'
    f'  File "{SITE}/numpy/core/_multiarray_umath.py", line 44, in __getattr__'
    '\n    raise ImportError(msg)\n'
    'AttributeError: _ARRAY_API not found\n'
)
NMS = (
    f'  File "{SITE}/torchvision/_meta_registrations.py", line 163\n'
    '  File "/venv/lib/python3.10/site-packages/torch/library.py", line 496\n'
    'RuntimeError: operator torchvision::nms does not exist\n'
)
OPERATORS = (
    f'  File "{SITE}/mmhvr/operators.py", line 235, in install_operators\n'
    '    importlib.import_module(NAME)\n'
    '  File "/usr/lib/python3.10/importlib/__init__.py", line 126, in '
    'import_module\n'
    '    return _bootstrap._gcd_import(name[level:], package, level)\n'
    '  File "<frozen importlib._bootstrap>", line 1050, in _gcd_import\n'
)
UNDEFINED = (
    f'ImportError: {SITE}/mmcv/_ext.cpython-310-x86_64-linux-gnu.so: '
    'undefined symbol: _ZN3c1017RegisterOperatorsD1Ev'
)
GONE = 'cannot open shared object file: No such file or directory'


@pytest.mark.parametrize(
    ('text', 'name', 'command'),
    [
        (UNDEFINED, 'mmcv', 'MMHVR_OPERATORS=torchvision'),
        (OPERATORS + UNDEFINED, 'mmcv', 'mmcv-lite==2.0.0'),
        (OPERATORS + f'ImportError: libc10.so: {GONE}', 'mmcv', 'mmcv-lite'),
        (
            OPERATORS + f'ImportError: libtorch_cuda_cpp.so: {GONE}',
            'mmcv',
            'export MMHVR_OPERATORS=torchvision, or pip uninstall -y mmcv',
        ),
        (NUMPY, 'pycocotools', '--upgrade --force-reinstall --no-deps py'),
        (
            CV2 + 'ImportError: numpy.core.multiarray failed to import',
            'opencv-python-headless',
            '--force-reinstall --no-deps opencv-python-headless',
        ),
        (ARRAY_API, 'lap', '--force-reinstall --no-deps lap'),
        (
            'A module that was compiled using NumPy 1.x cannot be run in\n'
            'NumPy 2.2.6 as it may crash.',
            'a package',
            'numpy',
        ),
        (NMS, 'torchvision', 'pip install torch==2.14.1 torchvision'),
        (
            f'ImportError: {SITE}/torchvision/_C.so: undefined symbol: _ZN3',
            'torchvision',
            'pip install torch==2.14.1 torchvision',
        ),
        (
            'ImportError: torchvision 0.28.0 was built for another torch than '
            "2.14.1: '_OpNamespace' 'torchvision' object has no attribute",
            'torchvision',
            'pip install torch==2.14.1 torchvision',
        ),
        (
            CV2 + f'ImportError: libGL.so.1: {GONE}',
            'opencv-python',
            'pip uninstall -y opencv-python opencv-python-headless && '
            'pip install opencv-python-headless',
        ),
        (
            CV2 + f'ImportError: libgthread-2.0.so.0: {GONE}',
            'opencv-python',
            'pip install opencv-python-headless',
        ),
        (
            f'  File "{SITE}/torch/__init__.py", line 3\n'
            f'OSError: libcudart.so.12: {GONE}',
            'torch',
            'pip install --force-reinstall torch torchvision',
        ),
        (
            f'  File "{SITE}/scipy/__init__.py", line 3\n'
            f'ImportError: libopenblas.so.0: {GONE}',
            'scipy',
            'pip install --force-reinstall --no-deps scipy',
        ),
        (
            "ModuleNotFoundError: No module named 'pkg_resources'",
            'setuptools',
            'pip install "setuptools<80"',
        ),
        (
            "ModuleNotFoundError: No module named 'mmtrack.models'",
            'mmtrack',
            'pip install --no-deps mmtrack==1.0.0rc1',
        ),
        ("No module named 'yaml'", 'pyyaml', 'pip install pyyaml'),
        ("No module named 'lap'", 'lap', 'pip install lap'),
        # Parts of Python itself are no packages.
        ("No module named '_lzma'", 'python', 'liblzma-dev'),
        (
            "No module named 'distutils.core'",
            'setuptools',
            'pip install "setuptools<80"',
        ),
    ],
)
def test_known_texts(text, name, command):
    problem = explain(text, {'torch': '2.14.1', 'numpy': '2.2.6'})
    assert problem.name == name
    assert command in problem.command
    assert problem.needed and problem.reason


@pytest.mark.parametrize(
    'text',
    [
        '',
        'ImportError: x',
        "ModuleNotFoundError: No module named 'mmhvr.nothing'",
        f'ImportError: libodd.so: {GONE}',  # of no package that is named
        "No module named 'triton'\nAssertionError: MMCV==2.1.0 is used",
    ],
)
def test_unknown_texts(text):
    assert explain(text) is None


def test_files_that_are_gone():
    problem = explain("No module named 'mmdet.apis'", {'mmdet': '3.0.0rc4'})
    assert 'its files are not complete' in str(problem)
    assert problem.command == (
        'pip install --force-reinstall --no-deps mmdet==3.0.0rc4'
    )


def test_the_versions_are_in_the_text():
    problem = explain(UNDEFINED, {'torch': '2.5.0', 'mmcv': '2.0.0rc4'})
    assert str(problem).startswith(
        'mmcv 2.0.0rc4 does not work (its operators were compiled for another '
        'torch than 2.5.0: ImportError: '
    )


def test_an_old_numpy_gets_a_build_that_fits_it():
    # The newest pycocotools would be the one for numpy 2 again.
    problem = explain(NUMPY, {'torch': '2.0.1', 'numpy': '1.23.5'})
    assert problem.command == (
        'pip install --force-reinstall pycocotools numpy==1.23.5'
    )


@pytest.mark.parametrize(
    ('text', 'versions', 'command'),
    [
        (
            "No module named 'mmcv.ops.nms'",
            {'mmcv-lite': '2.0.0'},
            'mmcv-lite==2.0.0',
        ),
        (
            "No module named 'torch.fx'",
            {'torch': '2.14.1+cpu'},
            'torch==2.14.1',
        ),
    ],
)
def test_what_is_installed_is_installed_again(text, versions, command):
    problem = explain(text, versions)
    assert problem.command == (
        f'pip install --force-reinstall --no-deps {command}'
    )
