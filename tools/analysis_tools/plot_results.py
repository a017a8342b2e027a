# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Draw figures of one or two files of predictions.

Writes into --out: precision_recall.png, confusion_matrix.png and
ap_by_range.png (motion and size) of the first file; with --other, the curves
of both, and class_change.png from the first file to the other.
"""

import argparse
import os
import os.path as osp

from mmhvr.analysis.result_figures import (
    change_figure,
    confusion_figure,
    precision_recall_figure,
    range_figure,
)
from mmhvr.analysis.results import analyse
from mmhvr.apis.model import config_class_names
from mmhvr.evaluation import load_annotations, load_predictions
from mmhvr.evaluation.motion_files import load_motion_iou
from mmhvr.evaluation.range_average_precision import PROTOCOLS
from mmhvr.run.config import load_config
from mmhvr.visualization.text import save_figure


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        'predictions', help='a .pkl file of tools/test.py --out, or a .txt'
    )
    parser.add_argument('ann_file', help='COCO or CocoVID JSON file')
    parser.add_argument(
        '--out', default='analysis', help='folder (default: analysis)'
    )
    parser.add_argument('--other', help='predictions to compare with')
    parser.add_argument(
        '--names',
        nargs=2,
        default=('before', 'after'),
        help='what to call the two (default: before after)',
    )
    parser.add_argument(
        '--config',
        help='take the class names, label by label, from the data set of '
        'this config (default: those in PREDICTIONS)',
    )
    parser.add_argument(
        '--protocol',
        choices=sorted(PROTOCOLS),
        default='fgfa',
        help='rules of AP by motion (default: fgfa)',
    )
    parser.add_argument(
        '--motion-iou-file', help='.mat of FGFA, or .json of motion_iou.py'
    )
    parser.add_argument(
        '--score-thr',
        type=float,
        default=0.3,
        help='least score in the confusion matrix (default: 0.3)',
    )
    parser.add_argument('--dpi', type=int, default=150)
    return parser.parse_args()


def draw(args: argparse.Namespace) -> dict:
    """Make the figures, by file name."""
    annotations = load_annotations(args.ann_file)
    classes = motion = None
    if args.config:
        classes = config_class_names(load_config(args.config))
    if args.motion_iou_file:
        motion = load_motion_iou(args.motion_iou_file, annotations)
    paths = [args.predictions, *([args.other] if args.other else [])]
    results = {
        name: analyse(
            load_predictions(path, annotations),
            annotations,
            classes,
            args.protocol,
            motion,
            args.score_thr,
        )
        for name, path in zip(
            args.names if args.other else [osp.basename(paths[0])], paths
        )
    }
    first = next(iter(results.values()))
    figures = dict(
        precision_recall=precision_recall_figure(results),
        confusion_matrix=confusion_figure(first, args.score_thr),
        ap_by_range=range_figure(first, args.protocol),
    )
    if args.other:
        before, after = (result.aps for result in results.values())
        figures['class_change'] = change_figure(
            first.classes, before, after, args.names
        )
    return figures


def main() -> None:
    """Run the command."""
    args = parse_args()
    if args.other and args.names[0] == args.names[1]:
        raise SystemExit('error: --names must differ')
    try:
        figures = draw(args)
        os.makedirs(args.out, exist_ok=True)
        for name, figure in figures.items():
            path = osp.join(args.out, f'{name}.png')
            save_figure(figure, path, dpi=args.dpi)
            print(path)
    except (ValueError, OSError) as error:
        raise SystemExit(f'error: {error}') from error


if __name__ == '__main__':
    main()
