# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What two files share that should share nothing: training and validation."""

from typing import Any, List, Mapping, Optional

from ..findings import Findings
from .pictures import Pictures


def check_overlap(
    content: Mapping[str, Any],
    other: Mapping[str, Any],
    findings: Findings,
    pictures: Optional[Pictures] = None,
    other_pictures: Optional[Pictures] = None,
) -> None:
    """Find videos, files and pictures that are in both of two files.

    Args:
        content (dict): An annotation file, with its lists.
        other (dict): The other one.
        findings (Findings): Gets what is found.
        pictures (dict[str, Picture], optional): What was seen of the images
            of the first file.
        other_pictures (dict[str, Picture], optional): Those of the other.
    """
    for kind, section, key, what in (
        ('overlap-videos', 'videos', 'name', 'videos'),
        ('overlap-files', 'images', 'file_name', 'image files'),
    ):
        names = _names(content[section], key)
        known = set(_names(other[section], key))
        shared = [name for name in names if name in known]
        if shared:
            findings.error(
                kind,
                len(shared),
                f'{len(shared)} of {len(names)} {what} are in both files',
                repr(shared[0]),
            )
    if pictures and other_pictures:
        _check_pictures(pictures, other_pictures, findings)


def _check_pictures(
    pictures: Pictures, others: Pictures, findings: Findings
) -> None:
    """Find pictures of one content under two names."""
    name_of = {p.digest: name for name, p in others.items() if p.digest}
    shared = [
        (name, name_of[picture.digest])
        for name, picture in pictures.items()
        if picture.digest in name_of
    ]
    copies = [pair for pair in shared if _plain(pair[0]) != _plain(pair[1])]
    if copies:
        findings.error(
            'overlap-pictures',
            len(copies),
            f'{len(copies)} of {len(pictures)} pictures are in the other '
            'file, too, under another name',
            '{!r} and {!r}'.format(*copies[0]),
        )


def _names(records: List[Any], key: str) -> List[str]:
    """Return the names of records, with slashes; blanks are none."""
    names = [record.get(key) for record in records]
    return [_plain(name) for name in names if isinstance(name, str) and name]


def _plain(name: str) -> str:
    """Return a file name as both systems write it."""
    name = name.replace('\\', '/')
    return name[2:] if name.startswith('./') else name
