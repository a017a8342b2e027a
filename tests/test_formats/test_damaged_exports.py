# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""An export that was damaged anywhere is read, or is a ValueError."""

import copy
import json
import re

import export_writers as writers
import pytest
from export_writers import make_video

from mmhvr.formats.detection import open_export

VIDEOS = [make_video('a', 2), make_video('b', 2)]
WRITERS = {
    'datumaro': writers.write_datumaro,
    'coco': writers.write_coco,
    'coco-vid': writers.write_coco_vid,
    'youtube-vis': writers.write_youtube_vis,
    'labelstudio': writers.write_labelstudio,
}
GONE = object()
OTHERS = (GONE, None, 'x', -1, [], {}, [3], float('nan'), 10**15)


def places(data, path=()):
    """The paths of all values, of lists the first one."""
    keys = data if isinstance(data, dict) else range(len(data[:1]))
    for key in keys:
        yield (*path, key)
        if isinstance(data[key], (dict, list)):
            yield from places(data[key], (*path, key))


def changed(data, path, value):
    data = copy.deepcopy(data)
    parent = data
    for key in path[:-1]:
        parent = parent[key]
    if value is GONE:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return data


@pytest.mark.parametrize('kind', WRITERS)
def test_json(tmp_path, kind, monkeypatch):
    path = WRITERS[kind](tmp_path / 'a.json', VIDEOS)
    name = 'cvat' if kind == 'datumaro' else kind
    data = json.loads(path.read_text(encoding='utf-8'))
    monkeypatch.setattr(
        'mmhvr.annotations.findings.print_log', lambda *_, **__: None
    )
    refused = 0
    for place in places(data):
        for value in OTHERS:
            path.write_text(json.dumps(changed(data, place, value)))
            try:
                list(open_export(path, name)[0])
            except ValueError:
                refused += 1
    assert refused > 50


def test_xml(tmp_path):
    path = writers.write_cvat(tmp_path / 'a.xml', VIDEOS)
    text = path.read_text(encoding='utf-8')
    refused = 0
    for match in re.finditer(r'"[^"]*"|>[^<]+<|<[a-z]\w+', text):
        for value in ('', 'x', '-1', '99999999999', 'nan'):
            start, end = match.span()
            damaged = text[: start + 1] + value + text[end - 1 :]
            path.write_text(damaged, encoding='utf-8')
            try:
                list(open_export(path, 'cvat')[0])
            except ValueError:
                refused += 1
    assert refused > 100
