# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Make a data set of an annotation tool's export: ``mmhvr data import``."""

import argparse

from mmhvr.commands.data_import import add_import_arguments, run_import


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser()
    add_import_arguments(parser)
    return parser.parse_args()


def main() -> None:
    """Run the command."""
    raise SystemExit(run_import(parse_args()))


if __name__ == '__main__':
    main()
