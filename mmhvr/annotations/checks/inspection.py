# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""All checks of a file in turn, and mending round by round."""

from collections import Counter
from typing import (
    Any,
    Dict,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

from ..findings import Finding, Findings
from ..reader import examine
from .classes import check_classes, check_names
from .frames import check_frames_of
from .mending import mend
from .overlap import check_overlap
from .pictures import Pictures, check_pictures
from .table import Table, make_table
from .tracks import check_tracks

# What is mended can bring another fault to light: an image that is left out
# leaves a gap. No file of the tests needs more than three rounds.
_ROUNDS = 6


class Beside(NamedTuple):
    """What a file is held against.

    Attributes:
        pictures (dict[str, Picture], optional): What was seen of its images.
        names (Sequence[str], optional): Class names of a config.
        other (dict, optional): The content of a file that must share nothing
            with it.
        other_pictures (dict[str, Picture], optional): Of that one's images.
    """

    pictures: Optional[Pictures] = None
    names: Optional[Sequence[str]] = None
    other: Optional[Mapping[str, Any]] = None
    other_pictures: Optional[Pictures] = None


class Inspection(NamedTuple):
    """What was found in a file.

    Attributes:
        findings (list[Finding]): Errors first, then the costliest.
        is_complete (bool): False if fields or ids are so wrong that boxes
            and videos were not looked at.
        records (dict[str, int]): How many records each list has.
    """

    findings: List[Finding]
    is_complete: bool
    records: Dict[str, int]


def inspect(
    path: str, content: Mapping[str, Any], beside: Beside = Beside()
) -> Inspection:
    """Look for all that is wrong with a file, see :func:`look`."""
    findings, table = look(path, content, beside)
    records = {
        key: len(content[key])
        for key in ('images', 'videos', 'annotations', 'categories')
    }
    return Inspection(findings, table is not None, records)


def look(
    path: str, content: Mapping[str, Any], beside: Beside = Beside()
) -> Tuple[List[Finding], Optional[Table]]:
    """Look for all that is wrong with a file.

    Where ids or fields are wrong, boxes and videos are looked at in a copy
    in which that is mended, as far as it can be.

    Args:
        path (str): Its name.
        content (dict): As :func:`~mmhvr.annotations.reader.read_content`
            returns it.
        beside (Beside): What it is held against.

    Returns:
        tuple: The findings, errors first, then the costliest; and the file in
        columns, None if boxes and videos could not be looked at.
    """
    findings = Findings(path)
    file = examine(path, content, findings)
    for _ in range(_ROUNDS):
        if file is not None:
            break
        kinds = [finding.kind for finding in findings.sorted()]
        content, number = mend(content, kinds, beside.pictures)
        if not number:
            break
        more = Findings(path)
        file = examine(path, content, more)
        findings.extend(more.sorted())
    table = None if file is None else make_table(file)
    if table is not None:
        _check(table, content, findings, beside)
    return findings.sorted(), table


def mend_all(
    path: str, content: Mapping[str, Any], beside: Beside = Beside()
) -> Tuple[Mapping[str, Any], Counter]:
    """Mend what can be mended without guessing.

    Args:
        path (str): The name of the file.
        content (dict): Its content, which is not changed.
        beside (Beside): What it is held against.

    Returns:
        tuple: The mended content, and how many records of each kind were
        changed.
    """
    mended: Counter = Counter()
    for _ in range(_ROUNDS):
        found = inspect(path, content, beside).findings
        kinds = [finding.kind for finding in found]
        content, number = mend(content, kinds, beside.pictures)
        if not number:
            break
        mended += number
    return content, mended


def _check(
    table: Table,
    content: Mapping[str, Any],
    findings: Findings,
    beside: Beside,
) -> None:
    """Look at a file that the reader could read."""
    check_classes(table, findings)
    check_frames_of(table, findings)
    check_tracks(table, findings)
    if beside.names is not None:
        check_names(beside.names, table, findings)
    if beside.pictures is not None:
        check_pictures(table.file.images, beside.pictures, findings)
    if beside.other is not None:
        check_overlap(
            content,
            beside.other,
            findings,
            beside.pictures,
            beside.other_pictures,
        )
