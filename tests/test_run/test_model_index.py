# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
from pathlib import Path

import pytest
from mim.utils import get_installed_path, recursively_find

from mmhvr.run.model_index import find_model

INDEX = 'Import:\n  - configs/a/metafile.yml\n'
METAFILE = """
Models:
  - Name: one
    Alias: [first, uno]
    Config: configs/a/one.py
    Weights: configs/a/one.pth
  - Name: two
    Alias: second
    Config: configs/a/two.py
    Weights: https://host/two.pth
  - Name: three
    Config: configs/a/three.py
"""


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / 'configs' / 'a'
    folder.mkdir(parents=True)
    (tmp_path / 'configs' / '_base_').mkdir()
    (tmp_path / 'model-index.yml').write_text(INDEX)
    (folder / 'metafile.yml').write_text(METAFILE)
    for name in ('one', 'two', 'three', 'four'):
        (folder / f'{name}.py').write_text('')
    (tmp_path / 'configs' / '_base_' / 'base.py').write_text('')
    return tmp_path


@pytest.mark.parametrize(
    'name, config, weights',
    [
        ('one', 'one', 'configs/a/one.pth'),
        ('one.py', 'one', 'configs/a/one.pth'),
        ('uno', 'one', 'configs/a/one.pth'),
        ('second', 'two', 'https://host/two.pth'),
        ('three', 'three', None),
        # A config that no metafile names.
        ('four', 'four', None),
    ],
)
def test_names_and_aliases(root, name, config, weights):
    if weights and '://' not in weights:
        weights = str(root / weights)
    expected = (str(root / 'configs' / 'a' / f'{config}.py'), weights)
    assert find_model(name, root) == expected


def test_a_file_is_taken_as_it_is(root):
    path = str(root / 'configs' / 'a' / 'one.py')
    assert find_model(path, root) == (path, None)


@pytest.mark.parametrize('name', ['thre', 'thre.py'])
def test_a_name_that_is_not_there(root, name):
    with pytest.raises(FileNotFoundError, match=f'{name} .*similar.*three'):
        find_model(name, root)
    with pytest.raises(FileNotFoundError, match='similar ones: second'):
        find_model('seconds', root)
    # What is inherited from is no model.
    with pytest.raises(FileNotFoundError, match='config base was not found'):
        find_model('base', root)


def test_the_same_file_as_mim(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    name = 'hvr_faster-rcnn_r18_mini.py'
    found = recursively_find(get_installed_path('mmhvr'), name, True)
    for spelling in (name, name[:-3], 'mini'):
        path = Path(find_model(spelling)[0])
        assert path.name == name
        # Installed from this tree or another one: the text is the same.
        assert path.read_text() == Path(found[0]).read_text()
