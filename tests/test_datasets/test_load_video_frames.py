# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import struct

import cv2
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


def test_the_recorded_size_is_that_of_the_image(files):
    results = dict(img_path=[files[0], files[2]], width=[6, 2], height=[4, 8])
    assert LoadVideoFrames()(results)['img_shape'] == [(4, 6), (8, 2)]
    # A copy of half the size; one record too wide; one turned.
    for width, height, message in (
        (
            [6, 1],
            [4, 4],
            '2.png has 2 x 8 pixels, but .* records 1 x 4; its b',
        ),
        (
            [7, 2],
            [4, 8],
            '0.png has 6 x 4 pixels, but .* records 7 x 4; its b',
        ),
        ([6, 8], [4, 2], '2.png has 2 x 8 .* 8 x 2; it was turned, or has an'),
    ):
        results = dict(
            img_path=[files[0], files[2]], width=width, height=height
        )
        with pytest.raises(ValueError, match=message):
            LoadVideoFrames()(results)


def test_without_a_recorded_size_nothing_is_compared(files):
    results = dict(img_path=[files[0]], width=[None], height=[None])
    assert LoadVideoFrames()(results)['img_shape'] == [(4, 6)]


def write_exif(path, image, orientation):
    """A JPEG with an EXIF orientation, as a telephone writes it."""
    data = cv2.imencode('.jpg', image)[1].tobytes()
    # One entry of one directory: tag 0x112, a short.
    exif = b'Exif\0\0' + b'II*\0' + struct.pack('<I', 8)
    exif += struct.pack('<HHHIHHI', 1, 0x112, 3, 1, orientation, 0, 0)
    marker = b'\xff\xe1' + struct.pack('>H', len(exif) + 2) + exif
    path.write_bytes(data[:2] + marker + data[2:])


# How an upright image is turned or mirrored to what is stored, by EXIF's
# definition of which edge the stored first row and column are.
STORED = {
    1: lambda upright: upright,
    2: np.fliplr,
    3: lambda upright: np.rot90(upright, 2),
    4: np.flipud,
    5: lambda upright: upright.transpose(1, 0, 2),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: np.rot90(upright, 2).transpose(1, 0, 2),
    8: lambda upright: np.rot90(upright, -1),
}


@pytest.mark.parametrize('orientation', range(1, 9))
def test_exif(tmp_path, orientation):
    # The upper left quarter of the upright image is white.
    upright = np.zeros((32, 64, 3), np.uint8)
    upright[:16, :32] = 255
    stored = np.ascontiguousarray(STORED[orientation](upright))
    path = tmp_path / 'a.jpg'
    write_exif(path, stored, orientation)

    def load(width, height):
        results = dict(img_path=[str(path)], width=[width], height=[height])
        return LoadVideoFrames()(results)['img'][0]

    assert ((load(64, 32) > 127) == (upright > 127)).all()
    if orientation > 4:
        with pytest.raises(ValueError, match='64 x 32 .* 32 x 64; .*an EXIF'):
            load(32, 64)


def test_bits(tmp_path):
    path = str(tmp_path / 'deep.png')
    mmcv.imwrite(np.full((4, 6), 1000, np.uint16), path)
    results = LoadVideoFrames(bits=10)(dict(img_path=[path]))
    assert (results['img'][0] == 249).all()  # 255 * 1000 / 1023 = 249.3
    for bits in (7, 17):
        with pytest.raises(ValueError, match=f'bits is {bits}'):
            LoadVideoFrames(bits=bits)


def test_a_sample_of_one_frame_as_mmdetection_gives_it(files):
    (image,) = load(LoadVideoFrames(), files, [2])
    results = LoadVideoFrames()(dict(img_path=files[2], width=2, height=8))
    assert results['img'].shape == image.shape
    assert (results['img'] == image).all()
    assert results['img_shape'] == results['ori_shape'] == (8, 2)
    with pytest.raises(ValueError, match='2.png has 2 x 8 .*records 8 x 2'):
        LoadVideoFrames()(dict(img_path=files[2], width=8, height=2))
