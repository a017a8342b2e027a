# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""``mmhvr data check``: what is wrong with an annotation file."""

import argparse
import json
import os.path as osp
import sys
import textwrap
from typing import Any, Dict, List, Mapping, Optional, Sequence

from ..annotations.checks import Beside, Inspection, inspect, mend_all
from ..annotations.checks.mending import MENDS
from ..annotations.checks.pictures import Pictures, look_at
from ..annotations.findings import Finding
from ..annotations.kinds import KINDS
from ..annotations.reader import SECTIONS, read_content
from ..datasets.file_names import with_slashes
from ..run.config import data_sets_in
from ..run.config_files import read_config
from ..utils.files import whole_file
from ..utils.text_files import no_collection

DESCRIPTION = """\
Say in plain words what is wrong with an annotation file (COCO or CocoVID):
how many times, an example, what it does to training or to the number, and
what mends it. Picture files are looked at with --images only.

Exit status: 0 without faults (notes are none), 1 with faults, 2 if the file
cannot be read. With --fix it is that of OUT.
"""
CLEAN, FAULTS, UNREADABLE = 0, 1, 2
_WIDTH = 79


def add_check_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``mmhvr data check`` to a parser."""
    parser.description = DESCRIPTION
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument('file', metavar='FILE', help='annotation file')
    parser.add_argument(
        '--images',
        metavar='DIR',
        help='read every picture, too: missing, unreadable, cut off, of '
        'another size, turned by EXIF; names in the file are relative to DIR',
    )
    parser.add_argument(
        '--against',
        metavar='VAL.json',
        help='a file that must share no video, no image file and (with '
        '--images) no picture with FILE',
    )
    parser.add_argument(
        '--config',
        metavar='CONFIG.py',
        help='hold its class names against those of the file',
    )
    parser.add_argument(
        '--fix',
        metavar='OUT',
        help='write a file in which all is mended that can be without '
        'guessing',
    )
    parser.add_argument(
        '--allow',
        metavar='KIND',
        action='append',
        default=[],
        choices=sorted(KINDS),
        help='count faults of this kind as notes (as often as you like)',
    )
    parser.add_argument(
        '--json', action='store_true', help='the same as JSON, for scripts'
    )


def run_check(args: argparse.Namespace) -> int:
    """Do what the arguments say; returns the exit status."""
    try:
        with no_collection():
            return _check(args)
    except (OSError, ValueError) as error:
        if args.json:
            print(json.dumps(dict(file=args.file, error=str(error))))
        else:
            print(f'error: {error}', file=sys.stderr)
        return UNREADABLE


def _check(args: argparse.Namespace) -> int:
    """Read the files, check and print; returns the exit status."""
    if args.fix and osp.realpath(args.fix) == osp.realpath(args.file):
        raise ValueError(
            f'--fix {args.fix} is the file itself; name another one, so '
            'that nothing is lost'
        )
    content: Mapping[str, Any] = read_content(args.file)
    beside = _beside(args, content)
    mended: Dict[str, int] = {}
    name = args.file
    if args.fix:
        content, mended = mend_all(args.file, content, beside)
        write_content(args.fix, content)
        name = args.fix
    result = allow(inspect(name, content, beside), args.allow)
    status = exit_status(result)
    if args.json:
        print(json.dumps(as_dict(name, result, mended, status), indent=2))
    else:
        print(as_text(name, result, mended))
    return status


def exit_status(result: Inspection) -> int:
    """Return 1 if there are faults, else 0."""
    faults = any(f.level != 'note' for f in result.findings)
    return FAULTS if faults or not result.is_complete else CLEAN


def allow(result: Inspection, kinds: Sequence[str]) -> Inspection:
    """Make notes of the findings of some kinds."""
    found = [
        f._replace(level='note') if f.kind in kinds else f
        for f in result.findings
    ]
    found.sort(key=lambda finding: finding.level == 'note')
    return result._replace(findings=found)


def write_content(path: str, content: Mapping[str, Any]) -> None:
    """Write an annotation file, a record a line; whole or not at all.

    Args:
        path: The file.
        content: What it holds, with a list for each section.

    Raises:
        OSError: It cannot be written; what was there is as it was.
    """
    with whole_file(path) as file:
        start = '{'
        for key, value in content.items():
            file.write(f'{start}\n{json.dumps(key)}: ')
            start = ','
            if key not in SECTIONS:
                file.write(json.dumps(value))
                continue
            file.write('[')
            for number, record in enumerate(value):
                file.write(',\n' if number else '\n')
                file.write(json.dumps(record))
            file.write('\n]')
        file.write('\n}\n')


def as_dict(
    name: str, result: Inspection, mended: Mapping[str, int], status: int
) -> Dict[str, Any]:
    """Return the result as JSON has it."""
    return dict(
        file=name,
        status=status,
        complete=result.is_complete,
        records=result.records,
        mended=dict(mended),
        findings=[
            dict(
                kind=f.kind,
                level=f.level,
                count=f.number,
                what=f.what,
                example=f.example,
                effect=f.effect,
                remedy=f.remedy,
                fix=f.kind in MENDS,
            )
            for f in result.findings
        ],
    )


def as_text(name: str, result: Inspection, mended: Mapping[str, int]) -> str:
    """Return the result as a person reads it."""
    records = ', '.join(
        f'{number:,} {key}' for key, number in result.records.items()
    )
    lines = [f'{name}: {records}', '']
    if mended:
        lines += ['mended:']
        lines += [f'  {kind}: {number:,}' for kind, number in mended.items()]
        lines += ['']
    for finding in result.findings:
        lines += [*_finding(finding, bool(mended)), '']
    if not result.is_complete:
        lines += [
            'Boxes and videos were not looked at: first mend the above.',
            '',
        ]
    notes = sum(f.level == 'note' for f in result.findings)
    faults = len(result.findings) - notes
    end = f'{faults} kind{"s" * (faults > 1)} of faults'
    end = end if faults else 'no faults'
    if notes:
        end += f', {notes} note{"s" * (notes > 1)}'
    return '\n'.join([*lines, end])


def _finding(finding: Finding, is_mended: bool) -> List[str]:
    """Return the lines of a finding."""
    fix = finding.kind in MENDS and not is_mended
    parts = [
        ('', f'{finding.level}: {finding.what} [{finding.kind}]'),
        ('such as', finding.example),
        ('effect', finding.effect),
        ('remedy', finding.remedy + ' (--fix does it)' * fix),
    ]
    lines: List[str] = []
    for label, text in parts:
        if text:
            lines += textwrap.wrap(
                text,
                _WIDTH,
                initial_indent=f'  {label:8}' if label else '',
                subsequent_indent=' ' * 10,
                break_long_words=False,
                break_on_hyphens=False,
            )
    return lines


def _beside(args: argparse.Namespace, content: Mapping[str, Any]) -> Beside:
    """Read what the arguments hold the file against."""
    other = read_content(args.against) if args.against else None
    pictures = other_pictures = None
    if args.images:
        pictures = _pictures(content, args)
        if other is not None:
            other_pictures = _pictures(other, args)
    names = class_names_of(args.config) if args.config else None
    return Beside(pictures, names, other, other_pictures)


def _pictures(
    content: Mapping[str, Any], args: argparse.Namespace
) -> Pictures:
    """Look at the images of a file."""
    if not osp.isdir(args.images):
        raise FileNotFoundError(
            f'--images {args.images} is no folder (looked for '
            f'{osp.abspath(args.images)})'
        )
    named = [
        image
        for image in content['images']
        if isinstance(image.get('file_name'), str)
    ]
    with_slashes(named, args.images)
    return look_at(named, args.images, progress=not args.json)


def class_names_of(config: str) -> Optional[Sequence[str]]:
    """Return the class names that a config trains on.

    Raises:
        FileNotFoundError, ValueError: The config cannot be read, or has no
            class names.
    """
    loader = read_config(config).get('train_dataloader') or {}
    for _, _, dataset in data_sets_in(loader.get('dataset'), 'dataset'):
        meta = dataset.get('metainfo') or {}
        names = meta.get('CLASSES', meta.get('classes'))
        if names is not None:
            return names
    raise ValueError(
        f'config {config} has no metainfo=dict(CLASSES=...) below '
        'train_dataloader.dataset, so there are no class names to compare'
    )
