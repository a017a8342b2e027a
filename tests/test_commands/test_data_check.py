# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""``mmhvr data check``: what is printed, and the exit status."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from clean_file import clean_content

import mmhvr
from mmhvr import cli
from mmhvr.commands.data_check import write_content
from mmhvr.utils import files


@pytest.fixture
def ann_file(tmp_path, monkeypatch):
    """Writes ann.json and goes to its folder."""
    monkeypatch.chdir(tmp_path)

    def write(spoil=None):
        content = clean_content()
        if spoil:
            spoil(content)
        write_content('ann.json', content)
        return content

    return write


def check(*words):
    with pytest.raises(SystemExit) as caught:
        cli.main(['data', 'check', *words])
    return caught.value.code


def inverted(content):
    content['annotations'][3]['bbox'] = [24, 30, -10, -12]
    content['annotations'][5]['bbox'] = [64, 30, 9, 9]


def test_a_clean_file(ann_file, capsys):
    ann_file()
    assert check('ann.json') == 0
    assert capsys.readouterr().out == (
        'ann.json: 36 images, 6 videos, 36 annotations, 2 categories\n\n'
        'no faults\n'
    )


def test_faults_in_plain_words(ann_file, capsys):
    ann_file(inverted)
    assert check('ann.json') == 1
    text = capsys.readouterr().out
    assert (
        'warning: 1 of 36 boxes are inverted (width or height below 0) '
        '[box-inverted]\n'
        '  such as [24, 30, -10, -12] of annotation 4 of image 4\n'
        '  effect  they are left out, in training and in evaluation\n'
        '  remedy  write them from their upper left corner on (--fix does '
        'it)\n'
    ) in text
    assert text.endswith('\n2 kinds of faults\n')
    assert max(map(len, text.split('\n'))) < 80


def test_json_for_scripts(ann_file, capsys):
    ann_file(inverted)
    assert check('ann.json', '--json') == 1
    found = json.loads(capsys.readouterr().out)
    assert found['status'] == 1 and found['complete']
    assert found['records']['images'] == 36 and found['mended'] == {}
    first = found['findings'][0]
    assert set(first) == {
        'kind',
        'level',
        'count',
        'what',
        'example',
        'effect',
        'remedy',
        'fix',
    }
    kinds = {f['kind']: (f['count'], f['fix']) for f in found['findings']}
    assert kinds == {'box-inverted': (1, True), 'box-outside': (1, True)}


def test_allowed_kinds_are_notes(ann_file, capsys):
    ann_file(inverted)
    words = ['ann.json', '--allow', 'box-inverted']
    assert check(*words) == 1
    assert check(*words, '--allow', 'box-outside') == 0
    assert 'no faults, 2 notes' in capsys.readouterr().out


def test_fix_writes_another_file(ann_file, capsys):
    ann_file(inverted)
    before = Path('ann.json').read_bytes()
    assert check('ann.json', '--fix', 'out/fixed.json') == 0
    text = capsys.readouterr().out
    assert 'out/fixed.json: 36 images, 6 videos, 35 annotations' in text
    assert 'mended:\n  box-inverted: 1\n  box-outside: 1\n' in text
    assert Path('ann.json').read_bytes() == before
    assert check('out/fixed.json') == 0
    # The file itself is refused, by whatever name.
    assert check('ann.json', '--fix', './ann.json') == 2
    assert 'name another one' in capsys.readouterr().err
    assert Path('ann.json').read_bytes() == before


def test_a_full_disk_leaves_the_old_file_whole(ann_file, capsys, monkeypatch):
    ann_file(inverted)
    Path('old.json').write_text('old')

    class Full:
        def __init__(self, *args, **kwargs):
            self.file = open(*args, **kwargs)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self.file.close()

        def write(self, text):
            self.file.write(text[:2])
            raise OSError(28, 'No space left on device')

    monkeypatch.setattr(files, 'open', Full, raising=False)
    assert check('ann.json', '--fix', 'old.json') == 2
    text = capsys.readouterr().err
    assert 'No space left on device' in text and 'old.json' in text
    assert Path('old.json').read_text() == 'old'
    assert sorted(os.listdir()) == ['ann.json', 'old.json']


@pytest.mark.parametrize(
    'text, words, message',
    [
        ('{"images": [', [], 'it is cut off'),
        ('', [], 'ann.json is empty'),
        ('[1]', [], 'holds a list in place of an object'),
        (None, [], "'ann.json' does not exist"),
        ('{"images": []}', [], 'has none of images'),
        ('ok', ['--images', 'no where'], '--images no where is no folder'),
        ('ok', ['--against', 'val.json'], "'val.json' does not exist"),
        ('ok', ['--config', 'c.py'], 'config c.py was not found'),
        ('ok', ['--fix', 'ann.json/x'], 'cannot write'),
    ],
)
def test_what_cannot_be_read_is_one_line(
    ann_file, capsys, text, words, message
):
    ann_file()
    if text is None:
        os.remove('ann.json')
    elif text != 'ok':
        Path('ann.json').write_text(text)
    assert check('ann.json', *words) == 2
    error = capsys.readouterr().err
    assert error.startswith('error: ') and message in error
    assert error.count('\n') == 1
    assert check('ann.json', *words, '--json') == 2
    assert message in json.loads(capsys.readouterr().out)['error']


def test_a_mark_at_the_head_and_other_names(ann_file, capsys):
    content = ann_file()
    for image in content['images']:
        image['file_name'] = 'Ordner ü\\' + image['file_name']
    text = json.dumps(content, ensure_ascii=False)
    Path('mit Lücke.json').write_bytes(text.encode('utf-16'))
    assert check('mit Lücke.json') == 0


def test_class_names_of_a_config_file(ann_file, capsys):
    ann_file()
    text = "train_dataloader = dict(dataset=dict(ann_file='a', metainfo=%s))"
    for names, status in (
        ("dict(CLASSES=('cat', 'dog'))", 0),
        ("dict(classes=('cat' 'dog'))", 1),
        ('None', 2),
    ):
        Path('c.py').write_text(text % names)
        assert check('ann.json', '--config', 'c.py') == status
    captured = capsys.readouterr()
    assert "('catdog') in place of ('catdog',)" in captured.out
    assert 'has no metainfo=dict(CLASSES=...)' in captured.err


def test_the_command_by_itself(ann_file):
    ann_file()
    done = subprocess.run(
        [sys.executable, '-m', 'mmhvr', 'data', 'check', 'ann.json'],
        capture_output=True,
        text=True,
        env=dict(
            os.environ,
            PYTHONPATH=str(Path(mmhvr.__file__).parents[1]),
            OMP_NUM_THREADS='1',
        ),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith('no faults\n')
