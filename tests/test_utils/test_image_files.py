# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Images of all kinds; the oracle is Pillow."""

import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from mmhvr.datasets import LoadVideoFrames
from mmhvr.sources import open_source
from mmhvr.utils import image_files
from mmhvr.utils.image_files import image_size, read_image

# Four quarters, of which no turn and no mirror image is like another.
PICTURE = Image.fromarray(
    np.kron(
        np.array(
            [[(250, 20, 20), (20, 250, 20)], [(20, 20, 250), (230, 230, 230)]],
            np.uint8,
        ),
        np.ones((32, 48, 1), np.uint8),
    )
)
DEEP = np.kron(
    np.array([[1000, 20000], [40000, 65535]], np.uint16),
    np.ones((32, 48), np.uint16),
)
# By the EXIF standard: which side of the scene the first row and the first
# column are; turned back here.
SHOWN = {
    1: lambda x: x,  # top, left
    2: np.fliplr,  # top, right
    3: lambda x: np.rot90(x, 2),  # bottom, right
    4: np.flipud,  # bottom, left
    5: np.transpose,  # left, top
    6: lambda x: np.rot90(x, -1),  # right, top
    7: lambda x: np.rot90(x, 2).T,  # right, bottom
    8: lambda x: np.rot90(x, 1),  # left, bottom
}


@pytest.fixture
def save(tmp_path):
    def save(image, name, **options):
        path = str(tmp_path / name)
        image.save(path, **options)
        return path

    return save


def read_by_all(path):
    """The image as training, testing and detection read it."""
    image = read_image(path)
    (loaded,) = LoadVideoFrames()(dict(img_path=[path]))['img']
    (frame,) = open_source(path)
    for other in (loaded, frame.image):
        assert (other == image).all()
    assert image.dtype == np.uint8 and image.shape[2] == 3
    return image


def assert_alike(image, expected):
    """As Pillow's, within what JPEG and WebP lose."""
    expected = np.asarray(expected)[..., ::-1]
    assert image.shape == expected.shape
    assert np.abs(image.astype(int) - expected).mean() < 6


@pytest.mark.parametrize('mark', range(1, 9))
@pytest.mark.parametrize('ending', ['jpg', 'png', 'webp', 'tif'])
def test_as_a_viewer_shows_it(save, ending, mark):
    exif = Image.Exif()
    exif[0x0112] = mark
    path = save(PICTURE, f'photo.{ending}', exif=exif)
    shown = ImageOps.exif_transpose(Image.open(path))
    assert_alike(read_by_all(path), shown.convert('RGB'))
    if ending in ('png', 'tif'):
        path = save(Image.fromarray(DEEP), f'deep.{ending}', exif=exif)
        shown = np.rint(SHOWN[mark](DEEP) / 257.0)
        assert (read_by_all(path) == shown[..., None]).all()


@pytest.mark.parametrize(
    'mode, ending',
    [
        ('L', 'png'),
        ('L', 'jpg'),
        ('1', 'png'),
        ('P', 'png'),
        ('CMYK', 'jpg'),
        ('LA', 'png'),
        ('RGBA', 'png'),
        ('RGBA', 'webp'),
        ('RGBA', 'tif'),
        ('L', 'bmp'),
    ],
)
def test_kinds_of_pixels(save, mode, ending):
    path = save(PICTURE.convert(mode), f'image.{ending}')
    assert_alike(read_by_all(path), Image.open(path).convert('RGB'))


@pytest.mark.parametrize('ending', ['png', 'tif', 'webp'])
@pytest.mark.parametrize('mark', [1, 2, 3, 6])
def test_an_alpha_channel_is_left_out(save, ending, mark):
    exif = Image.Exif()
    exif[0x0112] = mark
    shown = Image.fromarray(SHOWN[mark](np.asarray(PICTURE)))
    options = dict(lossless=True, exact=True) if ending == 'webp' else {}
    for alpha in (0, 100):
        image = PICTURE.convert('RGBA')
        image.putalpha(alpha)
        path = save(image, f'clear.{ending}', exif=exif, **options)
        assert_alike(read_by_all(path), shown)


@pytest.mark.parametrize('ending', ['png', 'tif'])
@pytest.mark.parametrize('channels', [1, 3])
@pytest.mark.parametrize(
    'bits, value, expected',
    [
        (16, 0, 0),
        (16, 257 * 100, 100),
        (16, 65535, 255),
        (12, 4095, 255),
        (12, 2048, 128),  # 127.53
        (14, 9000, 140),  # 140.08
        (9, 400, 200),  # 199.6
    ],
)
def test_16_bits(tmp_path, ending, channels, bits, value, expected):
    path = str(tmp_path / f'deep.{ending}')
    shape = (8, 8) if channels == 1 else (8, 8, 3)
    pixels = np.full(shape, value, np.uint16)
    pixels[0, 0] = 0
    cv2.imwrite(path, pixels)
    image = read_image(path, bits=bits)
    assert image.dtype == np.uint8 and image.shape == (8, 8, 3)
    assert (image[1:] == expected).all() and (image[0, 0] == 0).all()


def test_few_bits_of_16_are_warned_of(tmp_path):
    path = str(tmp_path / 'dark.png')
    for value, bits in ((4095, 12), (300, 9)):
        cv2.imwrite(path, np.full((8, 8), value, np.uint16))
        message = f'dark.png uses {bits}: it is nearly black.* bits={bits} '
        with pytest.warns(UserWarning, match=message):
            read_image(path)
        with warnings.catch_warnings():
            warnings.simplefilter('error')
            assert read_image(path, bits=bits).max() > 127
    with pytest.raises(ValueError, match='value 300, .*bits=8 .*set bits=9'):
        read_image(path, bits=8)
    cv2.imwrite(path, np.full((8, 8), 4096, np.uint16))
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        read_image(path)


@pytest.mark.parametrize('ending', ['tif', 'webp', 'png'])
def test_several_pictures_in_a_file_are_no_frame(save, ending):
    more = [ImageOps.mirror(PICTURE), ImageOps.flip(PICTURE)]
    path = save(PICTURE, f'a.{ending}', save_all=True, append_images=more)
    with pytest.raises(ValueError, match=f'a.{ending} holds 3 pictures'):
        read_image(path)


def test_small_copies_in_a_file_do_no_harm(save):
    small = PICTURE.resize((12, 8))
    path = save(PICTURE, 'a.tif', save_all=True, append_images=[small])
    assert_alike(read_by_all(path), PICTURE)


@pytest.mark.parametrize('ending', ['jpg', 'png', 'webp', 'tif', 'bmp'])
@pytest.mark.parametrize('part', [0.0, 0.1, 0.5, 0.95])
def test_a_file_that_is_cut_off(save, tmp_path, ending, part):
    noise = np.random.default_rng(0).integers(0, 256, (99, 99, 3), np.uint8)
    path = tmp_path / f'cut.{ending}'
    Image.fromarray(noise).save(str(path))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(ValueError, match=f'cut.{ending} cannot be read'):
        read_image(str(path))


@pytest.mark.parametrize('end', ['part', 'zeros', 'no mark'])
@pytest.mark.parametrize('copy', [False, True])
def test_a_jpeg_that_is_cut_off(save, end, copy):
    """OpenCV 4 fills its end with grey; OpenCV 5 refuses it."""
    path = save(PICTURE, 'a.jpg', quality=95)
    if copy:  # its small copy is whole
        whole = Path(path).read_bytes()
        head = b'\xff\xe1' + (len(whole) + 2).to_bytes(2, 'big') + whole
        Path(path).write_bytes(whole[:2] + head + whole[2:])
    assert_alike(read_by_all(path), PICTURE)
    whole = Path(path).read_bytes()
    Path(path).write_bytes(whole + b'more of another program')
    assert_alike(read_by_all(path), PICTURE)
    keep = len(whole) - (2 if end == 'no mark' else 99)
    zeros = b'\0' * 99 * (end == 'zeros')
    Path(path).write_bytes(whole[:keep] + zeros)
    with pytest.raises(ValueError, match='a.jpg cannot be read; it is cut'):
        read_image(path)


def test_32_bits_are_refused(save):
    for mode in ('F', 'I'):
        image = Image.fromarray(np.ones((8, 8), np.float32)).convert(mode)
        with pytest.raises(ValueError, match='another kind than 8 and 16'):
            read_image(save(image, 'deep.tif'))


@pytest.mark.parametrize('mark', [1, 3, 6])
@pytest.mark.parametrize('ending', ['jpg', 'png', 'webp', 'tif', 'bmp'])
def test_sizes_without_decoding(save, ending, mark, monkeypatch):
    exif = Image.Exif()
    exif[0x0112] = mark
    path = save(PICTURE, f'photo.{ending}', exif=exif)
    shape = read_image(path).shape
    if ending in ('jpg', 'png'):
        monkeypatch.setattr(image_files, 'read_image', pytest.fail)
    assert image_size(path) == (shape[1], shape[0])


@pytest.mark.parametrize('ending', ['jpg', 'png', 'webp', 'bmp'])
@pytest.mark.parametrize('part', [0.0, 0.01, 0.5, 0.99])
def test_sizes_of_what_is_cut_off(save, tmp_path, ending, part):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    data = Path(save(Image.fromarray(noise), f'whole.{ending}')).read_bytes()
    path = tmp_path / f'cut.{ending}'
    path.write_bytes(data[: int(part * len(data))])
    with pytest.raises(ValueError, match=f'cut.{ending} cannot be read'):
        image_size(str(path))
