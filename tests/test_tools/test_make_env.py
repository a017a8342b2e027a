# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""``make env`` with interpreters that only note how they are called."""

import shutil
import subprocess
import sys
from pathlib import Path
from time import monotonic

import pytest

ROOT = Path(__file__).resolve().parents[2]
COPIED = ('setup.py', 'setup.cfg', 'mmhvr/version.py', 'requirements/lock')
COPIED += ('tools/dev/make_env.sh', 'tools/dev/find_python.sh')
TOOLS = 'awk basename bash cat chmod cksum cp dirname head ls mkdir mv rm '
TOOLS += 'sed sh sleep sort tail'

# A Python that answers what the scripts ask. `says` is what it prints when it
# is asked for its version; it is copied into the environments that it makes.
FAKE = """#!/bin/sh
says='{says}'
case "$*" in
    *ensurepip*) echo "$says" ;;
    *fcntl*) exec {real} "$@" ;;
    '-I -c ') ;;
    '-c import torch, mmcv._ext') [ "${{FAKE_FAIL:-}}" != import ] ;;
    '-I -m venv '*)
        echo "venv $says $4" >>"$FAKE_LOG"
        mkdir -p "$4/bin"
        cp "$0" "$4/bin/python"
        echo >"$4/pyvenv.cfg" ;;
    '-m pip install '*)
        echo "pip $says $* | $PYTHONPATH,$PIP_TARGET,$PIP_USER,\\
$PIP_INDEX_URL,$HTTPS_PROXY,$MMCV_WITH_OPS" >>"$FAKE_LOG"
        sleep "${{FAKE_SLEEP:-0}}"
        case "$*" in *"${{FAKE_FAIL:-nothing fails}}"*)
            for i in 1 2 3 4; do for j in 0 1 2 3 4 5 6 7 8 9; do
                echo "line $i$j"
            done; done
            exit 1 ;;
        esac ;;
    *'setup.py -q develop --no-deps')
        echo "develop $says" >>"$FAKE_LOG"
        [ "${{FAKE_FAIL:-}}" != develop ] || {{ echo 'no disk'; exit 1; }}
        printf '#!/bin/sh\nexec "%s" "$0" "$@"\n' "$0" >"${{0%python}}mmhvr"
        chmod +x "${{0%python}}mmhvr" ;;
    *mmhvr' doctor') echo "doctor $says $PWD" >>"$FAKE_LOG" ;;
    *) echo "unexpected: $*" >>"$FAKE_LOG" ;;
esac
"""


class Machine:
    """A checkout, a PATH and a home of its own, with no Python at first."""

    def __init__(self, folder):
        self.folder = folder
        self.tree = folder / 'tree'
        for name in COPIED:
            (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if name.endswith('lock') else shutil.copy
            copy(ROOT / name, self.tree / name)
        self.path = folder / 'path'
        self.path.mkdir()
        for name in TOOLS.split():
            (self.path / name).symlink_to(shutil.which(name))
        self.program('nproc', 'echo 3')
        df = 'echo x; echo "x x x ${FAKE_FREE:-99999999} x"'
        self.program('df', df)
        (folder / 'home').mkdir()
        self.log = folder / 'log'

    def program(self, name, text):
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if text[0] == '#' else f'#!/bin/sh\n{text}\n')
        path.chmod(0o755)
        return path

    def python(self, name, says):
        """Put a Python there; a relative name is one on the PATH."""
        text = FAKE.format(says=says, real=sys.executable)
        return str(self.program(name, text))

    def home(self, name):
        return str(self.folder / 'home' / name)

    def start(self, *words, **variables):
        env = dict(
            PATH=str(self.path),
            HOME=self.home('').rstrip('/'),
            FAKE_LOG=str(self.log),
            **variables,
        )
        script = str(self.tree / 'tools' / 'dev' / 'make_env.sh')
        return subprocess.Popen(
            ['bash', script, *(words or ['.venv'])],
            cwd=str(self.folder),
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
        )

    def run(self, *words, **variables):
        """The finished process; its stderr has no long line."""
        process = self.start(*words, **variables)
        out, err = process.communicate(timeout=60)
        for line in (out + err).splitlines():
            line = line.replace(str(self.folder), '')
            assert len(line) < 80 and 'unbound' not in line
        return subprocess.CompletedProcess([], process.returncode, out, err)

    def calls(self):
        """What was called since it was last asked."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        assert [line for line in lines if line[:10] == 'unexpected'] == []
        return lines


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def version_made(machine, *words, **variables):
    result = machine.run(*words, **variables)
    assert result.returncode == 0, result.stderr
    (made,) = [x for x in machine.calls() if x.startswith('venv')]
    return made.split()[1]


def test_an_environment_is_made_and_then_left_alone(machine):
    machine.python('python3.13', '3.13')
    result = machine.run()
    assert result.returncode == 0 and result.stderr == ''
    venv = machine.tree / '.venv'
    lock = 'requirements/lock/default-py313.txt'
    assert machine.calls() == [
        f'venv 3.13 {venv}',
        f'pip 3.13 -m pip install -q -c {lock} torch torchvision | ,,0,,,',
        f'pip 3.13 -m pip install -q --no-deps -r {lock} | ,,0,,,',
        'develop 3.13',
        f'doctor 3.13 {venv}',
    ]
    assert f'Making {venv} with Python 3.13 and {lock}.' in result.stdout
    started = monotonic()
    again = machine.run()
    assert monotonic() - started < 2
    assert (again.returncode, again.stdout, again.stderr) == (0, '', '')
    assert machine.calls() == []


@pytest.mark.parametrize(
    'pythons, chosen',
    [
        ({'python3.9': '3.9', 'python3.12': '3.12'}, '3.12'),
        ({'python3': '3.11', 'python3.10': '3.10'}, '3.11'),
        ({'python': '3.10'}, '3.10'),
        # Too new, and one that is not what its name says.
        ({'python3': '3.14', 'python3.13': '3.8', 'python3.9': '3.9'}, '3.9'),
        # Debian's without python3-venv, a shim of pyenv, another kind.
        (
            {
                'python3.13': 'ModuleNotFoundError: No module named "venv"',
                'python3.12': 'pyenv: python3.12: command not found',
                'python3.11': '3.11.13 (PyPy 7.3.20)',
                'python3.10': '3.10',
            },
            '3.10',
        ),
        # Not on the PATH.
        ({'python3.9': '3.9', '~.pyenv/versions/3.11.7': '3.11'}, '3.11'),
        ({'~.local/share/uv/python/cpython-3.13.1-linux': '3.13'}, '3.13'),
        ({'~miniconda3/envs/my env': '3.12'}, '3.12'),
        ({'~miniforge3': '3.12', 'python': '3.9'}, '3.12'),
    ],
)
def test_the_newest_that_can_be_used(machine, pythons, chosen):
    for name, says in pythons.items():
        if name[0] == '~':
            name = f'{machine.home(name[1:])}/bin/python{says}'
        machine.python(name, says)
    assert version_made(machine) == chosen


def test_the_highest_patch_version_of_pyenv(machine):
    for patch in ('9', '13', '2'):
        home = machine.home(f'.pyenv/versions/3.10.{patch}')
        path = Path(machine.python(f'{home}/bin/python3.10', '3.10'))
        note = f'echo {patch} >>"$FAKE_LOG.patch"\n'
        path.write_text(path.read_text().replace('case', note + 'case', 1))
    assert version_made(machine) == '3.10'
    # Asked for its version, then the lock, then the environment.
    asked = Path(f'{machine.log}.patch').read_text().split()
    assert set(asked) == {'13'}


def test_a_named_python(machine):
    machine.python('python3.13', '3.13')
    name = machine.python(machine.home('my own/python'), '3.10')
    assert version_made(machine, PYTHON=name) == '3.10'
    machine.python('python3.11', '3.11')
    assert version_made(machine, 'other', PYTHON='python3.11') == '3.11'


HELP = """\
Needed: CPython 3.13, 3.12, 3.11, 3.10, 3.9, with its venv and ssl modules.
Get one in any of these ways, and run the command again:
  pip install uv && uv python install 3.13
  pyenv install 3.13
  conda create -y -n py3 python=3.13
  apt-get install python3 python3-venv
or name one: make env PYTHON=/path/to/python3
"""
NONE = 'No usable Python was found on the PATH, nor of pyenv, uv or conda.\n'


@pytest.mark.parametrize('says', ['3.8', '3.14', "no module named 'ssl'"])
def test_a_named_python_that_cannot_be_used(machine, says):
    machine.python('python3.13', '3.13')
    name = machine.python(machine.home('python'), says.replace("'", '"'))
    result = machine.run(PYTHON=name)
    assert result.returncode == 1 and result.stdout == ''
    said = says.replace("'", '"')
    assert result.stderr == (
        f'PYTHON={name} cannot be used. It says:\n  {said}\n{HELP}'
    )
    result = machine.run(PYTHON='/gone/python')
    assert result.returncode == 1
    assert '/gone/python: No such file' in result.stderr
    assert machine.calls() == [] and not (machine.tree / '.venv').exists()


def test_no_python_at_all(machine):
    machine.python('python3', '3.8')
    result = machine.run()
    assert result.returncode == 1 and result.stdout == ''
    assert result.stderr == NONE + HELP


def test_the_compiled_set(machine):
    machine.python('python3.13', '3.13')
    result = machine.run('.venv', 'compiled')
    assert result.returncode == 1
    assert result.stderr.startswith(f'{NONE}Needed: CPython 3.10, 3.9, with')
    machine.python('python3.9', '3.9')
    assert version_made(machine, 'v', 'compiled') == '3.9'
    machine.python('python3.10', '3.10')
    assert machine.run('.venv', 'compiled').returncode == 0
    calls = [call for call in machine.calls() if call.startswith('pip')]
    assert 'compiled-py310.txt' in calls[0] + calls[1]
    assert calls[2:] == [
        'pip 3.10 -m pip install --no-deps --no-build-isolation '
        'mmcv==2.0.0rc4 | ,,0,,,1'
    ]


def test_operators_that_do_not_load_are_compiled_anew(machine):
    # A wheel in pip's cache, without operators or of another torch.
    machine.python('python3.10', '3.10')
    result = machine.run('.venv', 'compiled', FAKE_FAIL='import')
    assert result.returncode == 1
    calls = [call for call in machine.calls() if 'mmcv==' in call]
    assert [' --no-cache-dir --force-reinstall' in c for c in calls] == [
        False,
        True,
    ]
    assert not (machine.tree / '.venv' / '.ready').exists()


def test_a_compilation_that_fails(machine):
    machine.python('python3.10', '3.10')
    result = machine.run('.venv', 'compiled', FAKE_FAIL='mmcv==2')
    assert result.returncode == 1
    lines = result.stderr.splitlines()
    assert lines[:30] == [f'line {i}' for i in range(20, 50)]
    log = machine.tree / '.venv' / 'make_env.log'
    assert lines[30:] == [f'Compiling mmcv failed. All of its output: {log}']
    assert log.read_text().startswith('line 10\n')
    assert 'develop 3.10' not in machine.calls()


@pytest.mark.parametrize('step', ['torchvision', '--no-deps -r', 'develop'])
def test_a_step_that_fails(machine, step):
    machine.python('python3.12', '3.12')
    result = machine.run(FAKE_FAIL=step)
    assert result.returncode == 1
    assert 'doctor' not in ' '.join(machine.calls())
    if step == 'develop':
        assert result.stderr.startswith('no disk\nInstalling mmhvr failed.')
    left = machine.tree / '.venv' / 'half'
    left.write_text('')
    assert version_made(machine) == '3.12'
    assert not left.exists()


def test_another_lock_file_is_installed_in_place(machine):
    machine.python('python3.12', '3.12')
    machine.run()
    machine.calls()
    (machine.tree / '.venv' / 'mine').write_text('')
    # A newer one has come since: the environment keeps its own.
    machine.python('python3.13', '3.13')
    lock = machine.tree / 'requirements' / 'lock' / 'default-py312.txt'
    lock.write_text('torch==9.9\n')
    assert machine.run().returncode == 0
    assert [call.split()[0] for call in machine.calls()] == [
        'pip',
        'pip',
        'develop',
        'doctor',
    ]
    assert (machine.tree / '.venv' / 'mine').exists()
    assert machine.run().stdout == '' and machine.calls() == []


def test_what_cannot_be_kept_is_made_anew(machine):
    machine.python('python3.12', '3.12')
    machine.run('one')
    machine.calls()
    # Another Python.
    other = machine.python(machine.home('python'), '3.11')
    assert version_made(machine, 'one', PYTHON=other) == '3.11'
    # Another place.
    (machine.tree / 'one').rename(machine.tree / 'two')
    assert version_made(machine, 'two') == '3.12'
    # Another set.
    machine.python('python3.10', '3.10')
    assert version_made(machine, 'two', 'compiled') == '3.10'
    # Its Python is gone.
    (machine.tree / 'two' / 'bin' / 'python').unlink()
    assert version_made(machine, 'two', 'compiled') == '3.10'


def test_an_environment_of_somebody_else(machine):
    machine.python('python3.12', '3.12')
    config = machine.tree / '.venv' / 'pyvenv.cfg'
    config.parent.mkdir()
    config.write_text('mine')
    result = machine.run()
    assert result.returncode == 1
    assert 'was not made by this command.' in result.stderr
    assert config.read_text() == 'mine' and machine.calls() == []


def test_a_folder_that_is_no_environment(machine):
    machine.python('python3.12', '3.12')
    folder = machine.tree / 'data'
    folder.mkdir()
    (folder / 'x').write_text('mine')
    result = machine.run('data')
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        f'{folder} exists and was not made by this command.',
        'Move it away, or choose another place: make env VENV=/elsewhere/venv',
    ]
    assert [path.name for path in folder.iterdir()] == ['x']
    assert machine.calls() == []
    (machine.tree / 'empty').mkdir()
    assert version_made(machine, 'empty') == '3.12'


def test_two_at_once(machine):
    machine.python('python3.12', '3.12')
    processes = [machine.start(FAKE_SLEEP='0.5') for _ in range(2)]
    outputs = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sorted(bool(out) for out, _ in outputs) == [False, True]
    assert [err for _, err in outputs] == ['', '']
    calls = [call.split()[0] for call in machine.calls()]
    assert calls == ['venv', 'pip', 'pip', 'develop', 'doctor']


def test_settings_of_the_shell(machine):
    machine.python('python3.12', '3.12')
    machine.run(
        PYTHONPATH='/p',
        PIP_TARGET='/t',
        PIP_USER='1',
        PIP_INDEX_URL='https://mirror.example/simple',
        HTTPS_PROXY='http://proxy.example:1',
    )
    settings = [
        call.split(' | ')[1] for call in machine.calls() if ' | ' in call
    ]
    assert (
        settings
        == [',,0,https://mirror.example/simple,http://proxy.example:1,'] * 2
    )


def test_an_absolute_place_with_blanks(machine):
    machine.python('python3.12', '3.12')
    venv = machine.folder / 'my own' / 'v 1'
    assert machine.run(str(venv)).returncode == 0
    assert machine.calls()[-1] == f'doctor 3.12 {venv}'
    assert machine.run(str(venv)).stdout == '' and machine.calls() == []


def test_no_space(machine):
    machine.python('python3.12', '3.12')
    result = machine.run(FAKE_FREE=str(7 * 1024**2))
    assert result.returncode == 1 and 'needs 8 GiB' in result.stderr
    assert 'has 7 GiB of free space.' in result.stderr
    assert machine.calls() == []


def test_wrong_calls(machine):
    result = machine.run('.venv', 'gpu')
    assert result.returncode == 1
    assert result.stderr == (
        "There is no set 'gpu': choose default, oldest or compiled.\n"
    )
