# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What may import what: from a room only rooms below it."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / 'mmhvr'
# From top to bottom; rooms of one line do not know each other.
FLOORS = (
    ('__main__',),
    ('cli',),
    ('commands',),
    ('analysis', 'benchmark'),
    ('apis',),
    ('run', 'sources'),
    ('engine',),
    ('streaming', 'released'),
    ('models', 'visualization'),
    ('evaluation',),
    ('datasets',),
    ('annotations',),
    ('doctor',),
    ('operators',),
    ('utils',),
    ('version',),
)
FLOOR = {room: n for n, rooms in enumerate(FLOORS) for room in rooms}
FILES = sorted(
    path for path in PACKAGE.rglob('*.py') if '.mim' not in path.parts
)


def room_of(parts):
    """The room of a module below the package, '' for the package itself."""
    return parts[0] if parts else ''


def imported_rooms(path):
    """The rooms of mmhvr that a file imports, anywhere in it."""
    parts = path.relative_to(PACKAGE).with_suffix('').parts
    package = parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name.split('.') for alias in node.names]
            names = [n[1:] for n in names if n[0] == 'mmhvr' and n[1:]]
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            base += tuple((node.module or '').split('.')) * bool(node.module)
            names = [base or (alias.name,) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module.split('.')
            if base[0] == 'mmhvr':
                names = [base[1:] or (alias.name,) for alias in node.names]
        for name in names:
            yield node.lineno, room_of(tuple(name))


@pytest.mark.parametrize(
    'path', FILES, ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_no_arrow_goes_up(path):
    room = room_of(path.relative_to(PACKAGE).with_suffix('').parts)
    if room == '__init__':
        return
    wrong = [
        f'line {line}: {room} imports {other}'
        for line, other in imported_rooms(path)
        if other != room and FLOOR[other] <= FLOOR[room]
    ]
    assert not wrong


def test_every_room_has_its_floor():
    names = [path.relative_to(PACKAGE).with_suffix('').parts for path in FILES]
    rooms = set(map(room_of, names))
    assert rooms - {'__init__'} == set(FLOOR)


def test_what_is_looked_for(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), 'PACKAGE', tmp_path)
    path = tmp_path / 'models' / 'vid' / 'a.py'
    path.parent.mkdir(parents=True)
    path.write_text(
        'import os, mmhvr.run.config\n'
        'from mmhvr import utils\n'
        'from mmhvr.apis.model import init_model\n'
        'from . import frames\n'
        'from ..roi_heads import x\n'
        'def f():\n'
        '    from ...streaming.state import VideoState\n'
        '    from ... import engine\n'
    )
    assert list(imported_rooms(path)) == [
        (1, 'run'),
        (2, 'utils'),
        (3, 'apis'),
        (4, 'models'),
        (5, 'models'),
        (7, 'streaming'),
        (8, 'engine'),
    ]


HOSTLESS = (
    'models/relations',
    'models/triplets',
    'models/losses',
    'models/roi_heads',
    'models/backbones',
    'streaming',
    'evaluation',
)


def test_the_method_does_not_know_its_host():
    for room in HOSTLESS:
        for path in (PACKAGE / room).glob('*.py'):
            if path.name == 'vid_metric.py':  # the part that plugs in
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                names = [getattr(node, 'module', None) or '']
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    assert not any(n.startswith('mmtrack') for n in names)
