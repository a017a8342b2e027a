# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""``mmhvr new``: a config for a data set."""

import argparse
import os.path as osp
import sys

import torch

from ..annotations.checks.inspection import look
from ..annotations.checks.table import Table
from ..annotations.reader import read_content
from ..datasets.file_names import with_slashes
from ..run.config_files import read_config
from ..run.data_facts import measure
from ..run.model_index import find_model, package_root
from ..run.new_config import Base, base_path, check_base, config_text
from ..utils.files import whole_file

DESCRIPTION = """\
Write a config for a data set, with which it can be trained at once: classes,
batch, image size, anchors by the measured boxes, flips, schedule and start,
each with a comment. Change in it what you like.

DIR has annotations/train.json, perhaps annotations/val.json, and the images
where file_name says, relative to DIR ("mmhvr data import" writes it so).
"""
BASE = 'hvr_faster-rcnn_r50-dc5_8xb9-7e_imagenetvid'
# What a config answers itself.
_ANSWERED = ('few-videos',)


def add_new_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``mmhvr new`` to a parser."""
    parser.description = DESCRIPTION
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        'config', metavar='CONFIG.py', help='file to write; it must be new'
    )
    parser.add_argument(
        '--data', metavar='DIR', required=True, help='folder of the data'
    )
    parser.add_argument(
        '--base',
        metavar='NAME',
        default=BASE,
        help='config of mmhvr to build on, or a file (%(default)s)',
    )
    parser.add_argument(
        '--gpus',
        type=int,
        metavar='N',
        help='that the training will have (those of this machine)',
    )


def new(args: argparse.Namespace) -> int:
    """Do what the arguments say; returns the exit status."""
    try:
        text = _text(args)
        with whole_file(args.config) as file:
            file.write(text)
    except (OSError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    print(
        f'{args.config} is written. Read it, then train:\n'
        f'  mim train mmhvr {args.config}'
        + f' --launcher pytorch --gpus {args.gpus}'
        * (args.gpus > 1)
    )
    return 0


def _text(args: argparse.Namespace) -> str:
    """Return the config for the arguments."""
    if not args.config.endswith('.py'):
        raise ValueError(f'{args.config} must end in .py, as configs do')
    if osp.exists(args.config):
        raise FileExistsError(
            f'{args.config} is there already; choose another name, or '
            'delete it'
        )
    if args.gpus is None:
        args.gpus = max(1, torch.cuda.device_count())
    if args.gpus < 1:
        raise ValueError(f'--gpus must be at least 1, but is {args.gpus}')
    path, weights = find_model(args.base)
    cfg = read_config(path)
    check_base(cfg, args.base)
    table = read_checked(osp.join(args.data, 'annotations', 'train.json'))
    _check_images(table, args.data)
    val = osp.join(args.data, 'annotations', 'val.json')
    has_val = osp.isfile(val)
    if has_val:
        read_checked(val)
    root = osp.join(args.data, '').replace(osp.sep, '/')
    base = Base(
        base_path(path, args.config, package_root()), cfg, weights or ''
    )
    return config_text(measure(table), base, root, args.gpus, has_val)


def read_checked(path: str) -> Table:
    """Read an annotation file of videos that has no errors.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It has errors, or no videos.
    """
    findings, table = look(path, read_content(path))
    errors = [
        finding
        for finding in findings
        if finding.level == 'error' and finding.kind not in _ANSWERED
    ]
    if errors:
        raise ValueError(
            f'{path} has {len(errors)} kinds of errors, such as: {errors[0]} '
            f'(mmhvr data check {path} says more)'
        )
    if not table or not table.file.videos or not table.file.annotations:
        raise ValueError(
            f'{path} has no videos with boxes; "mmhvr data import" makes a '
            'file of videos'
        )
    return table


def _check_images(table: Table, folder: str) -> None:
    """FileNotFoundError unless the first image is where it should be."""
    images = table.file.images
    with_slashes(images, folder)
    path = osp.join(folder, images[0]['file_name'])
    if not osp.isfile(path):
        raise FileNotFoundError(
            f'image {path} does not exist: file_name must be relative to '
            f'--data {folder}'
        )
