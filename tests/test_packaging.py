# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import os
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path, PurePosixPath

import pytest
import yaml
from mim.utils import get_installed_path, recursively_find

import mmhvr

ROOT = Path(__file__).resolve().parents[1]
COPIED = ('setup.py', 'setup.cfg', 'MANIFEST.in', 'model-index.yml', 'LICENSE')
COPIED += ('mmhvr_command.py',)


def source_files(*folders):
    """Relative paths of what git would take, caches left out."""
    return {
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in (ROOT / folder).rglob('*')
        if path.is_file() and '__pycache__' not in path.parts
    }


@pytest.fixture(scope='module')
def tree(tmp_path_factory):
    """A copy of the sources, since building writes next to them."""
    tree = tmp_path_factory.mktemp('tree')
    leave_out = shutil.ignore_patterns('.mim', '__pycache__')
    for name in ('mmhvr', 'configs', 'tools', 'demo', 'requirements'):
        shutil.copytree(ROOT / name, tree / name, ignore=leave_out)
    for name in COPIED:
        shutil.copy(ROOT / name, tree)
    (tree / 'README.md').write_text('mmhvr')
    return tree


def build(tree, target):
    command = [sys.executable, '-m', 'pip', 'wheel', '-q', '--no-deps']
    command += ['--no-build-isolation', '--no-index', '--no-cache-dir']
    command += ['-w', str(target), str(tree)]
    subprocess.run(command, check=True)
    (wheel,) = target.glob('*.whl')
    return wheel


@pytest.fixture(scope='module')
def names(tree, tmp_path_factory):
    """Paths in a wheel that is built from a tree with an old build in it."""
    for stale in ('mmhvr/gone.py', 'mmhvr/.mim/configs/gone.py'):
        path = tree / 'build' / 'lib' / stale
        path.parent.mkdir(parents=True)
        path.write_text('')
    (tree / 'configs' / '__pycache__').mkdir()
    (tree / 'configs' / '__pycache__' / 'x.pyc').write_text('')
    wheel = build(tree, tmp_path_factory.mktemp('wheel'))
    assert wheel.name == f'mmhvr-{mmhvr.__version__}-py3-none-any.whl'
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path_factory.getbasetemp() / 'wheel')
        return set(archive.namelist())


def test_the_wheel_brings_the_command(names, tmp_path_factory):
    (path,) = [n for n in names if n.endswith('.dist-info/entry_points.txt')]
    text = (tmp_path_factory.getbasetemp() / 'wheel' / path).read_text()
    assert 'mmhvr = mmhvr_command:main' in text.split('[console_scripts]')[1]
    assert 'mmhvr_command.py' in names


def test_the_wheel_holds_all_modules_and_no_others(names):
    modules = {n for n in names if n.startswith('mmhvr/')}
    modules = {n for n in modules if not n.startswith('mmhvr/.mim/')}
    expected = source_files('mmhvr')
    assert modules == {n for n in expected if '/.mim/' not in n}


def test_the_wheel_holds_configs_and_tools_where_mim_looks(names):
    found = {n[len('mmhvr/.mim/') :] for n in names if '/.mim/' in n}
    expected = source_files('configs', 'tools', 'demo') | {'model-index.yml'}
    assert found == {n for n in expected if not n.startswith('tools/dev/')}
    assert 'tools/train.py' in found
    assert 'tools/test.py' in found
    assert 'demo/video_demo.py' in found


def test_an_editable_install_links_to_the_sources(tree):
    command = [sys.executable, 'setup.py', '-q', 'develop', '--no-deps']
    command += ['--install-dir', str(tree / 'site')]
    command += ['--script-dir', str(tree / 'bin')]
    (tree / 'site').mkdir()
    env = {**os.environ, 'PYTHONPATH': str(tree / 'site')}
    subprocess.run(command, cwd=tree, env=env, check=True)
    script = tree / 'bin' / 'mmhvr'
    # With it pkg_resources would insist on the opencv-python of mmengine.
    assert '__requires__' not in script.read_text()
    # Quoted, unlike after #!, so that its path may have a blank. The script
    # is for sh in its first three lines, and for Python as a whole.
    assert script.read_text().splitlines()[:3] == [
        '#!/bin/sh',
        f'\'\'\'exec\' "{sys.executable}" "$0" "$@"',
        "' '''",
    ]
    out = subprocess.check_output([str(script), '--version'], env=env)
    assert mmhvr.__version__ in out.decode()
    links = tree / 'mmhvr' / '.mim'
    for name in ('configs', 'tools', 'demo', 'model-index.yml'):
        assert (links / name).is_symlink()
        assert not os.path.isabs(os.readlink(links / name))
        assert (links / name).resolve() == tree / name
    # A link that is already there, and one to nothing, are replaced.
    (links / 'configs').unlink()
    (links / 'configs').symlink_to('nowhere')
    subprocess.run(command, cwd=tree, env=env, check=True)
    assert (links / 'configs').resolve() == tree / 'configs'


def test_an_editable_install_that_mim_cannot_see_is_refused(tree):
    # What the build backend of new pip and of uv runs.
    result = subprocess.run(
        [sys.executable, 'setup.py', 'editable_wheel'],
        cwd=tree,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    assert result.returncode == 1
    assert 'pip install .' in result.stdout
    assert 'setup.py develop --no-deps' in result.stdout


def config_files():
    """Relative paths of all configs, those to inherit from included."""
    return sorted(
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / 'configs').rglob('*.py')
        if '__pycache__' not in path.parts
    )


def test_no_config_name_occurs_twice():
    # mim finds a config by its file name, and refuses one that is ambiguous.
    count = Counter(PurePosixPath(path).name for path in config_files())
    assert [name for name, number in count.items() if number > 1] == []


def complete_configs():
    """Relative paths of the configs that can be trained."""
    return [p for p in config_files() if not p.startswith('configs/_base_/')]


def listed_configs():
    index = yaml.safe_load((ROOT / 'model-index.yml').read_text())
    models = []
    for name in index['Import']:
        models += yaml.safe_load((ROOT / name).read_text())['Models']
    return models


def test_the_model_index_lists_the_configs_that_exist():
    listed = sorted(model['Config'] for model in listed_configs())
    assert listed == complete_configs()


def test_a_listed_model_is_named_after_its_config():
    for model in listed_configs():
        assert model['Name'] == PurePosixPath(model['Config']).stem


@pytest.mark.parametrize('path', complete_configs())
def test_mim_finds_each_config_by_its_name(path):
    # The functions that `mim train` and `mim test` call.
    package = get_installed_path('mmhvr')
    found = recursively_find(package, os.path.basename(path), followlinks=True)
    assert len(found) == 1
    assert Path(found[0]).resolve() == ROOT / path


def test_mim_search_lists_the_models(tmp_path):
    # From another folder: nothing may depend on the checkout being here.
    command = [str(Path(sys.executable).parent / 'mim'), 'search', 'mmhvr']
    output = subprocess.check_output(
        command, cwd=tmp_path, universal_newlines=True
    )
    for model in listed_configs():
        assert f'config id: {model["Name"].lower()}' in output
