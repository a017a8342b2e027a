# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Convert the listed images of ImageNet DET to a COCO JSON file."""

import argparse
from pathlib import Path

from mmhvr.datasets.converters.classes import read_classes
from mmhvr.datasets.converters.imagenet_det import convert_det


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Write imagenet_det_30plus1cls.json.'
    )
    parser.add_argument(
        'root', type=Path, help='folder with Annotations/DET and the list'
    )
    parser.add_argument(
        '-o',
        '--out',
        type=Path,
        help='folder for the JSON file (default: ROOT/annotations)',
    )
    parser.add_argument(
        '--classes',
        type=Path,
        help="class table, a line 'ID NAME' per class (default: the 30 "
        'classes of ImageNet VID)',
    )
    parser.add_argument(
        '--list', type=Path, help='default: DET_train_30classes.txt'
    )
    parser.add_argument(
        '--box-offset',
        type=int,
        choices=(0, 1),
        default=0,
        help='added to xmax - xmin and ymax - ymin (default: 0, as in '
        "MMTracking's files)",
    )
    return parser.parse_args()


def main() -> None:
    """Run the command."""
    args = parse_args()
    out = args.out or args.root / 'annotations'
    file = out / 'imagenet_det_30plus1cls.json'
    try:
        classes = read_classes(args.classes) if args.classes else None
        counts = convert_det(
            args.root, file, classes, args.list, args.box_offset
        )
    except (ValueError, OSError) as error:
        raise SystemExit(f'error: {error}') from error
    print(
        f'{file}: '
        + ', '.join(f'{number} {name}' for name, number in counts.items())
    )


if __name__ == '__main__':
    main()
