# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""A progress bar where somebody can see it."""

import sys
from typing import Iterable, List, TypeVar

from mmengine.utils import track_iter_progress

Item = TypeVar('Item')


def with_progress(items: List[Item], show: bool = True) -> Iterable[Item]:
    """Go through a list with MMEngine's progress bar.

    Args:
        items (list): Anything.
        show (bool): False shows nothing. A bar is a single line that is
            written again and again, so without a terminal there is none.

    Returns:
        Iterable: The items.
    """
    if show and sys.stdout.isatty():
        return track_iter_progress(items)
    return items
