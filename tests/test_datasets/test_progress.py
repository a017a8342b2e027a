# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import sys

import pytest

from mmhvr.datasets.progress import with_progress


@pytest.mark.parametrize('terminal', [True, False])
@pytest.mark.parametrize('show', [True, False])
def test_a_bar_needs_a_terminal(monkeypatch, terminal, show):
    monkeypatch.setattr(sys.stdout, 'isatty', lambda: terminal, raising=False)
    items = [3, 1, 2]
    found = with_progress(items, show)
    # Without a bar it is the list itself.
    assert (found is items) == (not (terminal and show))
    assert list(found) == items
