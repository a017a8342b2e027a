# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""How far something is, shown where somebody can see it."""

from __future__ import annotations

import sys
from typing import Any, Iterator, Optional, Sequence, TypeVar

from mmengine.utils import ProgressBar

Item = TypeVar('Item')


class Progress:
    """MMEngine's progress bar on stderr, if a terminal shows it.

    A bar is a single line that is written again and again, so without a
    terminal there is none.

    Args:
        length (int, optional): Number of items; without it there is a
            count and no bar.
        show (bool): False shows nothing.
    """

    def __init__(self, length: Optional[int], show: bool = True) -> None:
        self._bar: Optional[ProgressBar] = None
        if show and sys.stderr.isatty():
            self._bar = ProgressBar(length or 0, file=sys.stderr)
        self._room = length if length else sys.maxsize

    def update(self) -> None:
        """Count an item."""
        # A header may announce too few frames.
        if self._bar is not None and self._room > 0:
            self._bar.update()
        self._room -= 1

    def __enter__(self) -> 'Progress':
        return self

    def __exit__(self, *error: Any) -> None:
        if self._bar is not None:
            print(file=sys.stderr)


def with_progress(items: Sequence[Item], show: bool = True) -> Iterator[Item]:
    """Go through a list with a :class:`Progress`.

    Args:
        items (list): Anything.
        show (bool): False shows nothing.

    Yields:
        Item: The items.
    """
    with Progress(len(items), show) as progress:
        for item in items:
            yield item
            progress.update()
