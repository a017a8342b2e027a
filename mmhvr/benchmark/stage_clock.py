# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Where the time of a model goes."""

from __future__ import annotations

import functools
import time
from collections import defaultdict
from typing import Any, Callable, Dict, List

Seconds = Callable[[], float]


class StageClock:
    """Adds up the time that methods take, by the stage they belong to.

    A stage inside another one counts for itself alone, so that the stages of
    a call add up to its time; what belongs to no stage is ``'other'``.

    Args:
        now (callable): Returns seconds: ``time.perf_counter`` or
            ``time.process_time``, on a GPU after a synchronisation.

    Example:
        >>> clock = StageClock()
        >>> clock.watch(model.backbone, 'forward', 'backbone')
        >>> with clock:
        ...     model(image)
        >>> clock.seconds
        {'other': 0.1, 'backbone': 0.9}
    """

    def __init__(self, now: Seconds = time.perf_counter) -> None:
        self.now = now
        self.seconds: Dict[str, float] = defaultdict(float)
        self._stack: List[str] = []
        self._since = 0.0

    def watch(self, owner: Any, name: str, stage: str) -> None:
        """Count the calls of a method of an object for a stage.

        Args:
            owner: The object; a method of this name is put upon it.
            name: The method.
            stage: The stage.
        """
        method = getattr(owner, name)

        @functools.wraps(method)
        def watched(*args: Any, **kwargs: Any) -> Any:
            if not self._stack:  # not inside ``with``
                return method(*args, **kwargs)
            self._enter(stage)
            try:
                return method(*args, **kwargs)
            finally:
                self._leave()

        setattr(owner, name, watched)

    def __enter__(self) -> 'StageClock':
        self._since = self.now()
        self._stack.append('other')
        return self

    def __exit__(self, *error: Any) -> None:
        self._leave()

    def _enter(self, stage: str) -> None:
        """Give the time up to here to the stage around."""
        self._settle()
        self._stack.append(stage)

    def _leave(self) -> None:
        """Give the time up to here to the stage that ends."""
        self._settle()
        self._stack.pop()

    def _settle(self) -> None:
        """Books the time since the last change."""
        now = self.now()
        self.seconds[self._stack[-1]] += now - self._since
        self._since = now
