# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Tests a model: ``mim test mmhvr CONFIG --checkpoint FILE``."""

import argparse
from typing import Optional, Sequence

from command import add_common_options, configure_and_run, set_environment


def parse_args(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Read the command line.

    The checkpoint may be the second word, as mim passes it, or follow
    ``--checkpoint``.
    """
    parser = argparse.ArgumentParser(
        description='Test a model and print its VID mAP. Paths in a config '
        'are relative to the folder that you are in.'
    )
    parser.add_argument('config', help='config file')
    parser.add_argument('checkpoint', nargs='?', help='checkpoint file')
    parser.add_argument(
        '--checkpoint', dest='checkpoint_option', help='the same'
    )
    parser.add_argument(
        '--work-dir',
        help='folder for logs and metrics (work_dirs/NAME_OF_CONFIG)',
    )
    parser.add_argument(
        '--out', metavar='FILE.pkl', help='write the predictions to a file'
    )
    parser.add_argument(
        '--show', action='store_true', help='show every frame in a window'
    )
    parser.add_argument(
        '--show-dir',
        metavar='FOLDER',
        help='write pictures with boxes to FOLDER/VIDEO/FRAME.jpg',
    )
    parser.add_argument(
        '--wait-time',
        type=float,
        default=0.0,
        help='seconds that a window stays; 0 waits for a key (%(default)s)',
    )
    parser.add_argument(
        '--score-thr',
        type=float,
        default=0.3,
        help='draw boxes of at least this score (%(default)s)',
    )
    parser.add_argument(
        '--non-strict',
        action='store_true',
        help='accept a checkpoint that does not fit the model',
    )
    add_common_options(parser)
    args = parser.parse_args(argv)
    named = {args.checkpoint, args.checkpoint_option} - {None}
    if len(named) != 1:
        found = ' and '.join(sorted(named)) if named else 'none'
        parser.error(f'give one checkpoint to test, found {found}')
    args.checkpoint = named.pop()
    return args


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Test what the command line says."""
    args = parse_args(argv)
    set_environment(args)

    from mmhvr.run.testing import configure_testing, run_testing

    configure_and_run(
        configure_testing,
        run_testing,
        config=args.config,
        checkpoint=args.checkpoint,
        work_dir=args.work_dir,
        out=args.out,
        show=args.show,
        show_dir=args.show_dir,
        wait_time=args.wait_time,
        score_thr=args.score_thr,
        strict=not args.non_strict,
        cfg_options=args.cfg_options,
        launcher=args.launcher,
    )


if __name__ == '__mp_main__':
    # A loader worker that is spawned runs this file before it is handed a
    # data set: mmhvr has to be there before MMTracking and MMDetection are.
    import mmhvr  # noqa: F401

if __name__ == '__main__':
    main()
