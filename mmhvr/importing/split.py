# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Which videos train and which validate; a video is never on both sides.

Videos go over to validation one by one, each time the one that brings the
number of videos, of each class and of all, nearest to its share, until none
brings it nearer. The last video of a class stays in training.

Legend: V videos, C classes.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Collection, List, Mapping, Set

import numpy as np

from ..utils.text_files import numbered_lines

Classes = Mapping[str, Collection[str]]
# What rounding may make of no change.
_TINY = 1e-9


def split_by_share(classes: Classes, share: float, seed: int) -> Set[str]:
    """Choose the videos that validate.

    Args:
        classes (Mapping[str, Collection[str]]): The classes in each video,
            by its name.
        share (float): Share of the videos, 0 to below 1; 0 chooses none.
        seed (int): Seed of the choice, which depends on nothing else than
            the arguments.

    Returns:
        set[str]: Their names; at least one, unless the share is 0.

    Raises:
        ValueError: The share is not 0 to below 1, or there is only one video
            to be shared.
    """
    if not 0 <= share < 1:
        raise ValueError(f'the share is {share}; give 0 to below 1')
    if share == 0:
        return set()
    if len(classes) < 2:
        raise ValueError(
            f'there is only one video, {", ".join(classes)}, and the frames '
            'of a video stay on one side: import more videos, or let '
            '--val-share 0 put it into training'
        )
    names = sorted(classes)
    order = np.random.default_rng(seed).permutation(len(names))
    return _choose(classes, [names[place] for place in order], share)


def split_by_file(classes: Classes, file: Path) -> Set[str]:
    """Choose the videos that a text file names.

    Args:
        classes (Mapping[str, Collection[str]]): As above.
        file (Path): A name a line, or a pattern such as ``val/*``.

    Returns:
        set[str]: Their names.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A line names no video, or none is left to train on.
    """
    chosen: Set[str] = set()
    for number, line in numbered_lines(file):
        pattern = line.strip().replace('\\', '/')
        found = {
            name
            for name in classes
            if name == pattern or fnmatchcase(name, pattern)
        }
        if not found:
            raise ValueError(
                f'{file}:{number}: {pattern!r} is none of the '
                f'{len(classes)} videos, which are '
                f'{", ".join(sorted(classes)[:8])}'
                + ', ...'
                * (len(classes) > 8)
            )
        chosen |= found
    if not chosen or chosen == set(classes):
        raise ValueError(
            f'{file} names {"all" if chosen else "none"} of the '
            f'{len(classes)} videos; some must train and some validate'
        )
    return chosen


def _choose(classes: Classes, names: List[str], share: float) -> Set[str]:
    """Choose videos; of those that are equal the first in the list."""
    labels = sorted({label for name in names for label in classes[name]})
    # [V, C + 1]: which classes are in which video, and a column of ones.
    there = np.array(
        [[label in classes[name] for label in labels] + [1] for name in names],
        dtype=float,
    )
    numbers = there.sum(0)
    is_val = np.zeros(len(names), dtype=bool)
    while True:
        in_val = there[is_val].sum(0)
        # The sum of squares after a video has changed sides, less that now.
        sign = np.where(is_val, -1, 1)
        gap = in_val - share * numbers
        change = (2 * sign[:, None] * gap * there + there).sum(1)
        # The last video of a class, and of all, stays in training.
        last = (there * (numbers - in_val <= 1)).any(1)
        change[last & ~is_val] = np.inf
        if is_val.sum() == 1:  # nor does validation lose its only one
            change[is_val] = np.inf
        best = int(np.argmin(change))
        if is_val.any() and change[best] > -_TINY:
            break
        if not is_val.any() and np.isinf(change[best]):
            best = 0  # each has a class of its own
        is_val[best] = ~is_val[best]
    return {name for name, chosen in zip(names, is_val) if chosen}
