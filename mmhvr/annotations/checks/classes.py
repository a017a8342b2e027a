# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Classes of a file: their ids, boxes and videos, and what a config says."""

from typing import List, Sequence

import numpy as np

from ..class_names import joined_names, similar_names
from ..findings import Findings
from .table import Table

#: N of the configs: videos of a class in a batch.
VIDEOS_PER_CATEGORY = 3
# Smaller images are no targets of training (filter_cfg of the data sets).
_MIN_SIZE = 32


def check_classes(table: Table, findings: Findings) -> None:
    """Find classes that cannot be learnt.

    Args:
        table (Table): The file.
        findings (Findings): Gets what is found.
    """
    file = table.file
    ids = [category['id'] for category in file.categories]
    due = list(range(1, len(ids) + 1))
    if ids and sorted(ids, key=str) != sorted(due, key=str):
        findings.add(
            'category-ids',
            len(ids),
            f'the ids of the {len(ids)} categories are not 1, 2, 3, ...',
            ', '.join(map(repr, ids[:4])),
            'note',
        )
    tally = file.tally()
    empty = [name for name, boxes in tally.items() if not boxes.found]
    if empty and len(file.annotations):
        findings.warn(
            'category-without-boxes',
            len(empty),
            f'{len(empty)} of {len(tally)} categories have no box that counts',
            repr(empty[0]),
        )
    _check_commas(list(tally), empty, findings)
    if table.is_for_training and table.boxes_in.size:
        _check_videos(table, findings)


def check_names(
    names: Sequence[str], table: Table, findings: Findings
) -> None:
    """Hold the class names of a config against those of a file.

    Args:
        names (Sequence[str]): The class names; a text is one, too.
        table (Table): The file.
        findings (Findings): Gets errors and warnings.
    """
    known = [category['name'] for category in table.file.categories]
    if isinstance(names, str):
        findings.error(
            'name-without-comma',
            1,
            'the class names of the config are one text, of which each '
            'letter would be a class',
            f'({names!r}) in place of ({names!r},)',
        )
        return
    missing = [name for name in names if name not in known]
    joined = joined_names(missing, known)
    if joined:
        name, parts = next(iter(joined.items()))
        findings.error(
            'name-without-comma',
            len(joined),
            f'{len(joined)} class names of the config are several names of '
            'the file in a row',
            f'{name!r} in place of {", ".join(map(repr, parts))}',
        )
    others = [name for name in missing if name not in joined]
    alike = similar_names(others, known)
    if others:
        shown = others[0]
        spelt = f' ({alike[shown]!r} in the file)' if shown in alike else ''
        findings.add(
            'class-names',
            len(others),
            f'{len(others)} of {len(names)} class names of the config are no '
            'categories of the file',
            repr(shown) + spelt,
            'error' if alike or len(others) == len(names) else 'warning',
        )


def _check_commas(
    names: List[str], empty: List[str], findings: Findings
) -> None:
    """Find names that Python has put together, or taken apart."""
    joined = joined_names(empty, [n for n in names if n not in empty])
    if joined:
        name, parts = next(iter(joined.items()))
        findings.warn(
            'name-without-comma',
            len(joined),
            f'{len(joined)} categories without boxes are the names of others '
            'in a row',
            f'{name!r} of {", ".join(map(repr, parts))}',
        )
    letters = all(len(name) == 1 and name.isalpha() for name in names)
    if len(names) > 1 and letters and names != sorted(names):
        findings.warn(
            'name-without-comma',
            len(names),
            f'the {len(names)} categories are the letters of a word, as of '
            'the text of a single name',
            f'({"".join(names)!r}) in place of ({"".join(names)!r},)',
        )


def _check_videos(table: Table, findings: Findings) -> None:
    """Find classes of which no batch can be drawn."""
    numbers = videos_to_train_on(table)
    few = np.flatnonzero(numbers < VIDEOS_PER_CATEGORY)
    if len(few):
        names = [category['name'] for category in table.file.categories]
        findings.error(
            'few-videos',
            len(few),
            f'{len(few)} of {len(names)} classes have fewer than '
            f'{VIDEOS_PER_CATEGORY} videos to train on, each counted for the '
            'class with the most boxes in it',
            ', '.join(f'{names[n]!r} {numbers[n]}' for n in few[:3]),
        )


def videos_to_train_on(table: Table) -> np.ndarray:
    """Count the videos of each class from which a batch can be drawn.

    A video is of the class with the most boxes in it, the first of several,
    and has a target frame.

    Args:
        table (Table): A file of videos.

    Returns:
        np.ndarray: int64 [C].
    """
    videos = np.unique(table.video[target_frames(table) & (table.video >= 0)])
    main = table.boxes_in[videos].argmax(1)
    return np.bincount(main, minlength=table.boxes_in.shape[1])


def target_frames(table: Table) -> np.ndarray:
    """Tell which images may be targets of training, bool [I].

    As the data sets do: key frames with a box, and not too small.
    """
    boxed = np.zeros(len(table.is_key), dtype=bool)
    boxed[table.file.image_index[table.file.counts]] = True
    large = [
        min(i.get('width') or _MIN_SIZE, i.get('height') or _MIN_SIZE)
        >= _MIN_SIZE
        for i in table.file.images
    ]
    return table.is_key & boxed & np.array(large, dtype=bool)
