# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What a config has to know of a data set, and what follows from it.

Legend: I images, A boxes that count, C classes.
"""

import re
from typing import List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from ..annotations.checks.classes import target_frames, videos_to_train_on
from ..annotations.checks.table import Table

# Names of classes that a mirror makes another class, or none.
_DIGITS = (
    'zero one two three four five six seven eight nine ten eleven twelve'
).split()
_SIDES = ('left', 'right')
# K and N of the paper; the batch of one class has as many videos as 3 x 3.
_MOST, _ONE_CLASS = 3, 9


class DataFacts(NamedTuple):
    """What was measured in an annotation file.

    Attributes:
        names (list[str]): Classes with boxes, in the order of the file, C.
        videos (np.ndarray): Videos to train on of each class, int64 [C].
        num_videos (int): All of them.
        num_frames (int): All images.
        num_targets (int): Those that may be targets of training.
        frame_size (tuple[int, int]): Middle width and height in pixels.
        sizes (np.ndarray): Width and height of each box's image, [A, 2].
        boxes (np.ndarray): Width and height of each box, [A, 2].
    """

    names: List[str]
    videos: np.ndarray
    num_videos: int
    num_frames: int
    num_targets: int
    frame_size: Tuple[int, int]
    sizes: np.ndarray
    boxes: np.ndarray

    def box_sizes(self, scale: Tuple[int, int]) -> np.ndarray:
        """Square roots of the areas in pixels of the resized image, [A].

        Args:
            scale (tuple[int, int]): Longest and shortest side at most, as
                images are resized for training.
        """
        factor = np.minimum(
            max(scale) / self.sizes.max(1), min(scale) / self.sizes.min(1)
        )
        return np.sqrt(self.boxes.prod(1)) * factor


def measure(table: Table) -> DataFacts:
    """Measure a file that was checked.

    Args:
        table (Table): A file with videos, sizes and boxes.
    """
    file = table.file
    tally = file.tally()
    known = np.array([kinds.found > 0 for kinds in tally.values()])
    counts = file.counts & ~file.ignored
    sizes = np.array(
        [(i['width'], i['height']) for i in file.images], dtype=np.float64
    )
    width, height = np.median(sizes, axis=0)
    return DataFacts(
        names=[name for name, kinds in tally.items() if kinds.found],
        videos=videos_to_train_on(table)[known],
        num_videos=len(table.video_ids),
        num_frames=len(file.images),
        num_targets=int(target_frames(table).sum()),
        frame_size=(int(width), int(height)),
        sizes=sizes[file.image_index[counts]],
        boxes=file.boxes[counts, 2:],
    )


class Batch(NamedTuple):
    """A batch that the data allow.

    Attributes:
        num_categories (int): K; 1 without triplets.
        videos_per_category (int): N.
        left_out (list[str]): Classes with too few videos.
    """

    num_categories: int
    videos_per_category: int
    left_out: List[str]

    @property
    def size(self) -> int:
        """K N."""
        return self.num_categories * self.videos_per_category


def choose_batch(names: Sequence[str], videos: Sequence[int]) -> Batch:
    """Choose K and N: the paper's 3 x 3, or what the data allow.

    A smaller N goes before classes that are left out.

    Args:
        names (Sequence[str]): The classes, [C].
        videos (Sequence[int]): Videos of each, [C].

    Raises:
        ValueError: No class has two videos.

    Example:
        >>> choose_batch(['a', 'b'], [7, 2])
        Batch(num_categories=2, videos_per_category=2, left_out=[])
    """
    numbers = np.asarray(videos)
    least = [n for n in (_MOST, 2) if (numbers >= n).sum() >= 2]
    if not least and not (numbers >= 2).any():
        counts = ', '.join(f'{n!r} {v}' for n, v in zip(names, numbers))
        raise ValueError(
            f'no class has two videos to train on ({counts or "none"}), and '
            'HVR-Net learns from several of a class: add videos, or cut long '
            'ones into parts'
        )
    if least:
        number = max(least, key=lambda n: ((numbers >= n).sum(), n))
        categories = min(_MOST, int((numbers >= number).sum()))
    else:
        number = min(_ONE_CLASS, int(numbers.max()))
        categories = 1
    left_out = [name for name, v in zip(names, numbers) if v < number]
    return Batch(categories, number, left_out)


def choose_scale(
    facts: DataFacts, base: Tuple[int, int], small: float = 32
) -> Tuple[int, int]:
    """Choose the size at which images are trained.

    That of the base; smaller where the frames would be enlarged more than
    twice; and larger, up to the frames' own size and twice the base's, where
    most boxes would be smaller than ``small`` pixels.

    Args:
        facts (DataFacts): The data.
        base (tuple[int, int]): Longest and shortest side of the base.
        small (float): In pixels.

    Returns:
        tuple[int, int]: Longest and shortest side.
    """
    own = min(facts.frame_size)
    factor = min(1.0, 2 * own / min(base))
    if len(facts.boxes):
        middle = float(np.median(facts.box_sizes(base)))
        wanted = min(2.0, small / middle, own / min(base))
        factor = max(factor, wanted)
    if factor == 1:
        return base
    long, short = (round(side * factor / 16) * 16 for side in base)
    return long, short


def mirrored_name(names: Sequence[str]) -> Optional[str]:
    """Return a class that is another one, or none, in a mirror.

    Digits and letters, in figures or words, and sides.

    Example:
        >>> mirrored_name(['car', 'turn_left']), mirrored_name(['car'])
        ('turn_left', None)
    """
    for name in names:
        words = re.findall(r'[^\W\d_]+|\d+', _apart(name).lower())
        alone = len(words) == 1
        if set(words) & set(_SIDES):
            return name
        if alone and (len(words[0]) == 1 or words[0] in _DIGITS):
            return name
        if alone and words[0].isdigit():
            return name
        if words[:1] in (['digit'], ['letter'], ['number']):
            return name
    return None


def _apart(name: str) -> str:
    """Return a name with blanks where its words begin with a capital."""
    return re.sub(r'(?<=[a-z])(?=[A-Z])', ' ', name)
