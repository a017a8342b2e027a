# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The command line of ``mmhvr doctor``."""

import argparse
import json
from typing import Optional, Sequence

from .diagnosis import diagnose
from .report import as_dict, as_text

DESCRIPTION = """\
Say what is installed, which versions were tried, whether mmhvr can be
imported and mim finds its configs, and for each fault the command that mends
it. Nothing is changed.

The exit status is 0 if all is well, warnings allowed, and 1 if there is a
fault.
"""


def add_doctor_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``mmhvr doctor`` to a parser."""
    parser.description = DESCRIPTION
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        '--json', action='store_true', help='the same as JSON, for scripts'
    )


def doctor(args: argparse.Namespace) -> int:
    """Do what the arguments say; returns the exit status."""
    diagnosis = diagnose()
    if args.json:
        print(json.dumps(as_dict(diagnosis), indent=2))
    else:
        print(as_text(diagnosis))
    return 1 if diagnosis.faults else 0


def main(argv: Optional[Sequence[str]] = None) -> int:
    """``mmhvr doctor`` as a command of its own."""
    parser = argparse.ArgumentParser(prog='mmhvr doctor')
    add_doctor_arguments(parser)
    return doctor(parser.parse_args(argv))
