# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import io
from contextlib import redirect_stderr

import pytest

from mmhvr.utils.progress import Progress, with_progress


class Screen(io.StringIO):
    """A stream that may say that it is a terminal."""

    terminal = True

    def isatty(self):
        return self.terminal


@pytest.mark.parametrize('terminal', [True, False])
@pytest.mark.parametrize('show', [True, False])
def test_a_bar_needs_a_terminal(terminal, show):
    screen = Screen()
    screen.terminal = terminal
    with redirect_stderr(screen):
        assert list(with_progress([3, 1, 2], show)) == [3, 1, 2]
    assert ('3/3' in screen.getvalue()) == (terminal and show)


def test_more_items_than_announced():
    screen = Screen()
    with redirect_stderr(screen), Progress(2) as progress:
        for _ in range(3):
            progress.update()
    assert '2/2' in screen.getvalue() and '3/' not in screen.getvalue()


def test_a_count_where_the_length_is_not_known():
    screen = Screen()
    with redirect_stderr(screen), Progress(None) as progress:
        progress.update()
        progress.update()
    assert 'completed: 2' in screen.getvalue()
