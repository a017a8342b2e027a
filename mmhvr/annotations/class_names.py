# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Class names of a model or a data set, and those of an annotation file.

Legend: K classes.
"""

import logging
import os.path as osp
import unicodedata
from collections import Counter
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence

from mmengine.logging import print_log

from .findings import AnnotationError
from .reader import AnnotationFile


def match_class_names(
    file: AnnotationFile, names: Sequence[str]
) -> Dict[Any, int]:
    """Find the label of each category by its name.

    What will not be learnt or evaluated is logged, with its number of boxes.

    Args:
        file (AnnotationFile): The file.
        names (Sequence[str]): The class names, [K]; a label is a place in
            this list.

    Returns:
        dict: Label of each category id whose name is a class.

    Raises:
        AnnotationError: No name is in the file, one is there in another
            spelling, or one is given twice.
    """
    twice = [name for name, number in Counter(names).items() if number > 1]
    if twice:
        raise AnnotationError(
            f'the class names {tuple(names)} have {twice[0]!r} twice, and a '
            'box can have one label; name each class once in '
            'metainfo=dict(CLASSES=...)'
        )
    tally = file.tally()
    missing = [name for name in names if name not in tally]
    others = [name for name in tally if name not in set(names)]
    joined = joined_names(missing, others)
    if joined:
        name, parts = next(iter(joined.items()))
        raise AnnotationError(
            f'the class name {name!r} is {", ".join(map(repr, parts))} of '
            f'{file.path} in a row, as Python reads names that no comma '
            'parts; put the comma in metainfo=dict(CLASSES=...)'
        )
    alike = similar_names(missing, others)
    if alike:
        pairs = ', '.join(f'{a!r} and {b!r}' for a, b in alike.items())
        raise AnnotationError(
            f'annotation file {file.path} spells class names otherwise than '
            f'the data set: {pairs}; spell them alike, in metainfo='
            'dict(CLASSES=...) or in the file'
        )
    if len(missing) == len(names):
        raise AnnotationError(
            f'none of the class names {tuple(names)} is a category of '
            f'{file.path}, which has {tuple(tally)}; set '
            'metainfo=dict(CLASSES=...) to names of the file'
        )
    empty = [name for name in names if name in tally and not tally[name].found]
    notes = [
        (
            missing,
            'are no categories of the file: not learnt, and left out of the '
            'mean',
        ),
        (empty, 'have no box to be learnt or found: left out of the mean'),
        (
            [name for name in others if any(tally[name])],
            'are not among the classes: their boxes are left out',
        ),
    ]
    lines = [
        f'{", ".join(_counted(name, tally) for name in group)} {what}'
        for group, what in notes
        if group
    ]
    if lines:
        print_log(
            f'annotation file {file.path}: ' + '; '.join(lines),
            logger='current',
            level=logging.WARNING,
        )
    label_of = {name: label for label, name in enumerate(names)}
    return {
        category['id']: label_of[category['name']]
        for category in file.categories
        if category['name'] in label_of
    }


def names_in(meta: Any, where: str = 'metainfo') -> Optional[List[str]]:
    """Return the class names in the meta information of data or weights.

    Args:
        meta (Mapping): With ``CLASSES`` or ``classes``, or neither.
        where (str): What to call it in an error.

    Returns:
        list[str]: The names by label; None if there are none.

    Raises:
        ValueError: Both are there and differ, or the names are one text.
    """
    if not isinstance(meta, Mapping):
        return None
    for key in ('CLASSES', 'classes'):
        text = meta.get(key)
        if isinstance(text, str) and not osp.isfile(text):
            raise ValueError(
                f'{where} has {key}={text!r}, of which each letter would be '
                f'a class; write {key}=({text!r},)'
            )
    lists = [
        list(meta[key])
        for key in ('CLASSES', 'classes')
        if isinstance(meta.get(key), (list, tuple)) and meta[key]
    ]
    if not lists:
        return None
    if lists[0] != lists[-1]:
        raise ValueError(
            f'{where} has CLASSES={lists[0]} and classes={lists[-1]}, and '
            'labels can follow only one; spell the key in metainfo as the '
            'data set does'
        )
    return lists[0]


def similar_names(
    names: Iterable[str], others: Iterable[str]
) -> Dict[str, str]:
    """Names that another list has in another spelling.

    Spellings differ in case, in blanks, underscores and hyphens, or in how
    accents are coded.

    Args:
        names (Iterable[str]): To look for.
        others (Iterable[str]): Where to look.

    Returns:
        dict[str, str]: The other spelling of each name that has one.

    Example:
        >>> similar_names(['car', 'fork lift'], ['Forklift', 'truck'])
        {'fork lift': 'Forklift'}
    """
    spelt = {_plain(name): name for name in others}
    return {
        name: spelt[_plain(name)] for name in names if _plain(name) in spelt
    }


def joined_names(
    names: Iterable[str], others: Sequence[str]
) -> Dict[str, List[str]]:
    """Names that are several names of another list in a row.

    Args:
        names (Iterable[str]): To look for.
        others (Sequence[str]): Where to look.

    Returns:
        dict[str, list[str]]: The parts of each such name.

    Example:
        >>> joined_names(['cartruck', 'bus'], ['car', 'truck', 'van'])
        {'cartruck': ['car', 'truck']}
    """
    found = {name: _parts(name, others) for name in names}
    return {name: parts for name, parts in found.items() if len(parts) > 1}


def _parts(name: str, others: Sequence[str]) -> List[str]:
    """Return the names that a name is put together of; none if it is not."""
    for other in others:
        if name == other:
            return [other]
        if other and name.startswith(other):
            rest = _parts(name[len(other) :], others)
            if rest:
                return [other, *rest]
    return []


def _plain(name: str) -> str:
    """Return a name without what people spell differently."""
    text = unicodedata.normalize('NFKC', name).casefold()
    return ''.join(c for c in text if c not in '_-' and not c.isspace())


def _counted(name: str, tally: Mapping[str, Sequence[int]]) -> str:
    """Return a name and how many boxes it has of each kind."""
    kinds = ('boxes', 'ignored', 'left out')
    counts: List[str] = [
        f'{number} {kind}'
        for number, kind in zip(tally.get(name, ()), kinds)
        if number
    ]
    return repr(name) + f' ({", ".join(counts)})' * bool(counts)
