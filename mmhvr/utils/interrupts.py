# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Ctrl-C at a moment that breaks nothing."""

import signal
import threading
from contextlib import contextmanager
from typing import Any, Dict, Iterator, List

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interrupts_later() -> Iterator[None]:
    """Lets Ctrl-C and SIGTERM wait until the block is done.

    They take effect when it is left, in the way that they would have had
    without it. Signals reach the main thread alone, so elsewhere this does
    nothing.

    Example:
        >>> with interrupts_later():
        ...     write_half()
        ...     write_the_other_half()
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught: List[int] = []

    def note(number: int, frame: Any) -> None:
        caught.append(number)

    before: Dict[signal.Signals, Any] = {}
    try:
        for number in _SIGNALS:
            before[number] = signal.signal(number, note)
        yield
    finally:
        for number, handler in before.items():
            # None: installed by C code, which signal.signal cannot restore.
            signal.signal(number, handler or signal.SIG_DFL)
    if caught:
        signal.raise_signal(caught[0])
