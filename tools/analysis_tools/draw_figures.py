# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Draw the paper's figures 4 to 6, attention, and proposal triplets.

From two files of tools/test.py --out:
  detections   frames where two models differ, one above the other (fig. 4)
  classes      the classes whose AP changed most (fig. 6)
From a config and a checkpoint of HVR-Net:
  features     t-SNE of the proposals of a video triplet (fig. 5)
  attention    which proposals of a window a proposal attended to
  triplets     the mined proposal triplets as crops
"""

import argparse
from typing import Optional, Sequence

OUT = dict(
    detections='detections.jpg',
    classes='classes.png',
    features='features.png',
    attention='attention.jpg',
    triplets='triplets.jpg',
)


def parse_args(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    figures = parser.add_subparsers(dest='figure', metavar='FIGURE')
    figures.required = True
    for name in ('detections', 'classes'):
        sub = figures.add_parser(name)
        sub.set_defaults(draw=globals()[f'draw_{name}'])
        sub.add_argument('first', help='predictions of the baseline, .pkl')
        sub.add_argument('second', help='predictions to compare, .pkl')
        sub.add_argument('ann_file', help='annotations of both')
        sub.add_argument(
            '--names',
            nargs=2,
            default=('baseline', 'HVR-Net'),
            metavar='NAME',
            help='of the two models (%(default)s)',
        )
        sub.add_argument('--out', help=f'picture to write ({OUT[name]})')
        sub.add_argument(
            '--number',
            type=_positive,
            default=8 if name == 'detections' else 5,
            help='of frames, or of classes each way (%(default)s)',
        )
    sub = figures.choices['detections']
    sub.add_argument(
        '--img-root',
        required=True,
        help='folder to which the file names of ann_file are relative',
    )
    sub.add_argument(
        '--score-thr',
        type=float,
        default=0.5,
        help='a detection counts from this score on (%(default)s)',
    )
    for name in ('features', 'attention', 'triplets'):
        sub = figures.add_parser(name)
        sub.set_defaults(draw=globals()[f'draw_{name}'])
        sub.add_argument('config', help='config of an HVR-Net')
        sub.add_argument('checkpoint', help='its weights')
        sub.add_argument('--out', help=f'picture to write ({OUT[name]})')
        sub.add_argument('--device', default='cpu', help='%(default)s')
    for name in ('features', 'triplets'):
        sub = figures.choices[name]
        sub.add_argument(
            '--seed', type=int, default=0, help='of the batch of videos (0)'
        )
        sub.add_argument(
            '--training-data',
            action='store_true',
            help='draw training videos; by default those of the test',
        )
    figures.choices['triplets'].add_argument(
        '--number', type=_positive, default=8, help='of triplets (%(default)s)'
    )
    sub = figures.choices['attention']
    sub.add_argument('--video', type=int, default=0, help='its number (0)')
    sub.add_argument('--frame', type=int, help='from 0 (the middle one)')
    sub.add_argument(
        '--module',
        default='intra1',
        help='intra1, intra2, ..., or inter1, ... (%(default)s)',
    )
    sub.add_argument(
        '--proposal',
        type=int,
        help='of the target frame (the one classified most surely)',
    )
    args = parser.parse_args(argv)
    args.out = args.out or OUT[args.figure]
    return args


def _positive(text: str) -> int:
    """Return a number from the command line, 1 or more."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f'{number} is less than 1')
    return number


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Draw what the command line says."""
    args = parse_args(argv)
    try:
        args.draw(args)
    except (OSError, TypeError, ValueError) as error:
        raise SystemExit(f'error: {error}') from error
    print(f'written: {args.out}')


def draw_detections(args: argparse.Namespace) -> None:
    """Figure 4."""
    from mmhvr.analysis import figures

    print(
        figures.detections_figure(
            args.first,
            args.second,
            args.ann_file,
            args.img_root,
            args.out,
            args.names,
            args.number,
            args.score_thr,
        )
    )


def draw_classes(args: argparse.Namespace) -> None:
    """Figure 6."""
    from mmhvr.analysis import figures

    print(
        figures.classes_figure(
            args.first,
            args.second,
            args.ann_file,
            args.out,
            args.names,
            args.number,
        )
    )


def draw_features(args: argparse.Namespace) -> None:
    """Figure 5."""
    from mmhvr.analysis import figures
    from mmhvr.apis import init_model

    model = init_model(args.config, args.checkpoint, args.device)
    figures.features_figure(model, args.out, args.seed, args.training_data)


def draw_attention(args: argparse.Namespace) -> None:
    """Attention over the frames of a window."""
    from mmhvr.analysis import figures
    from mmhvr.apis import init_model

    figures.attention_figure(
        init_model(args.config, args.checkpoint, args.device),
        args.out,
        args.video,
        args.frame,
        args.module,
        args.proposal,
    )


def draw_triplets(args: argparse.Namespace) -> None:
    """Mined proposal triplets."""
    from mmhvr.analysis import figures
    from mmhvr.apis import init_model

    figures.triplets_figure(
        init_model(args.config, args.checkpoint, args.device),
        args.out,
        args.seed,
        args.training_data,
        args.number,
    )


if __name__ == '__main__':
    main()
