# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Compare two models by their predictions, with an interval over videos.

    compare_predictions A.pkl B.pkl ANN_FILE.json
    compare_predictions ANN_FILE.json --a A0.pkl A1.pkl --b B0.pkl B1.pkl

prints VID AP of A and of B and their difference, by motion and by class, each
with the 95 % interval of a paired bootstrap: videos are drawn anew with
replacement, the same ones for A and B. Several files of a model (its seeds)
are averaged. The interval tells what other videos would give, not what other
trainings would.
"""

import argparse
import json
from dataclasses import asdict
from typing import List, Optional, Sequence, Tuple

from mmhvr.analysis.comparison import compare_predictions
from mmhvr.analysis.comparison_table import format_comparison
from mmhvr.apis.model import config_class_names
from mmhvr.evaluation.range_average_precision import PROTOCOLS
from mmhvr.run.config import load_config


def parse_args(
    argv: Optional[Sequence[str]] = None,
) -> Tuple[argparse.Namespace, List[str], List[str], str]:
    """Read the command line: options, files of A and of B, annotations."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        'files',
        nargs='*',
        help='A, B (.pkl or .txt files) and a CocoVID JSON file; with --a '
        'and --b the JSON file alone',
    )
    parser.add_argument('--a', nargs='+', help='files of A, one a run')
    parser.add_argument('--b', nargs='+', help='files of B, one a run')
    parser.add_argument(
        '--config',
        help='take the class names, label by label, from the data set of '
        'this config (default: those in the files)',
    )
    parser.add_argument(
        '--resamples',
        type=int,
        default=2000,
        help='how often videos are drawn (default: 2000)',
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='of the draws (default: 0)'
    )
    parser.add_argument('--iou-thr', type=float, default=0.5)
    parser.add_argument(
        '--score-thr',
        type=float,
        help='leave detections with a lower score out: quicker, but AP falls '
        '(default: all count)',
    )
    parser.add_argument(
        '--protocol',
        choices=[*sorted(PROTOCOLS), 'none'],
        default='fgfa',
        help='rules of slow, medium and fast objects (default: fgfa)',
    )
    parser.add_argument(
        '--motion-iou-file', help='.mat of FGFA, or .json of motion_iou.py'
    )
    parser.add_argument(
        '--offset',
        type=int,
        choices=(0, 1),
        default=1,
        help='added to widths and heights (default: 1)',
    )
    parser.add_argument('--out', help='a JSON file for all numbers')
    args = parser.parse_args(argv)
    a, b, files = args.a or [], args.b or [], args.files
    # An annotation file behind --b B0.pkl B1.pkl is taken for one more of B.
    for side in (a, b):
        if side and side[-1].endswith('.json'):
            files.append(side.pop())
    if not a and not b and len(files) == 3:
        a, b, files = files[:1], files[1:2], files[2:]
    if not a or not b or len(files) != 1:
        parser.error(
            'give A.pkl B.pkl ANN_FILE.json, or ANN_FILE.json --a A0.pkl '
            'A1.pkl ... --b B0.pkl B1.pkl ...'
        )
    for name, side in (('A', a), ('B', b)):
        if len(set(side)) < len(side):
            parser.error(f'{name} names a file twice: {" ".join(side)}')
    return args, a, b, files[0]


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Run the command."""
    args, a, b, ann_file = parse_args(argv)
    try:
        classes = None
        if args.config:
            classes = config_class_names(load_config(args.config))
        comparison = compare_predictions(
            a,
            b,
            ann_file,
            classes,
            protocol=None if args.protocol == 'none' else args.protocol,
            resamples=args.resamples,
            seed=args.seed,
            score_thr=args.score_thr,
            motion_iou_file=args.motion_iou_file,
            iou_thr=args.iou_thr,
            offset=args.offset,
        )
    except (ValueError, OSError) as error:
        raise SystemExit(f'error: {error}') from error
    for side, paths in (('a', a), ('b', b)):
        for path, value in zip(paths, comparison.runs[side]):
            print(f'{side.upper()}: {path}: {100 * value:.1f}')
    print(format_comparison(comparison, f'AP{100 * args.iou_thr:g}'))
    if args.out:
        settings = dict(
            a=a,
            b=b,
            ann_file=ann_file,
            iou_thr=args.iou_thr,
            offset=args.offset,
            protocol=args.protocol,
            score_thr=args.score_thr,
        )
        with open(args.out, 'w') as file:
            json.dump(dict(settings, **asdict(comparison)), file, indent=1)


if __name__ == '__main__':
    main()
