# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import mmcv
import numpy as np
import pytest

from mmhvr.datasets import LoadVideoFrames


@pytest.fixture
def files(tmp_path):
    """Four images of one colour each, of two sizes."""
    names = []
    for value, size in enumerate([(4, 6), (4, 6), (8, 2), (4, 6)]):
        names.append(str(tmp_path / f'{value}.png'))
        mmcv.imwrite(np.full((*size, 3), value, np.uint8), names[-1])
    return names


@pytest.fixture
def decoded(monkeypatch):
    """Records the names of the files that are decoded."""
    names = []
    decode = LoadVideoFrames._decode

    def spy(self, path):
        names.append(path[-5])
        return decode(self, path)

    monkeypatch.setattr(LoadVideoFrames, '_decode', spy)
    return names


def load(transform, files, places):
    results = transform.transform(dict(img_path=[files[i] for i in places]))
    return results['img']


def test_frames_in_the_order_of_their_names(files):
    results = LoadVideoFrames()(dict(img_path=[files[2], files[0]]))
    assert [img[0, 0, 0] for img in results['img']] == [2, 0]
    assert results['img_shape'] == results['ori_shape'] == [(8, 2), (4, 6)]


def test_a_repeated_frame_is_decoded_once_and_is_its_own_array(files, decoded):
    transform = LoadVideoFrames()
    images = load(transform, files, [1, 0, 1, 1])
    assert decoded == ['1', '0']
    images[0][:] = 77
    assert [img[0, 0, 0] for img in images] == [77, 0, 1, 1]
    # Nothing is kept for the next sample.
    load(transform, files, [1])
    assert decoded == ['1', '0', '1']


def test_errors_name_the_file(files, tmp_path):
    gone, bad = str(tmp_path / 'gone.png'), str(tmp_path / 'bad.png')
    with pytest.raises(FileNotFoundError, match='gone.png does not exist'):
        LoadVideoFrames()(dict(img_path=[files[0], gone]))
    for content in (b'', b'text', b'\x89PNG\r\n'):
        (tmp_path / 'bad.png').write_bytes(content)
        with pytest.raises(ValueError, match='bad.png cannot be read'):
            LoadVideoFrames()(dict(img_path=[files[0], bad]))


def test_bits(tmp_path):
    path = str(tmp_path / 'deep.png')
    mmcv.imwrite(np.full((4, 6), 1000, np.uint16), path)
    results = LoadVideoFrames(bits=10)(dict(img_path=[path]))
    assert (results['img'][0] == 249).all()  # 255 * 1000 / 1023 = 249.3
    for bits in (7, 17):
        with pytest.raises(ValueError, match=f'bits is {bits}'):
            LoadVideoFrames(bits=bits)
