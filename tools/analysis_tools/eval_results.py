# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Evaluate a file of predictions again, without the model.

PREDICTIONS is what `tools/test.py CONFIG CHECKPOINT --out FILE.pkl` wrote, or
a .txt file in ImageNet VID's format (frame index, class index, score, box),
which does not name its classes: give --config.
"""

import argparse
import functools
import json

from mmengine.logging import print_log

from mmhvr.apis.model import config_class_names
from mmhvr.evaluation import (
    SeqNMS,
    apply_seq_nms,
    evaluate_predictions,
    load_annotations,
    load_predictions,
)
from mmhvr.evaluation.range_average_precision import PROTOCOLS
from mmhvr.run.config import load_config


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('predictions', help='a .pkl or .txt file')
    parser.add_argument('ann_file', help='COCO or CocoVID JSON file')
    parser.add_argument(
        '--config',
        help='take the class names, label by label, from the data set of '
        'this config (default: those in PREDICTIONS)',
    )
    parser.add_argument(
        '--protocols',
        nargs='*',
        choices=sorted(PROTOCOLS),
        default=['fgfa'],
        help='of slow, medium and fast objects; none after the option does '
        'without (default: fgfa)',
    )
    parser.add_argument(
        '--motion-iou-file', help='.mat of FGFA, or .json of motion_iou.py'
    )
    parser.add_argument(
        '--no-coco', action='store_true', help="leave COCO's values out"
    )
    parser.add_argument(
        '--errors',
        action='store_true',
        help='print what is missed and why detections are false',
    )
    parser.add_argument(
        '--error-score-thr',
        type=float,
        default=0.3,
        help='least score of a detection that --errors counts (default: 0.3)',
    )
    parser.add_argument(
        '--seq-nms',
        action='store_true',
        help='evaluate a second time with Seq-NMS over the predictions of '
        'each video; its keys begin with vid/seq_nms/',
    )
    parser.add_argument(
        '--rescore',
        choices=('avg', 'max'),
        default='avg',
        help="a path's scores become their mean or their maximum "
        '(default: avg)',
    )
    parser.add_argument('--iou-thr', type=float, default=0.5)
    parser.add_argument(
        '--offset',
        type=int,
        choices=(0, 1),
        default=1,
        help='added to widths and heights (default: 1)',
    )
    parser.add_argument('--out', help='a JSON file for the metrics')
    return parser.parse_args()


def main() -> None:
    """Run the command."""
    args = parse_args()
    try:
        classes = None
        if args.config:
            classes = config_class_names(load_config(args.config))
        annotations = load_annotations(args.ann_file)
        evaluate = functools.partial(
            evaluate_predictions,
            load_predictions(args.predictions, annotations),
            args.ann_file,
            classes,
            protocols=args.protocols,
            motion_iou_file=args.motion_iou_file,
            coco=not args.no_coco,
            errors=args.errors,
            error_score_thr=args.error_score_thr,
            iou_thr=args.iou_thr,
            offset=args.offset,
        )
        metrics = evaluate()
        if args.seq_nms:
            print_log(f'after {SeqNMS.name}:', logger='current')
            metrics.update(
                evaluate(
                    function=functools.partial(
                        apply_seq_nms, rescore=args.rescore, offset=args.offset
                    ),
                    prefix=f'vid/{SeqNMS.name}',
                )
            )
    except (ValueError, OSError) as error:
        raise SystemExit(f'error: {error}') from error
    for name, value in metrics.items():
        print(f'{name}: {value:.4f}')
    if args.out:
        with open(args.out, 'w') as file:
            json.dump(metrics, file, indent=1)


if __name__ == '__main__':
    main()
