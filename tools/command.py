# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What ``train.py`` and ``test.py`` share.

Nothing heavy is imported before a command line is read: mim asks for the help
text first.
"""

import argparse
import os
from typing import Any, Callable


def add_common_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of both commands."""
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action='extend',
        metavar='KEY=VALUE',
        help='override settings of the config, such as '
        'train_cfg.max_iters=100 or key="[1,2]"',
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


def set_environment(args: argparse.Namespace) -> None:
    """Set what has to be known before torch is imported."""
    # Threads that wait sleep instead of spinning: several times faster where
    # the loader's processes, or other programs, want the same cores.
    os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
    if args.device == 'cpu':
        os.environ['CUDA_VISIBLE_DEVICES'] = '-1'
    if args.local_rank is not None:
        os.environ.setdefault('LOCAL_RANK', str(args.local_rank))


def configure_and_run(
    configure: Callable[..., Any], run: Callable[[Any], Any], **options: Any
) -> None:
    """Run a job; what a user can mend is one line without a traceback.

    Args:
        configure: Makes a config of ``options``.
        run: Gets the config.
        options: The arguments of ``configure``.
    """
    from mmhvr.utils.problem import ExplainedError

    try:
        cfg = configure(**options)
    except (OSError, TypeError, ValueError) as error:
        raise SystemExit(f'error: {error}')
    try:
        run(cfg)
    except ExplainedError as error:
        raise SystemExit(f'error: {error}')
