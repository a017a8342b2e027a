# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Commands and code of the documentation are those that there are."""

import ast
import glob
import importlib
import re
import shlex
import sys
from pathlib import Path

import pytest
from test_docs import PAGES, ROOT

from mmhvr.cli import make_parser

BLOCK = re.compile(r'^```(\w*)\n(.*?)^```', re.M | re.S)
# Programs that are not of mmhvr.
OTHERS = {'pip', 'python3', 'mkdir', '.'}
# Options that mim keeps for itself, each with a value.
MIMS = {'--launcher', '--gpus', '--gpus-per-node', '--partition', '--port'}
CONFIGS = {path.name for path in ROOT.glob('configs/**/*.py')}
TARGETS = set(re.findall(r'^(\w+):', (ROOT / 'Makefile').read_text(), re.M))


def blocks(language):
    """(page:line, text) of the code blocks of a language."""
    for page in PAGES:
        text = page.read_text()
        for found in BLOCK.finditer(text):
            if found[1] == language:
                line = text.count('\n', 0, found.start()) + 1
                yield f'{page.relative_to(ROOT)}:{line}', found[2]


def commands():
    """(page:line, words) of each command."""
    for place, text in blocks('shell'):
        for line in text.replace('\\\n', ' ').splitlines():
            words = shlex.split(line, comments=True)
            for end in ('|', '>', '>>', '&&', '2>&1', '&'):
                if end in words:
                    words = words[: words.index(end)]
            while words and re.fullmatch(r'\w+=\S*', words[0]):
                del words[0]
            if words:
                yield place, words


# Configs that a command of the pages writes.
MADE = {words[2] for _, words in commands() if words[:2] == ['mmhvr', 'new']}


def split_for_mim(words):
    """What the tool gets of the words after ``mim train mmhvr``."""
    given = list(words)
    for option in MIMS & set(given):
        place = given.index(option)
        del given[place : place + 2]
    if '--checkpoint' in given:  # mim test hands it on as an argument
        place = given.index('--checkpoint')
        given[place : place + 2] = []
        given.insert(1, words[words.index('--checkpoint') + 1])
    return given


def tool_of(words):
    """(path of a tool, its arguments)."""
    if words[0] == 'mim':
        assert words[2] == 'mmhvr', 'another package'
        if words[1] in ('train', 'test'):
            return ROOT / f'tools/{words[1]}.py', split_for_mim(words[3:])
        assert words[1] == 'run'
        (tool,) = ROOT.glob(f'tools/**/{words[3]}.py')
        return tool, words[4:]
    assert words[0].endswith('python'), f'what is {words[0]}?'
    return ROOT / words[1], words[2:]


def expand(words):
    """Patterns as a shell replaces them."""
    for word in words:
        yield from glob.glob(word) if '*' in word else [word]


@pytest.fixture
def understand(monkeypatch, load_tool):
    """Parses a command; SystemExit 2 if the program would refuse it."""

    def parse(words):
        if words[0] == 'mmhvr':
            make_parser().parse_args(words[1:])
            return
        tool, given = tool_of(words)
        module = load_tool(str(tool.relative_to(ROOT / 'tools')))
        monkeypatch.chdir(ROOT)
        monkeypatch.setattr(sys, 'argv', [str(tool), *expand(given)])
        module.parse_args()

    return parse


@pytest.mark.parametrize(
    'place, words', [pytest.param(*c, id=' '.join(c[1])) for c in commands()]
)
def test_command_is_understood(place, words, understand):
    for name in words:
        if name.endswith('.py') and not set(name) & set('*:'):
            is_there = name in CONFIGS or (ROOT / name).exists()
            assert is_there or name in MADE, place
    if words[0] == 'make':
        assert set(words[1:2]) <= TARGETS, place
    elif words[0] == 'bash':
        assert (ROOT / words[1]).exists(), place
    elif words[0] not in OTHERS:
        try:
            understand(words)
        except SystemExit as done:  # of --help
            assert done.code == 0, place


@pytest.mark.parametrize(
    'command',
    [
        'mim train mmhvr hvr_faster-rcnn_r18_mini.py --resumed',
        'mim run mmhvr motion_iou a.json --output b.mat',
        'python tools/test.py CONFIG FILE.pth --picture-dir x',
        'mmhvr detect clip.mp4 --checkpoint FILE.pth',
    ],
)
def test_a_slip_is_seen(command, understand):
    with pytest.raises(SystemExit, match='2'):
        understand(command.split())


@pytest.mark.parametrize(
    'place, text', [pytest.param(*b, id=b[0]) for b in blocks('python')]
)
def test_code_is_right(place, text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(node.module)
            missing = [
                alias.name
                for alias in node.names
                if not hasattr(module, alias.name)
            ]
            assert not missing, place
    for name in re.findall(r"'([^' ]+\.py)'", text):
        assert Path(name).name in CONFIGS, place
