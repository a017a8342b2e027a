# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What an iteration of training costs, in time and memory.

Forward and backward of HVR-Net, of MMTracking's SELSA, and of what any such
training must do ("bare"): the backbone on all frames of the batch without
gradient, and the plain detector on all frames of three videos. All run in one
process, by turns, on the same frames, with random weights; then HVR-Net and
"bare" once more with a frozen backbone. (The recipes' backbone is conv1 to
conv4, conv5 belongs to the RoI head.)
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
from mmhvr.benchmark.models import (
    build_model,
    find_config,
    make_clock,
    without_relations,
)
from mmhvr.benchmark.options import add_common_options
from mmhvr.benchmark.training import (
    BareTraining,
    HvrTraining,
    SelsaTraining,
    TrainingMethod,
    make_batch,
    measure_training,
)


def parse_args(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_common_options(parser, 'iterations measured a method')
    for name, letter in (
        ('categories', 'K'),
        ('videos-per-category', 'N'),
        ('num-frames', 'T'),
    ):
        parser.add_argument(
            f'--{name}', type=int, default=3, metavar=letter, help='3'
        )
    args = parser.parse_args(argv)
    for name, least in (
        ('categories', 2),
        ('videos_per_category', 2),
        ('num_frames', 2),
        ('rounds', 1),
        ('threads', 1),
    ):
        if getattr(args, name) < least:
            parser.error(
                f'--{name.replace("_", "-")} must be at least {least}'
            )
    return args


def build_methods(args: argparse.Namespace) -> List[TrainingMethod]:
    """Bare, HVR-Net, both frozen, and SELSA if it is asked for."""
    cfg = find_config(args.hvr)
    methods: List[TrainingMethod] = []
    for suffix, frozen in (('', []), (', frozen', ['detector.backbone'])):
        variant = copy.deepcopy(cfg)
        variant.model.frozen = [*cfg.model.get('frozen', []), *frozen]
        bare = plain_detector(variant)
        methods += [
            BareTraining(f'bare{suffix}', build_model(bare, args.device)),
            HvrTraining(f'HVR-Net{suffix}', build_model(variant, args.device)),
        ]
    if args.selsa is not None:
        model = build_model(find_config(args.selsa), args.device)
        methods.append(SelsaTraining('SELSA, one video', model))
    return methods


def plain_detector(cfg: Config) -> Config:
    """HVR-Net's detector alone; each frame of a batch is a video."""
    cfg = without_relations(cfg)
    cfg.model.update(
        type='HVRNet', video_selector=None, memory=None, supervise='target'
    )
    for key in ('support_ground_truth', 'triplet_source'):
        cfg.model.pop(key, None)
    return cfg


def table(rows: Sequence[Dict[str, Any]]) -> str:
    """Return the rows as Markdown; a ratio is to the "bare" row before it."""
    lines = [
        '| iteration | seconds | spread | to bare | supervised frames | '
        'peak MiB | to bare |',
        '|---' * 7 + '|',
    ]
    bare: Dict[str, Any] = {}
    for row in rows:
        if row['name'].startswith('bare'):
            bare = row
        spread, peak = row['spread'], row['peak_bytes']
        cells = [
            row['name'],
            f'{row["mean"]:.3f}',
            '' if spread is None else f'{spread:.3f}',
            f'{row["mean"] / bare["mean"]:.2f}',
            str(row['supervised']),
            '' if peak is None else f'{peak / 2**20:.0f}',
            '' if not peak else f'{peak / bare["peak_bytes"]:.2f}',
        ]
        lines.append(f'| {" | ".join(cells)} |')
    return '\n'.join(lines) + '\n'


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Measures and prints what the command line says."""
    args = parse_args(argv)
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(args.threads)
    supply = FrameSupply(tuple(args.size), args.frames, args.device)
    batch = make_batch(
        supply, args.categories, args.videos_per_category, args.num_frames
    )
    rows = measure_training(
        build_methods(args),
        batch,
        make_clock(args.device, args.clock),
        args.rounds,
    )
    print(table(rows), flush=True)
    if args.out is not None:
        result = dict(arguments=vars(args), methods=rows)
        Path(args.out).write_text(json.dumps(result, indent=1))


if __name__ == '__main__':
    main()
