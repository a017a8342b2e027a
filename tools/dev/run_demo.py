# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""``make demo``: data, training, test, then pictures and a video.

An interrupted demo goes on where it was; a training that is finished is not
done again. ``--fresh`` starts from the beginning.
"""

import argparse
import hashlib
import json
import os
import os.path as osp
import shutil
import socket
import sys
import time
from typing import Dict, List, Optional, Sequence

ROOT = osp.abspath(osp.join(osp.dirname(__file__), '..', '..'))
CONFIG = 'configs/mini/hvr_faster-rcnn_r18_mini-demo.py'
DATA = 'data/mini'
METRIC = 'vid/mAP50'
# On any machine, so that it trains the same network: nine videos a process and
# update. Two processes of one thread are faster than one of two threads.
PROCESSES = 2
# Progress every few seconds; little to lose when interrupted, even while a
# checkpoint is written; no validation, since a test follows.
TRAINING = (
    'default_hooks.logger.interval=10',
    'default_hooks.checkpoint.interval=100',
    'default_hooks.checkpoint.max_keep_ckpts=2',
    'train_cfg.val_begin=1000000000',
)


def parse_args(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description='Train HVR-Net on a small made data set, test it, draw.'
    )
    parser.add_argument('--config', default=CONFIG, help='%(default)s')
    parser.add_argument('--data', default=DATA, help='%(default)s')
    parser.add_argument(
        '--work-dir', default='work_dirs/demo', help='%(default)s'
    )
    parser.add_argument(
        '--fresh', action='store_true', help='do a finished training again'
    )
    parser.add_argument(
        '--cfg-options', nargs='+', default=[], metavar='KEY=VALUE'
    )
    return parser.parse_args(argv)


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Run the four steps and says where their results are."""
    args = parse_args(argv)
    os.chdir(ROOT)
    try:
        run_steps(args)
    except KeyboardInterrupt:
        raise SystemExit('interrupted: run it again to go on from here')
    except (OSError, ValueError) as error:
        raise SystemExit(f'error: {error}')


def run_steps(args: argparse.Namespace) -> None:
    """Make data, trains, tests and draws."""
    from demo_pictures import demo_pictures

    started = time.monotonic()
    os.makedirs(args.work_dir, exist_ok=True)
    say('[1/4] data: handwritten digits that move through textured scenes')
    make_data(args)
    say('[2/4] training: HVR-Net goes on from the weights of this package')
    checkpoint = train(args)
    say('[3/4] test: videos that training has not seen')
    metrics = test(args, checkpoint)
    say('[4/4] drawing: a video and a contact sheet')
    video, sheet = demo_pictures(
        osp.join(args.data, 'annotations/imagenet_vid_val.json'),
        osp.join(args.data, 'Data/VID'),
        osp.join(args.work_dir, 'predictions.pkl'),
        out_dir=args.work_dir,
    )
    minutes = (time.monotonic() - started) / 60
    say(
        f'      every frame: {osp.join(args.work_dir, "pictures")}/; '
        f'{minutes:.1f} minutes in all'
    )
    say(
        f'Done: watch {video}, look at {sheet}; mAP at IoU 0.5 on unseen '
        f'videos: {metrics[METRIC]:.3f}'
    )


def say(text: str) -> None:
    """Print at once, also into a pipe."""
    print(text, flush=True)


def make_data(args: argparse.Namespace) -> None:
    """Make the data set; its maker leaves a finished one alone."""
    run_step(
        'data',
        ['tools/dataset_converters/make_mini_dataset.py', args.data],
        osp.join(args.work_dir, 'data.log'),
    )


def train(args: argparse.Namespace) -> str:
    """Trains unless that is done; returns the checkpoint."""
    from mmhvr.run.checkpoint import latest_readable_checkpoint

    folder = osp.join(args.work_dir, 'train')
    state_file = osp.join(folder, 'demo.json')
    state = dict(fingerprint=fingerprint(args), finished=False)
    before = read_state(state_file)
    if args.fresh or before.get('fingerprint') != state['fingerprint']:
        set_aside(folder)
        before = {}
    os.makedirs(folder, exist_ok=True)
    checkpoint = latest_readable_checkpoint(folder)
    if before.get('finished') and checkpoint:
        say(f'      already trained: {checkpoint} (--fresh: do it again)')
        return checkpoint
    write_state(state_file, state)
    run_step(
        'training',
        [
            'tools/train.py',
            args.config,
            '--work-dir',
            folder,
            '--resume',
            'auto',
            '--cfg-options',
            *TRAINING,
            *args.cfg_options,
        ],
        osp.join(args.work_dir, 'train.log'),
        processes=PROCESSES,
    )
    checkpoint = latest_readable_checkpoint(folder)
    if checkpoint is None:
        raise SystemExit(f'error: the training left no checkpoint in {folder}')
    write_state(state_file, dict(state, finished=True))
    return checkpoint


def test(args: argparse.Namespace, checkpoint: str) -> Dict[str, float]:
    """Tests the checkpoint; returns the metrics."""
    from mmhvr.run.testing import read_metrics

    folder = osp.join(args.work_dir, 'test')
    shutil.rmtree(folder, ignore_errors=True)
    options = [f'--cfg-options={word}' for word in args.cfg_options]
    run_step(
        'test',
        [
            'tools/test.py',
            args.config,
            checkpoint,
            '--work-dir',
            folder,
            '--show-dir',
            osp.join(args.work_dir, 'pictures'),
            '--out',
            osp.join(args.work_dir, 'predictions.pkl'),
            *options,
        ],
        osp.join(args.work_dir, 'test.log'),
        processes=PROCESSES,
    )
    metrics = read_metrics(folder)
    if METRIC not in metrics:
        raise SystemExit(f'error: the test in {folder} wrote no {METRIC}')
    return metrics


def run_step(
    name: str, words: List[str], log: str, processes: int = 1
) -> None:
    """Run a tool of the project; a step that fails ends the demo."""
    from run_logged import run_logged

    if processes > 1:
        launcher = [
            '-m',
            'torch.distributed.run',
            f'--nproc_per_node={processes}',
        ]
        launcher += [f'--master_port={free_port()}']
        words = [*launcher, *words, '--launcher', 'pytorch']
    code = run_logged([sys.executable, *words], log, processes=processes)
    if code:
        raise SystemExit(
            f'error: step "{name}" failed (exit code {code}); its whole '
            f'output is in {osp.abspath(log)}'
        )


def free_port() -> int:
    """Return a port of this machine that nobody listens to."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def fingerprint(args: argparse.Namespace) -> str:
    """Tells whether an earlier training had this config and these data."""
    from mmhvr.run.config import load_config

    digest = hashlib.sha256()
    cfg = load_config(args.config, args.cfg_options).to_dict()
    digest.update(json.dumps(cfg, sort_keys=True, default=str).encode())
    path = osp.join(args.data, 'annotations/imagenet_vid_train.json')
    with open(path, 'rb') as file:
        digest.update(file.read())
    return digest.hexdigest()


def set_aside(folder: str) -> None:
    """Rename a folder to ``*.old``, so that nothing is lost at once."""
    if osp.isdir(folder):
        shutil.rmtree(f'{folder}.old', ignore_errors=True)
        os.rename(folder, f'{folder}.old')


def read_state(path: str) -> dict:
    """Return what an earlier demo noted; {} if there was none."""
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def write_state(path: str, state: dict) -> None:
    """Note how far the training is."""
    with open(path, 'w') as file:
        json.dump(state, file)


if __name__ == '__main__':
    main()
