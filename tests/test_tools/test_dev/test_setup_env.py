# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import subprocess
import sys

import env_state
import pytest
import setup_env
from setup_env import Environment, SetupError

MINOR = sys.version_info[1]


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with a lock file of one package."""
    root = tmp_path / 'checkout'
    locks = root / 'requirements' / 'lock'
    locks.mkdir(parents=True)
    (locks / f'py3{MINOR}.txt').write_text('tiny==1.0\n')
    (locks / 'source.txt').write_text('mmcv==2.0.0rc4\n')
    (root / 'mmhvr').mkdir()
    for name in ['setup.py', 'setup.cfg', 'mmhvr/version.py']:
        (root / name).write_text('')
    monkeypatch.setattr(env_state, 'ROOT', root)
    monkeypatch.setattr(env_state, 'LOCKS', locks)
    monkeypatch.setattr(env_state, 'SOURCE', locks / 'source.txt')
    monkeypatch.setattr(setup_env, 'ROOT', root)
    monkeypatch.setattr(setup_env, 'SOURCE', locks / 'source.txt')
    return root


class Recorded(Environment):
    """Stages that put in place what the real ones do, and may break off."""

    def __init__(self, root, break_in=None):
        super().__init__(root / '.venv', MINOR)
        self.root = root
        self.break_in = break_in
        self.done = []

    def _stage(self, name, *files):
        if name == self.break_in:
            raise KeyboardInterrupt
        self.done.append(name)
        for file in files:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text('')

    def _distribution(self, name):
        info = self.site_packages / f'{name}.dist-info'
        return info / 'METADATA', info / 'INSTALLER'

    def create(self):
        self._stage('create', self.venv / 'pyvenv.cfg')

    def install_packages(self):
        self._stage('packages', *self._distribution('tiny-1.0'))

    def compile_source(self):
        self._stage('mmcv', *self._distribution('mmcv-2.0.0rc4'))

    def install_mmhvr(self):
        self._stage(
            'mmhvr',
            self.site_packages / 'mmhvr.egg-link',
            self.root / 'mmhvr.egg-info' / 'PKG-INFO',
            self.root / 'mmhvr' / '.mim' / 'configs' / 'link',
        )

    def verify(self):
        self._stage('verify')


ALL = ['create', 'packages', 'mmcv', 'mmhvr', 'verify']


def test_it_is_ready_after_all_stages_and_not_before(checkout):
    first = Recorded(checkout)
    assert not first.is_ready()
    first.set_up()
    assert first.done == ALL
    assert Recorded(checkout).is_ready()


@pytest.mark.parametrize('stage', ALL)
def test_an_interrupted_set_up_is_not_ready_and_can_be_repeated(
    checkout, stage
):
    interrupted = Recorded(checkout, break_in=stage)
    with pytest.raises(KeyboardInterrupt):
        interrupted.set_up()
    again = Recorded(checkout)
    assert not again.is_ready()
    again.set_up()
    assert Recorded(checkout).is_ready()


@pytest.mark.parametrize('stage', ALL)
def test_an_interrupted_repetition_is_not_ready(checkout, stage):
    Recorded(checkout).set_up()
    (checkout / 'setup.py').write_text('# edited')
    (checkout / 'requirements/lock/source.txt').write_text('mmcv==1\n')
    with pytest.raises(KeyboardInterrupt):
        Recorded(checkout, break_in=stage).set_up()
    assert not Recorded(checkout).is_ready()


@pytest.mark.parametrize(
    ('file', 'stages'),
    [
        ('setup.py', ['create', 'mmhvr', 'verify']),
        ('setup.cfg', ['create', 'mmhvr', 'verify']),
        ('mmhvr/version.py', ['create', 'mmhvr', 'verify']),
        ('requirements/lock/source.txt', ALL),
        (f'requirements/lock/py3{MINOR}.txt', ALL),
    ],
)
def test_an_edit_repeats_what_depends_on_it(checkout, file, stages):
    Recorded(checkout).set_up()
    path = checkout / file
    path.write_text(path.read_text() + '# edited\n')
    again = Recorded(checkout)
    assert not again.is_ready()
    again.set_up()
    assert again.done == stages


@pytest.mark.parametrize(
    ('gone', 'stages'),
    [
        ('.venv/lib/python3.{}/site-packages/mmhvr.egg-link', 'mmhvr'),
        ('mmhvr/.mim/configs', 'mmhvr'),
        ('.venv/lib/python3.{}/site-packages/tiny-1.0.dist-info', 'packages'),
        ('.venv/mmhvr-env.json', 'packages'),
    ],
)
def test_what_was_removed_by_hand_is_put_back(checkout, gone, stages):
    Recorded(checkout).set_up()
    path = checkout / gone.format(MINOR)
    path.rename(checkout / 'elsewhere')
    again = Recorded(checkout)
    assert not again.is_ready()
    again.set_up()
    assert stages in again.done
    assert Recorded(checkout).is_ready()


def test_a_folder_that_is_no_environment_is_left_alone(checkout):
    (checkout / '.venv').mkdir()
    (checkout / '.venv' / 'my-work.txt').write_text('precious')
    with pytest.raises(SetupError, match='no virtual environment'):
        Environment(checkout / '.venv', MINOR).create()
    assert (checkout / '.venv' / 'my-work.txt').read_text() == 'precious'


def test_too_little_space_is_said_before_anything_is_made(
    checkout, monkeypatch
):
    monkeypatch.setattr(setup_env, 'NEEDED_GIB', 10**9)
    with pytest.raises(SetupError, match='GiB of free space'):
        Environment(checkout / '.venv', MINOR).create()
    assert not (checkout / '.venv').exists()


def test_a_sound_environment_is_kept_and_a_moved_one_made_anew(checkout):
    venv = checkout / '.venv'
    Environment(venv, MINOR).create()
    mark = venv / 'mark'
    mark.touch()
    Environment(venv, MINOR).create()
    assert mark.exists()

    moved = checkout / '.venv-moved'
    venv.rename(moved)
    Environment(moved, MINOR).create()
    assert not (moved / 'mark').exists()
    script = 'import sys; print(sys.prefix)'
    prefix = subprocess.check_output([str(moved / 'bin/python'), '-c', script])
    assert prefix.decode().strip() == str(moved)


def test_a_missing_compiler_is_named(checkout, monkeypatch):
    monkeypatch.setenv('CXX', 'no-such-compiler -O2')
    with pytest.raises(SetupError, match="'no-such-compiler' was not found"):
        Environment(checkout / '.venv', MINOR).compile_source()
