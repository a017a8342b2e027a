# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Reading and writing image files, everywhere by the same rules.

What is read is [H, W, 3] BGR uint8, whatever the file holds:

* turned and mirrored as its EXIF mark says, as a viewer shows it;
* grey as three equal channels, a palette as its colours, and an alpha channel
  left out: pixels have the colour that is stored, however transparent;
* 16 bits a channel scaled so that the largest value that the bits in use can
  hold becomes 255. How many are in use the file does not say: all of them, if
  nobody says else.
"""

import io
import os
import os.path as osp
import warnings
from typing import Optional, Tuple

import cv2
import numpy as np
from mmengine.fileio import get

# Endings of the images that are read, in small letters.
IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp', '.tif', '.tiff', '.webp')
# Images that use so few of 16 bits come out nearly black: 4095 as 16 of 255.
_SUSPICIOUS_BITS = 12
_TIFF = (b'II*\0', b'MM\0*')
_TURNS = {
    3: cv2.ROTATE_180,
    6: cv2.ROTATE_90_CLOCKWISE,
    8: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
# Bytes that hold the end of a JPEG or PNG file, with some padding.
_TAIL = 256
_ORIENTATION = 0x0112
# EXIF marks by which width and height change places.
_QUARTERS = (5, 6, 7, 8)
# Mirrored first, then turned.
_MIRRORED = {2: 1, 4: 3, 5: 8, 7: 6}


def read_image(
    path: str, backend_args: Optional[dict] = None, bits: int = 16
) -> np.ndarray:
    """Read an image file.

    Args:
        path: The file.
        backend_args: How MMEngine reads it; from the disk by default.
        bits: How many of the bits of a 16-bit image are in use, such as 12
            for many sensors.

    Returns:
        [H, W, 3] BGR uint8, see above.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not one image that OpenCV can read, or a value is
            larger than ``bits`` allow.

    Warns:
        UserWarning: It uses so few of 16 bits that it is nearly black.
    """
    return read_image_data(get(path, backend_args=backend_args), path, bits)


def read_image_data(data: bytes, path: str, bits: int = 16) -> np.ndarray:
    """Decode the bytes of an image file; see :func:`read_image`."""
    number = _num_pictures(data)
    if number > 1:
        raise ValueError(
            f'image {path} holds {number} pictures, and an image is one '
            'frame: write them to a file each (an animation: ffmpeg -i FILE '
            '%06d.png), or give arrays of them'
        )
    image = _decode(data)
    if image is None:
        raise ValueError(
            f'image {path} cannot be read; it is cut off, not an image, or '
            'of another kind than 8 and 16 bits a channel: get or make it '
            'again'
        )
    return image if image.dtype == np.uint8 else _scaled(image, bits, path)


def image_size(path: str) -> Tuple[int, int]:
    """Return width and height of an image as :func:`read_image` reads it.

    Of a JPEG or PNG file only head and tail are read, which tell its size
    and whether its end is missing; any other one is decoded.

    Args:
        path: A file on the disk.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not one image, or its end is missing.
    """
    from PIL import Image

    with open(path, 'rb') as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - _TAIL))
        tail = file.read()
    try:
        with Image.open(path) as image:
            if (
                _is_ended(tail, image.format)
                and getattr(image, 'n_frames', 1) == 1
            ):
                width, height = image.size
                turned = image.getexif().get(_ORIENTATION, 1) in _QUARTERS
                return (height, width) if turned else (width, height)
    except Exception:  # whatever Pillow makes of a file that OpenCV may read
        pass
    height, width = read_image(path).shape[:2]
    return width, height


def save_picture(picture: np.ndarray, path: str) -> None:
    """Write a picture, and its folder if need be.

    Raises:
        OSError: It cannot be written.
    """
    os.makedirs(osp.dirname(path) or '.', exist_ok=True)
    if not cv2.imwrite(path, picture):
        raise OSError(
            f'picture {path} cannot be written; choose another '
            'folder or a name that ends in .jpg or .png'
        )


def _decode(data: bytes) -> Optional[np.ndarray]:
    """Return the pixels as [H, W, 3], 8 or 16 bits; None if it is no image."""
    if not data or _is_cut_jpeg(data):
        return None
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH
    is_webp = data[:4] == b'RIFF' and data[8:12] == b'WEBP'
    if is_webp:  # whose mark OpenCV 4 does not know
        flags |= cv2.IMREAD_IGNORE_ORIENTATION
    image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if image is None or image.dtype not in (np.uint8, np.uint16):
        return None
    if data[:4] in _TIFF and image.dtype == np.uint8:
        return _colours_of_tiff(image, data)
    return _as_shown(image, data) if is_webp else image


def _is_cut_jpeg(data: bytes) -> bool:
    """Whether the end of a JPEG is missing, which OpenCV 4 fills with grey.

    Its small copy, which has an end of its own, lies before the pixels.
    """
    if data[:2] != b'\xff\xd8':
        return False
    place = 2
    while data[place : place + 2] != b'\xff\xda':  # where pixels start
        if place + 4 > len(data) or data[place] != 0xFF:
            return True
        is_fill = data[place + 1] == 0xFF
        length = int.from_bytes(data[place + 2 : place + 4], 'big')
        place += 1 if is_fill else 2 + length
    return data.find(b'\xff\xd9', place) < 0


def _is_ended(tail: bytes, kind: Optional[str]) -> bool:
    """Whether a file is of a kind whose end is known, and ends so."""
    if kind == 'JPEG':
        return tail.rstrip(b'\0').endswith(b'\xff\xd9')
    return kind == 'PNG' and tail[-8:-4] == b'IEND'


def _colours_of_tiff(image: np.ndarray, data: bytes) -> np.ndarray:
    """Return an image as it is stored, where OpenCV has mixed its alpha in."""
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(data)) as stored:
            if stored.mode != 'RGBA':
                return image
            stored.load()  # obeys the mark in some versions of Pillow
            pixels = np.asarray(ImageOps.exif_transpose(stored))
    except Exception:  # whatever Pillow makes of a file that OpenCV may read
        return image
    return np.ascontiguousarray(pixels[..., 2::-1])


def _as_shown(image: np.ndarray, data: bytes) -> Optional[np.ndarray]:
    """Return an image turned and mirrored as its EXIF mark says."""
    mark = exif_mark(data)
    if mark is None:  # damaged, though it has pixels
        return None
    if mark in _MIRRORED:
        image, mark = cv2.flip(image, 1), _MIRRORED[mark]
    return cv2.rotate(image, _TURNS[mark]) if mark in _TURNS else image


def exif_mark(data: bytes) -> Optional[int]:
    """Return how an image is turned by its EXIF mark, 1 (not) to 8.

    Args:
        data: The whole file.

    Returns:
        None: It is damaged, or no image.
    """
    from PIL import Image

    try:
        mark = Image.open(io.BytesIO(data)).getexif().get(0x0112, 1)
    except (OSError, SyntaxError):
        return None
    return mark if mark in range(1, 9) else 1


def _num_pictures(data: bytes) -> int:
    """How many pictures of one size there are in a file."""
    if data[:4] == b'RIFF' and data[12:16] == b'VP8X':
        return data.count(b'ANMF') if data[20] & 2 else 1
    if data[:4] == b'\x89PNG' and b'acTL' in data[: data.find(b'IDAT')]:
        start = data.find(b'acTL') + 4
        return int.from_bytes(data[start : start + 4], 'big')
    if data[:4] not in _TIFF:
        return 1
    from PIL import Image, ImageSequence

    try:
        with Image.open(io.BytesIO(data)) as pages:
            sizes = [page.size for page in ImageSequence.Iterator(pages)]
    except Exception:  # whatever Pillow makes of a file that OpenCV may read
        return 1
    return sizes.count(sizes[0])  # others are small copies


def _scaled(image: np.ndarray, bits: int, path: str) -> np.ndarray:
    """Return a 16-bit image as one of 8 bits."""
    limit, largest = 2**bits - 1, int(image.max())
    if largest > limit:
        raise ValueError(
            f'image {path} has the value {largest}, but bits={bits} end at '
            f'{limit}; set bits={largest.bit_length()} or more in '
            'LoadVideoFrames'
        )
    used = largest.bit_length()
    if bits == 16 and 0 < used <= _SUSPICIOUS_BITS:
        warnings.warn(
            f'images in {osp.dirname(osp.abspath(path))} have 16 bits, of '
            f'which {osp.basename(path)} uses {used}: it is nearly black. If '
            f'that is not meant, set bits={used} in LoadVideoFrames of the '
            "config's pipelines, for training, test and detection alike",
            stacklevel=3,
        )
    return np.rint(image * (255 / limit)).astype(np.uint8)
