# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import copy
import json
from typing import Any, Callable, Dict, List

import pytest

# Two videos of two frames; ids and order are not what an index would be.
DATA: Dict[str, Any] = dict(
    categories=[dict(id=5, name='dog'), dict(id=2, name='cat')],
    videos=[dict(id=3, name='v'), dict(id='w', name='w')],
    images=[
        dict(id=20, file_name='v/1.png', video_id=3, frame_id=1),
        dict(id=10, file_name='v/0.png', video_id=3, frame_id=0),
        dict(id=30, file_name='w/0.png', video_id='w', frame_id=0),
        dict(id=40, file_name='w/1.png', video_id='w', frame_id=1),
    ],
    annotations=[
        dict(id=1, image_id=10, category_id=2, bbox=[1, 2, 30, 4]),
        dict(id=2, image_id=20, category_id=5, bbox=[0, 0, 9.5, 8]),
        dict(id=3, image_id=10, category_id=5, bbox=[5, 5, 1, 1], iscrowd=1),
        dict(id=4, image_id=40, category_id=5, bbox=[2, 2, 8, 8], ignore=True),
    ],
)
for image in DATA['images']:
    image.update(width=64, height=48)


@pytest.fixture
def data() -> Dict[str, Any]:
    """A valid file."""
    return copy.deepcopy(DATA)


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
