# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import json
from typing import Any, Callable, List

import pytest


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> List[str]:
    """What is logged of an annotation file."""
    lines: List[str] = []
    for module in ('findings', 'class_names'):
        monkeypatch.setattr(
            f'mmhvr.annotations.{module}.print_log',
            lambda text, **kwargs: lines.append(text),
        )
    return lines


@pytest.fixture
def write(tmp_path: Any) -> Callable[[Any], str]:
    """Writes a file of annotations, or a text in its place."""

    def write(data: Any) -> str:
        path = tmp_path / 'ann.json'
        text = data if isinstance(data, str) else json.dumps(data)
        path.write_text(text, encoding='utf-8')
        return str(path)

    return write
