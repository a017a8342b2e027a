# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The image files themselves: looked at on demand, each once.

A file is read as training reads it, so what is unreadable here is so there.
"""

import os
import os.path as osp
import warnings
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from typing import Dict, List, NamedTuple, Optional, Tuple

from mmengine.fileio import get

from ...utils.image_files import exif_mark, read_image_data
from ...utils.progress import with_progress
from ..fields import Records
from ..findings import Findings

# Files that are read at once, so that memory stays flat.
_BATCH = 256


class Picture(NamedTuple):
    """What was seen of an image file.

    Attributes:
        fault (str): Why it cannot be used; empty if it can.
        size (tuple[int, int], optional): Width and height as it is shown.
        mark (int): Its EXIF mark, 1 if it is neither turned nor mirrored.
        digest (bytes): Of its pixels; empty if all are equal, as between
            two scenes.
    """

    fault: str = ''
    size: Optional[Tuple[int, int]] = None
    mark: int = 1
    digest: bytes = b''


MISSING = Picture('it is not there')
Pictures = Dict[str, Picture]


def look_at(images: Records, folder: str, progress: bool = True) -> Pictures:
    """Read the image files of a file.

    Args:
        images (list[dict]): The image records; names that are no text are
            passed over.
        folder (str): To which ``file_name`` is relative.
        progress (bool): Whether a terminal sees how far it is.

    Returns:
        dict[str, Picture]: By ``file_name``.
    """
    given = [image.get('file_name') for image in images]
    names = list(dict.fromkeys(n for n in given if isinstance(n, str)))
    batches = [names[i : i + _BATCH] for i in range(0, len(names), _BATCH)]
    seen: Pictures = {}
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for batch in with_progress(batches, progress):
            paths = [osp.join(folder, name) for name in batch]
            seen.update(zip(batch, pool.map(look_at_file, paths)))
    return seen


def look_at_file(path: str) -> Picture:
    """Read one image file."""
    if not osp.isfile(path):
        return MISSING
    try:
        data = get(path)
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            image = read_image_data(data, path)
    except (OSError, ValueError) as error:
        return Picture(str(error))
    blank = (image == image[0, 0]).all()
    digest = b'' if blank else blake2b(image.tobytes(), digest_size=16)
    return Picture(
        size=(image.shape[1], image.shape[0]),
        mark=exif_mark(data) or 1,
        digest=digest if isinstance(digest, bytes) else digest.digest(),
    )


def check_pictures(
    images: Records, pictures: Pictures, findings: Findings
) -> None:
    """Hold image files against their records.

    Args:
        images (list[dict]): The image records.
        pictures (dict[str, Picture]): As :func:`look_at` returns them.
        findings (Findings): Gets what is found.
    """
    found: Dict[str, List[str]] = {}
    for image in images:
        picture = pictures.get(image['file_name'])
        kind, text = _fault(image, picture) if picture else ('', '')
        if kind:
            found.setdefault(kind, []).append(text)
    for kind, texts in found.items():
        what, level = _WHAT[kind]
        findings.add(
            kind,
            len(texts),
            f'{len(texts)} of {len(images)} images {what}',
            texts[0],
            level,
        )


_WHAT = {
    'image-missing': ('have no file', 'error'),
    'image-unreadable': ('cannot be read', 'error'),
    'image-size': ('have another size than the file records', 'error'),
    'image-turned': ('are turned by their EXIF mark', 'error'),
    'image-mark': ('have an EXIF mark that turns or mirrors them', 'note'),
}


def _fault(image: dict, picture: Picture) -> Tuple[str, str]:
    """Return kind and example of what is wrong; empty if all is well."""
    name = image['file_name']
    if picture is MISSING:
        return 'image-missing', repr(name)
    if picture.size is None:
        return 'image-unreadable', picture.fault
    recorded = (image.get('width'), image.get('height'))
    width, height = picture.size
    text = (
        f'{name!r} of {width} x {height} pixels, recorded as {recorded[0]} x '
        f'{recorded[1]}'
    )
    if None not in recorded and recorded != picture.size:
        turned = is_turned(image, picture)
        return 'image-turned' if turned else 'image-size', text
    # Of a quarter turn the sizes tell that they are of the upright image.
    if picture.mark in (2, 3, 4) or picture.mark > 1 and width == height:
        return 'image-mark', f'{name!r}, mark {picture.mark}'
    return '', ''


def is_turned(image: dict, picture: Optional[Picture]) -> bool:
    """Whether an image is recorded as stored, and shown turned by 90."""
    if picture is None or picture.size is None:
        return False
    recorded = (image.get('width'), image.get('height'))
    return picture.mark > 4 and recorded == picture.size[::-1]


def with_sizes(images: Records, pictures: Pictures) -> Records:
    """Return the records with the sizes of their pictures where none is."""
    filled = []
    for image in images:
        picture = pictures.get(image.get('file_name', ''))
        size = picture.size if picture else None
        if size and (
            image.get('width') is None or image.get('height') is None
        ):
            image = {**image, 'width': size[0], 'height': size[1]}
        filled.append(image)
    return filled
