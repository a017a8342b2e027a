# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Convert predictions to and from ImageNet VID's text format.

The names' ends tell the formats: .pkl is what `tools/test.py --out` writes,
.txt has a line `frame_index class_index score x1 y1 x2 y2` a detection, where
frames count from 1 in the order of ANN_FILE, and classes from 1.
"""

import argparse

from mmhvr.evaluation import (
    load_annotations,
    load_predictions,
    save_predictions,
)


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
    return parser.parse_args()


def main() -> None:
    """Run the command."""
    args = parse_args()
    try:
        image_ids = load_annotations(args.ann_file).image_ids
        predictions = load_predictions(args.source, image_ids)
        save_predictions(args.out, predictions, image_ids)
    except (ValueError, OSError) as error:
        raise SystemExit(f'error: {error}') from error
    number = sum(len(frame['scores']) for frame in predictions.values())
    print(f'{args.out}: {number} detections, {len(predictions)} frames')


if __name__ == '__main__':
    main()
