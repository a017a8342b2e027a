# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Trains a model: ``mim train mmhvr CONFIG`` or ``python tools/train.py``."""

import argparse
import os
from typing import Optional, Sequence


def parse_args(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Reads the command line.

    Nothing heavy is imported before: mim asks for the help text first.
    """
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
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action='extend',
        metavar='KEY=VALUE',
        help='override settings of the config, such as '
        'train_cfg.max_iters=100 or key="[1,2]"',
    )
    # mim passes --gpus N, or --device cpu for none, if it finds them here.
    parser.add_argument(
        '--gpus', type=int, help='1, or more with --launcher pytorch'
    )
    parser.add_argument(
        '--device', choices=('auto', 'cpu'), default='auto', help='auto'
    )
    parser.add_argument(
        '--launcher',
        choices=('none', 'pytorch', 'slurm', 'mpi'),
        default='none',
        help='what started the processes of this job',
    )
    # torch.distributed.launch passes one spelling or the other.
    parser.add_argument(
        '--local_rank', '--local-rank', type=int, help=argparse.SUPPRESS
    )
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
    # Threads that wait sleep instead of spinning: several times faster where
    # the loader's processes, or other programs, want the same cores.
    os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
    if args.device == 'cpu':
        os.environ['CUDA_VISIBLE_DEVICES'] = '-1'
    if args.local_rank is not None:
        os.environ.setdefault('LOCAL_RANK', str(args.local_rank))

    from mmhvr.annotations import AnnotationError
    from mmhvr.engine.class_check import ClassMismatchError
    from mmhvr.engine.finite import NonFiniteError
    from mmhvr.run.checkpoint import CheckpointMismatchError
    from mmhvr.run.safe_load import DownloadError
    from mmhvr.run.safe_unpickler import UnsafeCheckpointError
    from mmhvr.run.training import configure_training, run_training

    try:
        cfg = configure_training(
            args.config,
            work_dir=args.work_dir,
            resume=args.resume,
            amp=args.amp,
            auto_scale_lr=args.auto_scale_lr,
            cfg_options=args.cfg_options,
            launcher=args.launcher,
            seed=args.seed,
        )
    except (OSError, TypeError, ValueError) as error:
        raise SystemExit(f'error: {error}')
    try:
        run_training(cfg)
    except (
        AnnotationError,
        CheckpointMismatchError,
        ClassMismatchError,
        DownloadError,
        NonFiniteError,
        UnsafeCheckpointError,
    ) as error:
        raise SystemExit(f'error: {error}')


if __name__ == '__mp_main__':
    # A loader worker that is spawned runs this file before it is handed a
    # data set: mmhvr has to be there before MMTracking and MMDetection are.
    import mmhvr  # noqa: F401

if __name__ == '__main__':
    main()
