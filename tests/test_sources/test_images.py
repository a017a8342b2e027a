# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import random
import warnings

import cv2
import numpy as np
import pytest

from mmhvr.sources import ImageFiles, open_source
from mmhvr.utils.files import natural_key


def write_images(folder, names, size=(8, 9)):
    """Image i is of blue value 10 i."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, name in enumerate(names):
        image = np.zeros((*size, 3), np.uint8)
        image[..., 0] = 10 * i
        assert cv2.imwrite(str(folder / name), image)


def test_natural_order_is_that_of_the_numbers():
    # Written as a person would put them.
    names = ['a1', 'a1b', 'a2', 'a09', 'a9', 'a10', 'a10b2', 'a10b11', 'b1']
    shuffled = names[:]
    random.Random(0).shuffle(shuffled)
    assert sorted(shuffled, key=natural_key) == names
    # Names of anything compare with each other.
    assert sorted(['x', '7', '', '10'], key=natural_key) == [
        '',
        '7',
        '10',
        'x',
    ]


def test_a_folder(tmp_path):
    names = ['f1.png', 'f2.png', 'f10.PNG', 'f100.png']
    write_images(tmp_path / 'v', names)
    for other in ('notes.txt', '.hidden.png', 'f3.json'):
        (tmp_path / 'v' / other).write_text('')
    (tmp_path / 'v' / 'f4.png').mkdir()
    source = open_source(tmp_path / 'v')
    assert source.length == source.count() == 4 and source.fps is None
    frames = list(source)
    assert [f.name for f in frames] == names
    assert [f.index for f in frames] == [0, 1, 2, 3]
    assert [f.image[0, 0, 0] for f in frames] == [0, 10, 20, 30]


@pytest.mark.parametrize('name', ['cam:1', 's3:a', 'a b#%03d', "it's", '猫'])
def test_folders_of_any_name(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    write_images(tmp_path / name, ['f:1.png', 'f 2.png'])
    for source in (name, f'{name}/*.png', [f'{name}/f:1.png']):
        (first, *_) = (f for f in open_source(source) if f.name == 'f:1.png')
        assert first.image[0, 0, 0] == 0 and first.image.shape == (8, 9, 3)


def test_a_pattern_a_list_and_a_single_image(tmp_path):
    write_images(tmp_path / 'a', ['1.png', '2.png'])
    write_images(tmp_path / 'b', ['1.png'])
    source = open_source(f'{tmp_path}/*/*.png')
    assert [f.image[0, 0, 0] for f in source] == [0, 10, 0]
    # Names tell them apart.
    assert [f.name for f in source] == ['a/1.png', 'a/2.png', 'b/1.png']
    # A list keeps its order.
    paths = [tmp_path / 'a' / '2.png', str(tmp_path / 'a' / '1.png')]
    assert [f.name for f in open_source(paths)] == ['2.png', '1.png']
    assert [f.name for f in open_source(paths[1])] == ['1.png']
    with pytest.raises(FileNotFoundError, match=r'\*.jpg matches no image'):
        open_source(f'{tmp_path}/*/*.jpg')


def test_images_that_are_passed_over_are_warned_of(tmp_path):
    write_images(tmp_path, ['f1.png', 'f3.png'])
    for name in ('f2.HEIC', 'f4.avif', 'notes.txt'):
        (tmp_path / name).write_text('')
    message = '2 images of folder .* passed over, the first is f2.HEIC'
    with pytest.warns(UserWarning, match=message):
        source = open_source(tmp_path)
    assert [f.name for f in source] == ['f1.png', 'f3.png']


def test_one_name_with_two_endings_is_warned_of(tmp_path):
    write_images(tmp_path, ['f1.png', 'f1.bmp', 'f2.png'])
    with pytest.warns(UserWarning, match='f1.bmp and f1.png .* one name'):
        assert open_source(tmp_path).length == 3
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert open_source(f'{tmp_path}/*.png').length == 2


def test_folders_without_images(tmp_path):
    with pytest.raises(ValueError, match='has no images .* it is empty'):
        open_source(tmp_path)
    (tmp_path / 'inner').mkdir()
    (tmp_path / 'x.txt').write_text('')
    with pytest.raises(ValueError, match='2 other entries; .* such as inner'):
        open_source(tmp_path)


def test_missing_and_broken_images(tmp_path):
    write_images(tmp_path, ['1.png', '2.png'])
    with pytest.raises(FileNotFoundError, match='3.png was not found'):
        open_source([tmp_path / '1.png', tmp_path / '3.png'])
    with pytest.raises(ValueError, match='has no frames'):
        ImageFiles([], 'list')
    (tmp_path / '2.png').write_bytes(b'nonsense')
    frames = iter(open_source(tmp_path))
    assert next(frames).name == '1.png'
    with pytest.raises(ValueError, match='2.png cannot be read'):
        next(frames)
