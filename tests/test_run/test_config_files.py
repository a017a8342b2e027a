# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import pytest

from mmhvr.run.config_files import read_config


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'sub').mkdir()

    def write(**files):
        for name, text in files.items():
            (tmp_path / name.replace('__', '/')).with_suffix('.py').write_text(
                text
            )

    return write


def test_a_config_on_others(write):
    write(
        top="_base_ = ['sub/one.py', './two.py']\na = dict(x=1)\n",
        sub__one="_base_ = '../three.py'\na = dict(y=2)\n",
        two='b = 3\n',
        three='a = dict(z=4)\n',
    )
    cfg = read_config('top.py')
    assert cfg.a == dict(x=1, y=2, z=4) and cfg.b == 3


@pytest.mark.parametrize(
    'base, missing',
    [
        ("'none.py'", 'top.py builds on none.py,'),
        ("['two.py', './sub/none.py']", 'top.py builds on sub/none.py,'),
        # The file that names it, not the one that was asked for.
        ("'sub/one.py'", 'sub/one.py builds on gone.py,'),
        ("['two.py', 'sub/one.py']", 'sub/one.py builds on gone.py,'),
    ],
)
def test_a_base_that_is_missing(write, tmp_path, base, missing):
    write(
        top=f'_base_ = {base}\n',
        sub__one="x = 1\n_base_ = '../gone.py'\n",
        two='',
    )
    with pytest.raises(FileNotFoundError, match=f'config {missing}') as caught:
        read_config('top.py')
    folder = tmp_path / 'sub' if 'gone' in missing else tmp_path
    assert 'relative to the folder of' in str(caught.value)
    assert f'({folder})' in str(caught.value)


def test_a_base_of_another_package(write):
    write(top="_base_ = 'mmdet::nothing/gone.py'\n")
    with pytest.raises(FileNotFoundError, match='config top.py: .*gone.py'):
        read_config('top.py')


def test_files_that_are_not_python(write):
    write(
        top="_base_ = 'sub/one.py'\n", sub__one='a = 1\nb = (\n', two='a = "'
    )
    with pytest.raises(ValueError, match='config sub/one.py, line 2: '):
        read_config('top.py')
    with pytest.raises(ValueError, match='config two.py, line 1: '):
        read_config('two.py')


def test_no_file():
    with pytest.raises(FileNotFoundError, match='gone.py.*mim train mmhvr'):
        read_config('gone.py')
