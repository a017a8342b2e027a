# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Convert predictions to and from ImageNet VID's text format.

The names' ends tell the formats: .pkl is what `tools/test.py --out` writes,
.txt has a line `frame_index class_index score x1 y1 x2 y2` a detection, where
frames count from 1 in the order of ANN_FILE, and classes from 1. A .pkl names
its classes, a .txt does not: from .txt to .pkl, --config names them.
"""

import argparse

from mmhvr.apis.model import config_class_names
from mmhvr.evaluation import (
    Predictions,
    load_annotations,
    load_predictions,
    save_predictions,
)
from mmhvr.evaluation.prediction_files import label_names
from mmhvr.run.config import load_config


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('source', help='a .pkl or .txt file')
    parser.add_argument('out', help='a .pkl or .txt file')
    parser.add_argument(
        'ann_file', help='the annotation file that names the frames'
    )
    parser.add_argument(
        '--config',
        help='take the class names, label by label, from the data set of '
        'this config (default: those in SOURCE, if there are any)',
    )
    return parser.parse_args()


def main() -> None:
    """Run the command."""
    args = parse_args()
    try:
        annotations = load_annotations(args.ann_file)
        predictions = load_predictions(args.source, annotations)
        if args.config:
            classes = config_class_names(load_config(args.config))
            names = label_names(predictions, classes)
            predictions = Predictions(predictions, names)
        save_predictions(args.out, predictions, annotations)
    except (ValueError, OSError) as error:
        raise SystemExit(f'error: {error}') from error
    number = sum(len(frame['scores']) for frame in predictions.values())
    print(f'{args.out}: {number} detections, {len(predictions)} frames')


if __name__ == '__main__':
    main()
