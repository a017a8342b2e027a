# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""How far a run over a video is."""

from __future__ import annotations

import sys
from typing import Any, Optional

from mmengine.utils import ProgressBar


class FrameProgress:
    """MMEngine's progress bar on stderr, if a terminal shows it.

    Args:
        length (int, optional): Number of frames; without it there is a
            count and no bar.
        show (bool): False shows nothing.
    """

    def __init__(self, length: Optional[int], show: bool = True) -> None:
        self._bar: Optional[ProgressBar] = None
        if show and sys.stderr.isatty():
            self._bar = ProgressBar(length or 0, file=sys.stderr)
        self._room = length if length else sys.maxsize

    def update(self) -> None:
        """Count a frame."""
        # A header may announce too few frames.
        if self._bar is not None and self._room > 0:
            self._bar.update()
        self._room -= 1

    def __enter__(self) -> 'FrameProgress':
        return self

    def __exit__(self, *error: Any) -> None:
        if self._bar is not None:
            print(file=sys.stderr)
