# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / 'tools/dev/find_python.sh'
TOOLS = ['bash', 'env', 'tail', 'dirname', 'cat']


class Machine:
    """A made machine whose interpreters only say what they are."""

    def __init__(self, root):
        self.root = root
        self.bin = root / 'tools'
        self.bin.mkdir()
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool))
        self.env = {
            'PATH': f'{root}/path:{self.bin}',
            'HOME': f'{root}/home',
            'FIND_PYTHON_ROOT': str(root),
        }

    def put(self, path, answer):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f'#!/bin/sh\n{answer}\n')
        file.chmod(0o755)
        return str(file)

    def put_python(self, path, minor):
        return self.put(path, f'echo "{minor} $0"')

    def find(self, **env):
        return subprocess.run(
            [str(self.bin / 'bash'), str(SCRIPT)],
            env={**self.env, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
        )


@pytest.fixture
def machine(tmp_path):
    root = tmp_path / 'a folder'  # a blank in a path must do no harm
    root.mkdir()
    return Machine(root)


@pytest.mark.parametrize(
    'path',
    [
        'path/python3.9',
        'path/python3',
        'path/python',
        'home/.pyenv/versions/3.9.18/bin/python',
        'home/miniconda3/bin/python',
        'home/miniforge3/envs/old/bin/python',
        'home/.local/share/uv/python/cpython-3.9.20-linux/bin/python',
        'opt/conda/envs/old/bin/python',
        'opt/python/cp39-cp39/bin/python',
        'usr/local/bin/python3.9',
    ],
)
def test_it_is_found_where_it_usually_lies(machine, path):
    python = machine.put_python(path, 9)
    machine.put('path/python3.10', 'exit 127')  # as a pyenv shim may be
    result = machine.find()
    assert (result.returncode, result.stdout) == (0, python + '\n')


def test_variables_say_where_pyenv_and_conda_are(machine):
    pyenv = machine.put_python('p/versions/3.8.1/bin/python', 8)
    root = machine.root
    assert machine.find(PYENV_ROOT=f'{root}/p').stdout == pyenv + '\n'
    conda = machine.put_python('c/envs/x/bin/python', 9)
    exe = f'{root}/c/bin/conda'
    assert machine.find(CONDA_EXE=exe).stdout == conda + '\n'


def test_uv_is_asked(machine):
    python = machine.put_python('uv-has-it/python', 10)
    answer = f'[ "$4" = 3.10 ] && echo "{python}"'
    machine.put('path/uv', f'echo "$@" >> "{machine.root}/asked"; {answer}')
    assert machine.find().stdout == python + '\n'
    asked = (machine.root / 'asked').read_text().splitlines()
    # It must not download one on its own.
    assert asked[0] == 'python find --no-python-downloads 3.10'


def test_the_newest_one_is_taken(machine):
    machine.put_python('path/python3', 8)
    machine.put_python('home/.pyenv/versions/3.9.1/bin/python', 9)
    newest = machine.put_python('opt/conda/bin/python', 10)
    assert machine.find().stdout == newest + '\n'


def test_the_first_of_equals_is_taken(machine):
    first = machine.put_python('path/python3', 10)
    machine.put_python('home/.pyenv/versions/3.10.1/bin/python', 10)
    assert machine.find().stdout == first + '\n'


def test_none_says_how_to_get_one(machine):
    machine.put('path/python3', 'echo "no it is CPython 3.12.1"')
    result = machine.find()
    assert result.returncode == 1
    assert result.stdout == ''
    for remedy in [
        'uv python install 3.10',
        'pyenv install 3.10',
        'conda create',
        'apt-get install python3.10 python3.10-venv python3.10-dev',
        'make env PYTHON=',
    ]:
        assert remedy in result.stderr
    assert 'not complete' not in result.stderr


def test_one_that_is_not_complete_says_what_is_missing(machine):
    path = machine.put('path/python3', 'echo "no module ensurepip; do x"')
    result = machine.find()
    assert result.returncode == 1
    assert f'{path}: no module ensurepip; do x' in result.stderr


@pytest.mark.parametrize(
    ('answer', 'error'),
    [
        ('echo "no it is CPython 3.11.2"', 'it is CPython 3.11.2'),
        ('exit 3', 'it does not run'),
    ],
)
def test_the_one_that_is_named_is_the_only_one(machine, answer, error):
    machine.put_python('path/python3.10', 10)
    named = machine.put('mine/python', answer)
    result = machine.find(PYTHON=named)
    assert result.returncode == 1
    assert f'PYTHON={named} cannot be used: {error}.' in result.stderr
    machine.put_python('mine/python', 8)
    assert machine.find(PYTHON=named).stdout == named + '\n'


def test_a_real_interpreter_answers(machine):
    # The tests run in an environment, and the answer is what made it: the
    # environment itself may have to be removed.
    result = machine.find(PYTHON=sys.executable)
    assert result.returncode == 0, result.stderr
    script = 'import sys; print(sys.version_info[1], sys.prefix)'
    answer = subprocess.check_output(
        [result.stdout.strip(), '-c', script], universal_newlines=True
    )
    minor, prefix = answer.split(maxsplit=1)
    assert int(minor) == sys.version_info[1]
    assert os.path.samefile(prefix.strip(), sys.base_prefix)
