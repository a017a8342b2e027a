# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The command line of ``mmhvr data``."""

from __future__ import annotations

import argparse

from .data_check import add_check_arguments, run_check
from .data_import import add_import_arguments, run_import
from .data_show import add_show_arguments, run_show

# Name, what it is for, its arguments, what it does (an exit status).
_COMMANDS = (
    (
        'import',
        'from an annotation tool to a data set',
        add_import_arguments,
        run_import,
    ),
    (
        'check',
        'what is wrong with an annotation file, and what mends it',
        add_check_arguments,
        run_check,
    ),
    (
        'show',
        'a page about a data set, with sample frames',
        add_show_arguments,
        run_show,
    ),
)


def add_data_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``mmhvr data`` to a parser."""
    parser.description = 'Own videos: import, check and look at them.'
    commands = parser.add_subparsers(
        dest='data_command', metavar='COMMAND', required=True
    )
    for name, what, add_arguments, _ in _COMMANDS:
        add_arguments(commands.add_parser(name, help=what))


def data(args: argparse.Namespace) -> int:
    """Do what the arguments say; returns the exit status."""
    run = {name: run for name, _, _, run in _COMMANDS}
    return run[args.data_command](args)
