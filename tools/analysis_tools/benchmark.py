# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What a test frame costs: one frame alone, SELSA, and HVR-Net.

All methods run in one process, by turns, on the same frames, with random
weights. Printed are milliseconds a frame by stage, ratios, and memory; then
how HVR-Net grows with the window and with the length of the video.
"""

import argparse
import copy
import json
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

import cv2
import torch
from mmengine.config import Config

from mmhvr.benchmark.frames import FrameSupply
from mmhvr.benchmark.measure import STAGES, long_video, measure
from mmhvr.benchmark.methods import Hvr, Method, Selsa, SingleFrame
from mmhvr.benchmark.models import (
    build_model,
    find_config,
    make_clock,
    without_relations,
)
from mmhvr.benchmark.options import add_common_options
from mmhvr.benchmark.stage_clock import StageClock


def parse_args(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_common_options(parser, 'frames measured a method')
    parser.add_argument(
        '--single',
        help='config of a detector of single frames (default: the HVR-Net '
        'without relations, on one frame)',
    )
    parser.add_argument('--proposals', type=int, default=300, metavar='N')
    parser.add_argument('--num-frames', type=int, default=31, metavar='T')
    parser.add_argument(
        '--references', type=int, nargs='+', default=[14, 30], metavar='R'
    )
    parser.add_argument(
        '--windows',
        type=int,
        nargs='*',
        default=[5, 15, 31, 61],
        help='window sizes for the growth; none leaves it out',
    )
    parser.add_argument(
        '--length',
        type=int,
        default=10000,
        help='frames of the long video; 0 leaves it out',
    )
    args = parser.parse_args(argv)
    for name in ('proposals', 'num_frames', 'rounds', 'threads'):
        if getattr(args, name) < 1:
            parser.error(f'--{name.replace("_", "-")} must be at least 1')
    return args


def read_config(name: str, proposals: int) -> Config:
    """Return a config with its number of proposals a frame."""
    cfg = find_config(name)
    detector = cfg.model.get('detector', cfg.model)
    rpn = detector.test_cfg.rpn
    rpn.max_per_img = proposals
    rpn.nms_pre = max(rpn.get('nms_pre', 0), 10 * proposals)
    return cfg


def build_methods(args: argparse.Namespace, clock: StageClock) -> List[Method]:
    """Single frame, SELSA and HVR-Net, as the command line says."""
    hvr = read_config(args.hvr, args.proposals)
    methods: List[Method] = []
    if args.single is None:
        model = build_model(without_relations(hvr), args.device)
        name = 'single frame (HVR-Net without relations)'
        methods.append(Hvr(name, model, clock, 1, 'cached'))
    else:
        model = build_model(
            read_config(args.single, args.proposals), args.device
        )
        methods.append(SingleFrame('single frame', model, clock))
    if args.selsa is not None:
        model = build_model(
            read_config(args.selsa, args.proposals), args.device
        )
        for references in args.references:
            name = f'SELSA, {references} references'
            methods.append(Selsa(name, model, clock, references))
    methods += build_windows(args, hvr, [args.num_frames], clock)
    off = copy.deepcopy(hvr)
    if off.model.detector.roi_head.bbox_head.get('inter') is not None:
        off.model.detector.roi_head.bbox_head.inter.at_test = 'off'
        name = f'HVR-Net, {args.num_frames} frames, inter off at test'
        model = build_model(off, args.device)
        methods.append(Hvr(name, model, clock, args.num_frames, 'cached'))
    return methods


def build_windows(
    args: argparse.Namespace,
    cfg: Config,
    sizes: Sequence[int],
    clock: StageClock,
) -> List[Method]:
    """HVR-Net with windows of several sizes, in all modes."""
    model = build_model(cfg, args.device)
    return [
        Hvr(f'HVR-Net, {size} frames, {mode}', model, clock, size, mode)
        for size in sizes
        for mode in ('cached', 'delayed', 'exact')
    ]


def megabytes(value: Optional[int]) -> str:
    """Bytes for a table."""
    return '' if value is None else f'{value / 2**20:.0f}'


def table(rows: Sequence[Dict[str, Any]], single: float) -> str:
    """Return the rows as Markdown.

    Args:
        rows: Of :func:`mmhvr.benchmark.measure`.
        single: Milliseconds of a frame alone, for the ratios.
    """
    lines = [
        f'| ms a frame | {" | ".join(STAGES)} | total | ratio | kept MiB | '
        'peak MiB | proposals |',
        '|---' * (len(STAGES) + 6) + '|',
    ]
    for row in rows:
        stages = ' | '.join(f'{row["ms"][stage]:.1f}' for stage in STAGES)
        total = row['ms']['total']
        lines.append(
            f'| {row["name"]} | {stages} | {total:.1f} | '
            f'{total / single:.2f} | {megabytes(row["kept_bytes"])} | '
            f'{megabytes(row["peak_bytes"])} | {row["proposals"]} |'
        )
    return '\n'.join(lines) + '\n'


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Measures and prints what the command line says."""
    args = parse_args(argv)
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(args.threads)
    clock = StageClock(make_clock(args.device, args.clock))
    supply = FrameSupply(tuple(args.size), args.frames, args.device)
    result: Dict[str, Any] = dict(arguments=vars(args))
    result['methods'] = measure(
        build_methods(args, clock), supply, clock, args.rounds
    )
    single = result['methods'][0]['ms']['total']
    print(table(result['methods'], single), flush=True)
    hvr = read_config(args.hvr, args.proposals)
    if args.windows:
        methods = build_windows(args, hvr, args.windows, clock)
        result['windows'] = measure(methods, supply, clock, args.rounds)
        print(table(result['windows'], single), flush=True)
    if args.length:
        model = build_model(hvr, args.device)
        method = Hvr('long', model, clock, args.num_frames, 'cached')
        result['length'] = long_video(method, supply, args.length)
        print('| up to frame | kept MiB | peak MiB |\n|---|---|---|')
        for row in result['length']:
            print(
                f'| {row["frame"]} | {megabytes(row["kept_bytes"])} | '
                f'{megabytes(row["peak_bytes"])} |'
            )
    if args.out is not None:
        Path(args.out).write_text(json.dumps(result, indent=1))


if __name__ == '__main__':
    main()
