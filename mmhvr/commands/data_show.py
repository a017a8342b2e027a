# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""``mmhvr data show``: a page about a data set."""

import argparse
import os.path as osp
import sys
from typing import Optional

from ..analysis.dataset_page import write_page
from ..datasets.file_names import with_slashes
from ..evaluation.annotations import VIDAnnotations, load_annotations

DESCRIPTION = """\
Write pictures and a short page (index.html) about a data set: classes,
videos, box sizes, motion (slow, medium, fast), track lengths, and sample
frames with their boxes. The page holds its pictures and needs no network.
"""


def add_show_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``mmhvr data show`` to a parser."""
    parser.description = DESCRIPTION
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument('file', metavar='FILE', help='annotation file')
    parser.add_argument(
        '--out', metavar='DIR', required=True, help='folder for the page'
    )
    parser.add_argument(
        '--images',
        metavar='DIR',
        help='to which file names are relative (the folder above that of '
        'FILE, if its first image is there)',
    )


def run_show(args: argparse.Namespace) -> int:
    """Do what the arguments say; returns the exit status."""
    try:
        annotations = load_annotations(args.file)
        folder = args.images or folder_of_images(args.file, annotations)
        if folder is not None:
            with_slashes(annotations.file.images, folder)
        path = write_page(annotations, args.out, folder)
    except (OSError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    if folder is None:
        print('no sample frames: say with --images where the images are')
    print(f'open {path} in a browser')
    return 0


def folder_of_images(path: str, annotations: VIDAnnotations) -> Optional[str]:
    """Return the folder above that of a file, if its images are there."""
    folder = osp.dirname(osp.dirname(osp.abspath(path)))
    name = annotations.image_names[0].replace('\\', '/')
    return folder if osp.isfile(osp.join(folder, name)) else None
