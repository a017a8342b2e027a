# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The command line of ``mmhvr data import``."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections import Counter
from pathlib import Path
from typing import Any, List

# Names of formats without what reads them, which takes seconds to import.
NAMES = (
    'auto',
    'cvat',
    'mot',
    'yolo',
    'coco',
    'coco-vid',
    'youtube-vis',
    'labelstudio',
    'imagenet-vid',
)

DESCRIPTION = """\
Make a data set of what an annotation tool has exported.

Writes DIR/annotations/train.json and val.json, which training, test and the
other commands read. Videos are dealt out to the two whole, each class by its
share. Images are read where they are; frames of video files are
extracted once, to DIR/frames/VIDEO/000000.jpg. An interrupted import goes on
from there when it is started again.
"""

EXAMPLES = """\
examples:
  mmhvr data import annotations.xml --frames clips/ --out data/yard
      clips/ has the video files, or a folder of frames for each video
  mmhvr data import MOT17/train --format mot --out data/mot --val-share 0.3
  mmhvr data import yolo/ --out data/yard --val-videos val.txt
      val.txt has the name of a video a line, or a pattern: night_*

The exit status is 0, or 2 if something cannot be used; annotation files stay
as they were then. docs/en/own_data.md says what to export in each tool.
"""


def add_import_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``mmhvr data import`` to a parser."""
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        'source',
        metavar='SOURCE',
        type=Path,
        help='the file or folder that the tool has exported, unpacked',
    )
    parser.add_argument(
        '--format',
        choices=NAMES,
        default='auto',
        help='of SOURCE (%(default)s: by what is in it)',
    )
    parser.add_argument(
        '--out', metavar='DIR', type=Path, required=True, help='the data set'
    )
    parser.add_argument(
        '--frames',
        metavar='VIDEO_OR_FOLDER',
        type=Path,
        help='a video file, or a folder with a video file or a folder of '
        'images for each video, named as they are (default: beside SOURCE)',
    )
    parser.add_argument(
        '--val-share',
        metavar='S',
        type=float,
        default=0.2,
        help='share of the videos that validate (%(default)s); 0 for none',
    )
    parser.add_argument(
        '--val-videos',
        metavar='FILE',
        type=Path,
        help='the videos that validate, a name or pattern a line',
    )
    parser.add_argument(
        '--seed',
        type=int,
        default=0,
        help='of the choice of videos (%(default)s)',
    )


def run_import(args: argparse.Namespace) -> int:
    """Do what the arguments say; returns the exit status."""
    from ..formats.detection import FORMATS, open_export
    from ..importing.importer import import_export

    try:
        _check_folders(args.source, args.out)
        export, reason = open_export(args.source, args.format)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('always', UserWarning)
            summary = import_export(
                export,
                args.out,
                [args.frames or _beside(args.source)],
                args.val_share,
                args.seed,
                args.val_videos,
            )
    except (OSError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(
            'interrupted; the same command goes on from there',
            file=sys.stderr,
        )
        return 130
    if reason:
        kind = next(n for n, kinds in FORMATS.items() if type(export) in kinds)
        print(f'format: {kind}, since {reason}')
    for line in _report(summary):
        print(line)
    seen = [str(w.message) for w in caught if w.category is UserWarning]
    for text in dict.fromkeys([*summary.notes, *seen]):
        print(f'note: {text}')
    return 0


def _beside(source: Path) -> Path:
    """Return the folder in which frames are looked for without --frames."""
    return source if source.is_dir() else source.parent


def _check_folders(source: Path, out: Path) -> None:
    """ValueError if what is written would be read as a part of SOURCE."""
    inner, outer = out.resolve(), source.resolve()
    if source.is_dir() and (inner == outer or outer in inner.parents):
        raise ValueError(
            f'--out {out} lies in {source}, so that what is written there '
            'would be taken for a part of the export; choose a folder '
            'outside of it'
        )


def _report(summary: Any) -> List[str]:
    """Return what was done, for a person."""
    lines = [
        f'{file}: '
        + ', '.join(f'{number} {name}' for name, number in counts.items())
        for file, counts in summary.files.items()
    ]
    train: Counter = Counter()
    val: Counter = Counter()
    for name, boxes in summary.boxes.items():
        side = val if name in summary.val else train
        side.update({label: 1 for label in boxes})
    total: Counter = sum(summary.boxes.values(), Counter())
    for label, number in total.items():
        lines.append(
            f'  {label}: {number} boxes, in {train[label]} videos of training '
            f'and {val[label]} of validation'
        )
    missing = [label for label in total if summary.val and not val[label]]
    if missing:
        lines.append(
            f'note: {", ".join(missing)} in no video of validation: too few '
            'videos; import more, or choose them with --val-videos'
        )
    if summary.linked:
        number = len(summary.linked)
        of = f'of {number} of {len(summary.boxes)} videos'
        lines.append(
            f'tracks: made by linking boxes of a class that overlap from '
            f'frame to frame, {of}, since they have none'
        )
    else:
        lines.append('tracks: those of the export')
    return lines
