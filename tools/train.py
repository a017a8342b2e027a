# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Trains a model: ``mim train mmhvr CONFIG`` or ``python tools/train.py``."""

import argparse
from typing import Optional, Sequence

from command import add_common_options, configure_and_run, set_environment


def parse_args(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description='Train a model. Paths in a config are relative to the '
        'folder that you are in.'
    )
    parser.add_argument('config', help='config file')
    parser.add_argument(
        '--work-dir',
        help='folder for logs and checkpoints (work_dirs/NAME_OF_CONFIG)',
    )
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        metavar='CHECKPOINT',
        help='go on from a checkpoint; without a name, or with "auto", from '
        'the newest one in the work directory',
    )
    parser.add_argument(
        '--amp', action='store_true', help='mixed precision (needs a GPU)'
    )
    parser.add_argument(
        '--auto-scale-lr',
        action='store_true',
        help='scale the learning rate with the batch size',
    )
    parser.add_argument('--seed', type=int, help='seed of everything random')
    # mim passes --gpus N, or --device cpu for none, if it finds them here.
    parser.add_argument(
        '--gpus', type=int, help='1, or more with --launcher pytorch'
    )
    add_common_options(parser)
    args = parser.parse_args(argv)
    if args.launcher == 'none' and (args.gpus or 0) > 1:
        parser.error(
            f'--gpus {args.gpus} needs one process for each GPU: add '
            '--launcher pytorch'
        )
    return args


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Trains what the command line says."""
    args = parse_args(argv)
    set_environment(args)

    from mmhvr.run.training import configure_training, run_training

    configure_and_run(
        configure_training,
        run_training,
        config=args.config,
        work_dir=args.work_dir,
        resume=args.resume,
        amp=args.amp,
        auto_scale_lr=args.auto_scale_lr,
        cfg_options=args.cfg_options,
        launcher=args.launcher,
        seed=args.seed,
    )


if __name__ == '__mp_main__':
    # A loader worker that is spawned runs this file before it is handed a
    # data set: mmhvr has to be there before MMTracking and MMDetection are.
    import mmhvr  # noqa: F401

if __name__ == '__main__':
    main()
