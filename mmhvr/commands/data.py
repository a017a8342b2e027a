# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""``mmhvr data``: import, check and look at a data set."""

import argparse

from .data_check import add_check_arguments, run_check
from .data_show import add_show_arguments, run_show

# Name, help, what adds its arguments, what does the work.
COMMANDS = (
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
    """Add the subcommands of ``mmhvr data`` to a parser."""
    commands = parser.add_subparsers(
        dest='data_command', metavar='COMMAND', required=True
    )
    for name, text, add_arguments, run in COMMANDS:
        subparser = commands.add_parser(name, help=text)
        add_arguments(subparser)
        subparser.set_defaults(run=run)


def data(args: argparse.Namespace) -> int:
    """Do what the arguments say; returns the exit status."""
    return args.run(args)
