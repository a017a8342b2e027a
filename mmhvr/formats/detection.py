# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Which format an export is of, and why."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, Dict, List, Tuple, Type

from ..utils.text_files import read_json
from ..utils.xml_files import root_tag
from .coco import Coco
from .coco_vid import CocoVid
from .cvat_video import ROOT, CvatVideo
from .datumaro import Datumaro
from .imagenet_vid import ImagenetVid
from .label_studio import LabelStudio
from .mot import MotChallenge
from .paths import files_in
from .structures import Export
from .yolo import Yolo
from .youtube_vis import YoutubeVis

#: By the name of the command line; an export of CVAT is XML or Datumaro's.
FORMATS: Dict[str, Tuple[Type[Export], ...]] = {
    'cvat': (CvatVideo, Datumaro),
    'mot': (MotChallenge,),
    'yolo': (Yolo,),
    'coco': (Coco,),
    'coco-vid': (CocoVid,),
    'youtube-vis': (YoutubeVis,),
    'labelstudio': (LabelStudio,),
    'imagenet-vid': (ImagenetVid,),
}


def open_export(path: Path, name: str = 'auto') -> Tuple[Export, str]:
    """Open what an annotation tool has exported.

    Args:
        path (Path): A file or a folder.
        name (str): One of :data:`FORMATS`, or ``'auto'``.

    Returns:
        tuple[Export, str]: The export, and why it is taken for one of this
        format ('' if its format was named).

    Raises:
        FileNotFoundError: There is nothing at the path.
        ValueError: It is of no known format, or not of the one named.
    """
    files_in(path)
    if name == 'auto':
        kind, reason = detect(path)
        return kind(path), reason
    if name == 'cvat':
        is_json = path.suffix.lower() == '.json' or (
            path.is_dir() and not files_in(path, '.xml')
        )
        return FORMATS[name][is_json](path), ''
    if name not in FORMATS:
        raise ValueError(
            f'format {name!r} is none of {", ".join(FORMATS)} and auto'
        )
    return FORMATS[name][0](path), ''


def detect(path: Path) -> Tuple[Type[Export], str]:
    """Tell the format of an export by what is in it.

    Returns:
        tuple: The reader, and what was seen.

    Raises:
        ValueError: Nothing that is known was seen; the text says what was.
    """
    if path.is_file():
        return _of_file(path)
    texts = files_in(path, '.txt')
    sequences = [f for f in texts if f.parts[-2:] == ('gt', 'gt.txt')]
    if sequences:
        return MotChallenge, f'it has {sequences[0].relative_to(path)}'
    names = {f.name for f in path.iterdir()} & {
        'data.yaml',
        'data.yml',
        'obj.names',
        'classes.txt',
    }
    if names and texts:
        return Yolo, f'it has {min(names)} and text files'
    files = files_in(path, '.xml', '.json')
    seen = []
    for file in files[:1]:
        try:
            kind, reason = _of_file(file)
        except ValueError as error:
            seen.append(str(error))
            continue
        return kind, f'{file.relative_to(path)}: {reason}'
    endings = Counter(f.suffix.lower() for f in files_in(path, ''))
    counts = ', '.join(f'{n} {e or "?"}' for e, n in endings.most_common(5))
    raise ValueError(
        f'{path} is of no format that is known: neither gt/gt.txt, '
        'data.yaml with text files, XML nor JSON of a known kind; it has '
        f'{counts or "no files"}'
        + ''.join(f' ({text})' for text in seen)
        + f'; name the format: --format {"|".join(FORMATS)}'
    )


def _of_file(file: Path) -> Tuple[Type[Export], str]:
    """Tell the format of a file."""
    suffix = file.suffix.lower()
    if suffix in ('.yaml', '.yml'):
        return Yolo, 'it is YAML'
    if suffix == '.txt':
        return MotChallenge, 'it is a text file'
    if suffix == '.xml':
        tag = root_tag(file)
        if tag == ROOT:
            return CvatVideo, f'its root is <{ROOT}>'
        if tag == 'annotation':
            return ImagenetVid, 'its root is <annotation>'
        raise ValueError(
            f'{file} is XML with the root <{tag}>, which is neither '
            f'<{ROOT}> of CVAT nor <annotation> of ImageNet VID'
        )
    if suffix == '.json':
        return _of_json(read_json(file), file)
    raise ValueError(
        f'{file} is no .xml, .json, .txt or .yaml; name the file or folder '
        'that your annotation tool has exported (unpack archives first)'
    )


def _of_json(data: Any, file: Path) -> Tuple[Type[Export], str]:
    """Tell the format of JSON by its keys."""
    first = data[0] if isinstance(data, list) and data else data
    keys = set(first) if isinstance(first, dict) else set()
    if {'data', 'annotations'} <= keys:
        return LabelStudio, 'a task has data and annotations'
    for kind, needed in _KEYS:
        if isinstance(data, dict) and set(needed) <= keys:
            return kind, f'it has {" and ".join(needed)}'
    raise ValueError(
        f'{file} is JSON of no known kind: it has '
        f'{", ".join(sorted(map(str, keys))[:9]) or "no keys"}'
    )


# From the most special on.
_KEYS: List[Tuple[Type[Export], Tuple[str, ...]]] = [
    (Datumaro, ('items', 'categories')),
    (YoutubeVis, ('sequences', 'categories')),
    (CocoVid, ('videos', 'images', 'annotations')),
    (YoutubeVis, ('videos', 'annotations')),
    (Coco, ('images', 'annotations')),
]
