# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Real runs of ``mmhvr doctor``, in environments that are made to be broken.

The texts of the failures are those of the real packages.
"""

import json
import os
import subprocess
import sys
import time

import pytest

import mmhvr
from mmhvr import cli

UNDEFINED = (
    "raise ImportError('/x/site-packages/mmcv/_ext.cpython-310-x86_64-linux-"
    "gnu.so: undefined symbol: _ZN2at4_ops5zeros4callEN3c108ArrayRefI')"
)
NO_LIBC10 = (
    "raise ImportError('libc10.so: cannot open shared object file: "
    "No such file or directory')"
)
NO_LIBGL = (
    "raise ImportError('libGL.so.1: cannot open shared object file: "
    "No such file or directory')"
)
NO_NMS = "raise RuntimeError('operator torchvision::nms does not exist')"
OLD_NUMPY = "raise ImportError('numpy.core.multiarray failed to import')"
OLD_DTYPE = (
    "raise ValueError('numpy.dtype size changed, may indicate binary "
    "incompatibility. Expected 96 from C header, got 88 from PyObject')"
)


def rows_of(report):
    return {row['name']: row for row in report['rows']}


def test_all_is_well(fake):
    status, report = fake.doctor()
    assert report['faults'] == report['warnings'] == []
    assert (status, report['ok'], report['note']) == (0, True, None)
    rows = rows_of(report)
    version = '{}.{}.{}'.format(*sys.version_info)
    assert rows['python']['found'] == version
    assert rows['python']['note'] == str(fake.python)
    assert rows['operators']['found'] == 'torchvision 0.29.0'
    assert rows['GPU']['found'] == 'none'
    assert rows['mmcv'] == dict(
        name='mmcv',
        found='2.0.0',
        state='ok',
        tried='2.0.0rc4 to 2.0.0',
        note='mmcv-lite',
    )
    # Two configs, and a part of configs that is not counted.
    assert rows['mim configs']['found'] == '2'
    assert rows['free, packages']['note'] == str(fake.site)
    assert rows['free, packages']['found'].endswith(' GiB')


def test_the_text_is_a_table(fake):
    done = fake.run('-m', 'mmhvr_command', 'doctor')
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and done.stderr == ''
    assert lines[-1] == 'Nothing is wrong.'
    column = lines[0].index('state')
    assert {line[column : column + 4].strip() for line in lines[1:-2]} == {
        'ok',
        '',
    }


def uninstall(*names):
    return lambda fake: fake.uninstall(*names)


def install(*distribution):
    return lambda fake: fake.install(*distribution)


def write(file, source):
    return lambda fake: fake.write(file, source)


def replace(name, version, module):
    def change(fake):
        fake.uninstall(name, module)
        fake.install(name, version, module)

    return change


def replace_mmcv(*distribution):
    def change(fake):
        fake.uninstall('mmcv-lite', 'mmcv')
        fake.install(*distribution)

    return change


MMCV_LITE = 'pip install mmcv-lite==2.0.0'
CASES = {
    'mmcv-full': (
        replace_mmcv('mmcv-full', '1.7.2', 'mmcv'),
        'mmcv-full 1.7.2 takes the place of mmcv (it is the old mmcv 1.x)',
        f'pip uninstall -y mmcv-full && {MMCV_LITE}',
    ),
    'mmcv-full beside mmcv-lite': (
        install('mmcv-full', '1.7.2', 'mmcv'),
        'mmcv-full 1.7.2 takes the place of mmcv',
        f'pip uninstall -y mmcv-full mmcv-lite && {MMCV_LITE}',
    ),
    'onedl-mmcv': (
        replace_mmcv('onedl-mmcv', '2.3.6', 'mmcv'),
        'onedl-mmcv 2.3.6 takes the place of mmcv (a fork',
        f'pip uninstall -y onedl-mmcv && {MMCV_LITE}',
    ),
    'a fork of an unknown name': (
        replace_mmcv('Some_MMCV', '3.0', 'mmcv'),
        'some-mmcv 3.0 takes the place of mmcv (another distribution',
        f'pip uninstall -y some-mmcv && {MMCV_LITE}',
    ),
    'mmcv-full without a list of files': (
        replace_mmcv('mmcv-full', '1.7.2', 'mmcv', '', False),
        'mmcv-full 1.7.2 takes the place of mmcv',
        f'pip uninstall -y mmcv-full && {MMCV_LITE}',
    ),
    'mmcv and mmcv-lite': (
        install('mmcv', '2.0.0rc4', 'mmcv'),
        'mmcv and mmcv-lite 2.0.0rc4 and 2.0.0 write the same files',
        f'pip uninstall -y mmcv mmcv-lite && {MMCV_LITE}',
    ),
    'onedl-mmdetection': (
        install('onedl-mmdetection', '3.5.1', 'mmdet'),
        'onedl-mmdetection 3.5.1 takes the place of mmdet',
        'pip uninstall -y mmdet onedl-mmdetection && '
        'pip install --no-deps mmdet==3.0.0rc4',
    ),
    'onedl-mmengine': (
        install('onedl-mmengine', '0.10.12', 'mmengine'),
        'onedl-mmengine 0.10.12 takes the place of mmengine',
        'pip uninstall -y mmengine onedl-mmengine && '
        'pip install mmengine==0.10.7',
    ),
    'undefined symbol': (
        write('mmcv/_ext.py', UNDEFINED),
        'its operators were compiled for another torch than 2.14.1',
        'export MMHVR_OPERATORS=torchvision, or '
        f'pip uninstall -y mmcv mmcv-lite && {MMCV_LITE}',
    ),
    'a library of another torch': (
        write('mmcv/_ext.py', NO_LIBC10),
        'libc10.so: cannot open shared object file',
        'export MMHVR_OPERATORS=torchvision, or '
        f'pip uninstall -y mmcv mmcv-lite && {MMCV_LITE}',
    ),
    'OpenCV of numpy 1': (
        write('cv2/__init__.py', OLD_NUMPY),
        'built for another numpy than 2.5.5',
        'pip install --upgrade --force-reinstall --no-deps '
        'opencv-python-headless',
    ),
    'an extension of numpy 1 further down': (
        write('mmtrack/utils.py', 'import lap'),
        'lap does not work',
        'pip install --upgrade --force-reinstall --no-deps lap',
    ),
    'torchvision missing': (
        uninstall('torchvision', 'torchvision'),
        'torchvision is not installed',
        'pip uninstall -y torchvision && '
        'pip install torch==2.14.1 torchvision',
    ),
    'torchvision of another torch': (
        lambda fake: fake.require('torchvision', 'torch (==2.13.0)'),
        'it was made for torch==2.13.0, and torch is 2.14.1',
        'pip uninstall -y torchvision && '
        'pip install torch==2.14.1 torchvision',
    ),
    'torchvision that does not load': (
        write('torchvision/__init__.py', NO_NMS),
        'operator torchvision::nms does not exist',
        'pip uninstall -y torchvision && '
        'pip install torch==2.14.1 torchvision',
    ),
    'no libGL': (
        write('cv2/__init__.py', NO_LIBGL),
        'libGL.so.1',
        'pip uninstall -y opencv-python opencv-python-headless && '
        'pip install opencv-python-headless',
    ),
    'torch missing': (
        uninstall('torch', 'torch'),
        'torch is not installed (all of mmhvr needs it)',
        'pip install --upgrade torch torchvision',
    ),
    'numpy 1.26': (
        replace('numpy', '1.26.4', 'numpy'),
        'numpy 1.26.4 does not work (numpy 1.24 to 1.26 have no np.bool',
        'pip install "numpy>=2"',
    ),
    'mmdet of the release': (
        replace('mmdet', '3.3.0', 'mmdet'),
        "renamed 'CLASSES' to 'classes'",
        'pip install --no-deps mmdet==3.0.0rc4',
    ),
    'trackeval missing': (
        uninstall('trackeval', 'trackeval'),
        'trackeval is not installed (mmtrack imports it without declaring',
        'pip install --no-deps trackeval==1.0.1',
    ),
    'mim missing': (
        uninstall('openmim', 'mim'),
        'openmim is not installed (for mim train',
        'pip install --no-deps openmim==0.3.9',
    ),
    'setuptools without pkg_resources': (
        write('mim/utils.py', 'import pkg_resources'),
        'setuptools 79.0.1 does not work',
        'pip install "setuptools<80"',
    ),
    'setuptools 82': (
        replace('setuptools', '82.0.0', 'setuptools'),
        'setuptools 82.0.0 does not work (setuptools 82 has no pkg_resources',
        'pip install "setuptools<80"',
    ),
    'an unknown cause': (
        lambda fake: fake.write('mmtrack/utils.py', "raise ImportError('x')"),
        'mmhvr cannot be imported (ImportError: x)',
        'python -c "import mmhvr"',
    ),
    'two configs of one name': (
        lambda fake: fake.write_config('more/a.py'),
        'mim refuses a.py',
        'pip uninstall -y mmhvr && '
        'pip install --force-reinstall --no-deps .  # in the checkout',
    ),
}


# Those that concern mim alone, and OpenCV, which these packages do not import.
IMPORT_WORKS = (
    'OpenCV of numpy 1',
    'no libGL',
    'mim missing',
    'setuptools without pkg_resources',
    'setuptools 82',
    'two configs of one name',
)


@pytest.mark.parametrize('name', CASES)
def test_one_fault_is_named_once_with_its_command(fake, name):
    change, text, command = CASES[name]
    fake.write('lap/__init__.py', OLD_DTYPE)
    change(fake)
    status, report = fake.doctor()
    assert status == 1 and not report['ok']
    assert [fault['command'] for fault in report['faults']] == [command]
    assert text in report['faults'][0]['text']
    assert command in report['faults'][0]['text']
    done = fake.run('-c', 'import mmhvr')
    if name in IMPORT_WORKS:
        assert done.returncode == 0
    elif name == 'an unknown cause':
        assert done.stderr.endswith('ImportError: x\n')
    else:
        assert 'IncompatibleEnvironmentError' in done.stderr
        assert report['faults'][0]['text'] in done.stderr


def test_all_is_missing(fake):
    for name, _, module, _ in fake.distributions:
        fake.uninstall(name, module)
    status, report = fake.doctor()
    assert status == 1
    names = ' '.join(fault['name'] for fault in report['faults'])
    assert names == (
        'numpy torch torchvision mmengine mmcv mmdet mmcls mmtrack '
        'trackeval opencv setuptools openmim'
    )
    assert rows_of(report)['GPU']['found'] == 'unknown'


def test_the_right_numpy_mends_what_was_built_for_it(fake):
    fake.uninstall('torch')
    fake.install('torch', '2.0.1', 'torch_info')
    fake.require('torchvision', 'torch (==2.0.1)')
    fake.write('cv2/__init__.py', OLD_NUMPY)
    status, report = fake.doctor()
    assert status == 1
    (fault,) = report['faults']
    assert fault['name'] == 'numpy'
    assert 'torch 2.0 to 2.2 are built for numpy 1' in fault['text']


def test_the_stand_in_mends_a_compiled_mmcv(fake):
    fake.write('mmcv/_ext.py', UNDEFINED)
    assert fake.doctor()[0] == 1
    status, report = fake.doctor(MMHVR_OPERATORS='torchvision')
    assert status == 0
    assert rows_of(report)['operators']['found'] == 'torchvision 0.29.0'


def test_newer_versions_are_warnings(fake):
    source = (fake.site / 'torch' / '__init__.py').read_text()
    fake.uninstall('torch', 'torch')
    fake.install('torch', '2.99.0', 'torch', source)
    fake.require('torchvision', 'torch (>=2.14.0)')
    status, report = fake.doctor()
    assert status == 0, report['faults']
    (warning,) = report['warnings']
    assert warning['name'] == 'torch'
    assert 'the newest that was tried is 2.14' in warning['text']
    assert warning['command'] == 'pip install "torch==2.14.*" torchvision'
    assert rows_of(report)['torch']['state'] == 'not tried'
    # The import warns once, and its child processes do not repeat it.
    script = 'import mmhvr, subprocess, sys\n'
    script += 'subprocess.run([sys.executable, "-c", "import mmhvr"])'
    done = fake.run('-c', script)
    assert done.returncode == 0
    assert done.stderr.count('torch 2.99.0 was not tried') == 1
    assert fake.run('-c', script, LOCAL_RANK='1').stderr == ''


def test_packages_that_cannot_be_written(fake):
    fake.uninstall('trackeval', 'trackeval')
    # Root may write where the folder's bits say no, so that they prove
    # nothing in a container: os.access answers in their place.
    fake.write(
        'sitecustomize.py',
        'import os\n'
        'real = os.access\n'
        'os.access = lambda path, mode: (\n'
        f'    path != {str(fake.site)!r} and real(path, mode))\n',
    )
    status, report = fake.doctor()
    assert status == 1
    assert f'{fake.site} cannot be written by you' in report['note']
    assert '-m venv' in report['note']
    done = fake.run('-c', 'import mmhvr')
    assert f'{fake.site} cannot be written by you' in done.stderr
    # Where nothing has to be mended it is no matter.
    fake.install('trackeval', '1.0.1', 'trackeval')
    status, report = fake.doctor()
    assert (status, report['note']) == (0, None)


def test_a_crash_and_a_hang(fake, monkeypatch):
    fake.write('cv2/__init__.py', 'import os; os.kill(os.getpid(), 11)')
    status, report = fake.doctor()
    assert status == 1
    assert 'did not come to its end: signal 11' in report['faults'][0]['text']
    assert report['faults'][0]['name'] == 'opencv'
    fake.write('cv2/__init__.py', 'import time; time.sleep(600)')
    file = fake.site / 'mmhvr' / 'doctor' / 'probes.py'
    text = file.read_text()
    file.write_text(text.replace('TIMEOUT = 120.0', 'TIMEOUT = 1.0'))
    start = time.monotonic()
    status, report = fake.doctor()
    assert time.monotonic() - start < 20
    assert 'stopped after 1 s' in report['faults'][0]['text']


def test_without_packaging(fake):
    (fake.site / 'packaging').unlink()
    done = fake.run('-m', 'mmhvr_command', 'doctor')
    assert done.returncode == 1
    assert 'error: packaging is not installed' in done.stderr
    assert 'Run: pip install packaging' in done.stderr


def test_the_command_as_a_module(fake):
    fake.uninstall('torch', 'torch')
    done = fake.run('-m', 'mmhvr_command', 'doctor')
    assert done.returncode == 1
    assert 'torch is not installed' in done.stdout
    assert 'Traceback' not in done.stderr
    # Any other command is one error, not a traceback, through the script.
    done = fake.run('-m', 'mmhvr_command', 'detect', 'x.mp4')
    assert done.returncode == 1
    assert done.stderr.startswith('error: mmhvr cannot run with')
    assert 'Traceback' not in done.stderr


def test_a_python_of_the_system(fake):
    """The note where pip refuses to change anything (PEP 668)."""
    script = (
        'import sys, sysconfig, pathlib, mmhvr_command\n'
        'mmhvr_command.make_bare_package()\n'
        'from mmhvr.utils import environment\n'
        'folder = pathlib.Path(sys.argv[1])\n'
        '(folder / "EXTERNALLY-MANAGED").touch()\n'
        'sys.base_prefix = sys.prefix\n'
        'sysconfig.get_paths = lambda: dict(\n'
        '    stdlib=str(folder), purelib=str(folder))\n'
        'print(environment.unwritable_note())\n'
    )
    done = fake.run('-c', script, str(fake.site))
    assert 'pip may not change the Python of the system' in done.stdout
    assert '-m venv' in done.stdout


def test_the_real_environment_is_well():
    """Within ten seconds on two free cores; other tests may run beside."""
    done = subprocess.run(
        [sys.executable, '-m', 'mmhvr_command', 'doctor', '--json'],
        stdout=subprocess.PIPE,
        timeout=100,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)),
    )
    report = json.loads(done.stdout)
    assert done.returncode == 0, report['faults']
    rows = rows_of(report)
    assert rows['mmhvr']['found'] == mmhvr.__version__
    assert rows['mmhvr']['note'] == 'can be imported'
    assert rows['mmdet']['found'] == '3.0.0rc4'


def test_help_names_the_doctor(capsys):
    with pytest.raises(SystemExit):
        cli.main(['--help'])
    assert 'doctor' in capsys.readouterr().out
    with pytest.raises(SystemExit):
        cli.main(['doctor', '--help'])
    assert '--json' in capsys.readouterr().out
