# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Links of the documentation lead somewhere."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    path
    for pattern in ('*.md', 'docs/**/*.md', 'configs/**/*.md', 'tools/**/*.md')
    for path in ROOT.glob(pattern)
)
FENCE = re.compile(r'^```.*?^```', re.M | re.S)
# Files that a reader would make.
EXAMPLES = (
    'mmhvr/a/b.py',
    'tests/test_a/test_b.py',
    'configs/hvr/hvr_faster-rcnn_r50-dc5_yard.py',
)
LINK = re.compile(r'\]\(([^)\s]+)\)')


def headings(text):
    """The anchors of a page, as GitHub makes them."""
    found = []
    for title in re.findall(r'^#+ (.+)$', FENCE.sub('', text), re.M):
        title = re.sub(r'\[([^]]*)\]\([^)]*\)', r'\1', title)
        anchor = re.sub(r'[^\w\- ]', '', title.lower()).replace(' ', '-')
        number = sum(
            one == anchor or one.startswith(f'{anchor}-') and one[-1].isdigit()
            for one in found
        )
        found.append(f'{anchor}-{number}' if number else anchor)
    return found


def broken_links(page):
    """Links to files or headings that are not there."""
    for link in LINK.findall(FENCE.sub('', page.read_text())):
        if re.match(r'\w+:', link):
            continue  # of another site
        name, _, anchor = link.partition('#')
        target = (page.parent / name).resolve() if name else page
        if not target.exists():
            yield link
        elif anchor and anchor not in headings(target.read_text()):
            yield link


def test_links_by_hand(tmp_path):
    page = tmp_path / 'a.md'
    page.write_text(
        '# The `mim` way, in two\n## [B](b.md) and c\n'
        '```\n# no\n[x](no)\n```\n'
        '[1](#the-mim-way-in-two) [2](#b-and-c) [3](a.md#no) [4](c.md)\n'
        '[5](https://example.org/x) [6](a.md)\n'
    )
    assert list(broken_links(page)) == ['b.md', 'a.md#no', 'c.md']


@pytest.mark.parametrize('page', PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    assert list(broken_links(page)) == []


def test_files_that_are_named_are_there():
    """A path of the project between backquotes exists."""
    missing = []
    for page in PAGES:
        if page.name == 'CHANGELOG.md':
            continue  # it tells of what was, too
        text = FENCE.sub('', page.read_text())
        for name in re.findall(
            r'`((?:mmhvr|tools|tests|configs|docs)/[\w./-]+\.\w+)`', text
        ):
            if not (ROOT / name).exists() and name not in EXAMPLES:
                missing.append(f'{page.relative_to(ROOT)}: {name}')
    assert missing == []


def is_there(name):
    """Whether a dotted name leads to an object."""
    head, _, tail = name.rpartition('.')
    try:
        return bool(importlib.import_module(name))
    except ImportError:
        try:
            return hasattr(importlib.import_module(head), tail)
        except ImportError:  # of a class
            owner, _, member = head.rpartition('.')
            found = getattr(importlib.import_module(owner), member, None)
            return hasattr(found, tail)


def test_docstrings_name_what_is_there():
    missing = []
    for path in [*ROOT.glob('mmhvr/**/*.py'), *ROOT.glob('tools/**/*.py')]:
        if '.mim' in path.parts:
            continue
        names = re.findall(r':\w+:`~?(mmhvr\.[\w.]+)`', path.read_text())
        missing += [f'{path}: {name}' for name in names if not is_there(name)]
    assert missing == []


def test_site_is_built_without_a_warning(tmp_path):
    """``make docs``, which turns each warning into an error."""
    command = [sys.executable, '-m', 'sphinx', '-q', '-W', '--keep-going']
    command += ['-c', str(ROOT / 'docs'), '-d', str(tmp_path / 'doctrees')]
    done = subprocess.run(
        [*command, str(ROOT), str(tmp_path / 'site')],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    api = (tmp_path / 'site' / 'docs' / 'en' / 'api.html').read_text()
    for name in ('apis.HVRInferencer', 'models.relate', 'evaluation.seq_nms'):
        assert f'id="mmhvr.{name}"' in api
