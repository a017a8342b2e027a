# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""mmcv's compiled operators beside torchvision's, in one run.

An iteration of training (forward and backward) and a frame of testing of
HVR-Net, with random weights, by turns: once with the operators that mmcv has
compiled, once with those that mmhvr.operators serves. It needs an mmcv with
compiled operators (``make env SET=compiled``).
"""

import argparse
import sys
from statistics import median
from types import ModuleType
from typing import Callable, List, Optional, Sequence, Tuple

import cv2
import torch
import torchvision  # noqa: F401  its operators are measured

from mmhvr import operators
from mmhvr.benchmark.frames import FrameSupply
from mmhvr.benchmark.methods import Hvr
from mmhvr.benchmark.models import build_model, find_config, make_clock
from mmhvr.benchmark.options import add_common_options
from mmhvr.benchmark.stage_clock import StageClock
from mmhvr.benchmark.training import HvrTraining, make_batch

from mmcv.ops import nms  # isort: skip  mmhvr comes first

USERS = ('mmcv.ops.nms', 'mmcv.ops.roi_align')


def parse_args(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_common_options(parser, 'iterations and frames measured of each')
    parser.add_argument(
        '--proposals', type=int, default=300, help='of a frame (%(default)s)'
    )
    parser.add_argument('--num-frames', type=int, default=31, help='T')
    return parser.parse_args(argv)


def use_operators(module: ModuleType) -> None:
    """Let NMS and RoIAlign of mmcv call the operators of a module."""
    for name in USERS:
        sys.modules[name].ext_module = module  # type: ignore[attr-defined]


def measure(
    work: Callable[[], object],
    compiled: ModuleType,
    now: Callable[[], float],
    rounds: int,
) -> Tuple[List[float], List[float]]:
    """Seconds with compiled operators, and with torchvision's.

    Args:
        work: What is measured.
        compiled: ``mmcv._ext``.
        now: Returns seconds.
        rounds: How often; one more goes before, not measured. The order of
            the two changes with every round.
    """
    seconds: Tuple[List[float], List[float]] = ([], [])
    for turn in range(rounds + 1):
        for which in (0, 1) if turn % 2 else (1, 0):
            use_operators((compiled, operators)[which])
            begin = now()
            work()
            if turn:
                seconds[which].append(now() - begin)
    use_operators(compiled)
    return seconds


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Measures and prints what the command line says."""
    args = parse_args(argv)
    if operators.serving() != 'mmcv, compiled':
        raise SystemExit(
            'error: mmcv has no compiled operators to compare with; make an '
            'environment that has: make env SET=compiled VENV=.venv-compiled'
        )
    compiled = sys.modules[operators.NAME]
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(args.threads)
    now = make_clock(args.device, args.clock)
    supply = FrameSupply(tuple(args.size), args.frames, args.device)
    cfg = find_config(args.hvr)
    rpn = cfg.model.detector.test_cfg.rpn
    rpn.max_per_img = args.proposals
    rpn.nms_pre = max(rpn.get('nms_pre', 0), 10 * args.proposals)
    model = build_model(cfg, args.device)
    frame, sample = supply.take(), supply.sample(0)
    batch = make_batch(supply, 3, 3, 3)
    boxes = torch.rand(rpn.nms_pre, 4, device=args.device) * 400
    boxes[:, 2:] += boxes[:, :2]
    scores = torch.rand(len(boxes), device=args.device)

    testing = Hvr('HVR-Net', model, StageClock(now), args.num_frames, 'cached')
    with torch.no_grad():
        testing.start(supply)

    @torch.no_grad()
    def detect() -> None:
        testing.step(frame, sample)

    def suppress() -> None:
        nms(boxes, scores, 0.7)

    training = HvrTraining('HVR-Net', build_model(cfg, args.device))
    print('| what | compiled, s | torchvision, s | ratio of medians |')
    print('|---|---|---|---|')
    for name, work in (
        ('an iteration of training', lambda: training.step(batch)),
        ('a frame of testing', detect),
        (f'NMS of {len(boxes)} boxes', suppress),
    ):
        ours, theirs = measure(work, compiled, now, args.rounds)
        first, second = median(ours), median(theirs)
        print(
            f'| {name} | {first:.4f} ({min(ours):.4f} to {max(ours):.4f}) | '
            f'{second:.4f} ({min(theirs):.4f} to {max(theirs):.4f}) | '
            f'{second / first:.2f} |'
        )


if __name__ == '__main__':
    main()
