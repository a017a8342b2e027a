# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from env_plan import forget, make_plan, normalise, read_installed, read_lock

ROOT = Path(__file__).resolve().parents[3]
LOCKS = ROOT / 'requirements' / 'lock'


def put(folder, name, version, complete=True):
    info = folder / f'{name}-{version}.dist-info'
    info.mkdir(parents=True)
    (info / 'METADATA').write_text(f'Name: {name}\nVersion: {version}\n')
    if complete:
        (info / 'INSTALLER').write_text('pip\n')
    return info


def plan_for(folder, text):
    return make_plan(read_lock(text, 10), read_installed(folder))


def test_nothing_is_done_if_all_is_there(tmp_path):
    put(tmp_path, 'opencv_python_headless', '4.11.0.86')
    put(tmp_path, 'not_in_the_lock', '1.0')
    plan = plan_for(tmp_path, 'opencv-python-headless==4.11.0.86')
    assert plan == ([], [])


@pytest.mark.parametrize(
    ('installed', 'locked', 'install'),
    [
        ('2.0.1', '2.0.1', []),
        ('2.0.1+cu118', '2.0.1', []),  # a CUDA build of the same version
        ('2.0.1+cu118', '2.0.1+cu118', []),
        ('2.0.1', '2.0.1+cu118', ['torch==2.0.1+cu118']),
        ('2.1.0', '2.0.1', ['torch==2.0.1']),
        (None, '2.0.1', ['torch==2.0.1']),
    ],
)
def test_another_version_is_replaced(tmp_path, installed, locked, install):
    if installed is not None:
        put(tmp_path, 'torch', installed)
    assert plan_for(tmp_path, f'torch=={locked}') == ([], install)


def test_an_interrupted_install_is_forgotten_and_done_again(tmp_path):
    half = put(tmp_path, 'torch', '2.0.1', complete=False)
    other = put(tmp_path, 'numpy', '1.22.4')
    moved_away = tmp_path / '~orch'
    moved_away.mkdir()
    plan = plan_for(tmp_path, 'torch==2.0.1\nnumpy==1.22.4')
    assert plan == ([half], ['torch==2.0.1'])
    forget(plan, tmp_path)
    assert not half.exists()
    assert not moved_away.exists()
    assert other.exists()


def test_an_interrupted_upgrade_is_forgotten_and_done_again(tmp_path):
    old = put(tmp_path, 'pip', '23.0.1')
    new = put(tmp_path, 'pip', '24.0')
    assert plan_for(tmp_path, 'pip==24.0') == ([old, new], ['pip==24.0'])


def test_pip_marks_a_finished_install_with_its_installer_file(tmp_path):
    # What read_installed relies on, asked of pip itself: the file INSTALLER
    # is not in the wheel, pip adds it at the end.
    wheel = tmp_path / 'tiny-1.0-py3-none-any.whl'
    with zipfile.ZipFile(wheel, 'w') as archive:
        archive.writestr('tiny.py', '')
        archive.writestr(
            'tiny-1.0.dist-info/METADATA',
            'Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n',
        )
        archive.writestr(
            'tiny-1.0.dist-info/WHEEL',
            'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
        )
        archive.writestr('tiny-1.0.dist-info/RECORD', '')
    target = tmp_path / 'target'
    command = [sys.executable, '-m', 'pip', 'install', '--no-deps', '-q']
    command += ['--no-index', '--target', str(target), str(wheel)]
    subprocess.run(command, check=True)
    assert read_installed(target)['tiny'][0][:2] == ('1.0', True)
    shutil.rmtree(target)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    assert read_installed(target)['tiny'][0][:2] == ('1.0', False)


@pytest.mark.parametrize(
    ('text', 'error'),
    [
        ('numpy>=1.22', "'numpy>=1.22'"),
        ('numpy', "'numpy'"),
        ('-r other.txt', "'-r other.txt'"),
        ('numpy==1 ; sys_platform == "linux"', 'numpy==1 ; sys'),
        ('numpy==1.22.4\nNumPy==1.22.4', "names 'NumPy' twice"),
    ],
)
def test_a_line_that_is_no_exact_version_is_refused(text, error):
    with pytest.raises(ValueError, match=error):
        read_lock(text, 10)


@pytest.mark.parametrize(('minor', 'count'), [(8, 1), (9, 0), (10, 0)])
def test_a_marker_is_about_the_interpreter(minor, count):
    # 3.8 < 3.9 holds; 3.10 < 3.9 would hold for strings.
    lock = read_lock("lap==0.5.13 ; python_version < '3.9'", minor)
    assert len(lock) == count


@pytest.mark.parametrize('minor', [8, 9, 10])
def test_the_lock_files_are_complete(minor):
    locked = read_lock((LOCKS / f'py3{minor}.txt').read_text(), minor)
    source = read_lock((LOCKS / 'source.txt').read_text(), minor)
    assert not set(locked) & set(source)
    assert source['mmcv'] == '2.0.0rc4'
    assert ('lap' in locked) != ('lap' in source)
    # What runtime.txt asks for, taken from its lines by hand.
    needed = (ROOT / 'requirements' / 'runtime.txt').read_text()
    for line in needed.splitlines():
        if line and not line.startswith('#'):
            name = normalise(line.split('<')[0].split('>')[0])
            assert name in locked or name in source, name


def test_the_lock_file_is_what_runs_here():
    # Tests run in the environment that the lock file makes.
    minor = sys.version_info[1]
    locked = read_lock((LOCKS / f'py3{minor}.txt').read_text(), minor)
    for name in ['torch', 'mmengine', 'mmdet', 'mmtrack', 'numpy']:
        assert metadata.version(name).split('+')[0] == locked[name]
