# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Convert ImageNet VID, or videos in its layout, to CocoVID JSON files."""

import argparse
from pathlib import Path

from mmhvr.datasets.converters.classes import read_classes
from mmhvr.datasets.converters.imagenet_vid import convert_vid


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Write imagenet_vid_train.json and imagenet_vid_val.json.'
    )
    parser.add_argument(
        'root', type=Path, help='folder with Annotations/VID and the lists'
    )
    parser.add_argument(
        '-o',
        '--out',
        type=Path,
        help='folder for the JSON files (default: ROOT/annotations)',
    )
    parser.add_argument(
        '--splits',
        nargs='+',
        choices=('train', 'val'),
        default=('train', 'val'),
    )
    parser.add_argument(
        '--classes',
        type=Path,
        help="class table, a line 'ID NAME' per class (default: the 30 "
        'classes of ImageNet VID)',
    )
    parser.add_argument(
        '--train-list', type=Path, help='default: VID_train_15frames.txt'
    )
    parser.add_argument(
        '--val-list', type=Path, help='default: VID_val_videos.txt'
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
    lists = dict(train=args.train_list, val=args.val_list)
    try:
        classes = read_classes(args.classes) if args.classes else None
        for split in args.splits:
            file = out / f'imagenet_vid_{split}.json'
            counts = convert_vid(
                args.root, split, file, classes, lists[split], args.box_offset
            )
            print(
                f'{file}: '
                + ', '.join(
                    f'{number} {name}' for name, number in counts.items()
                )
            )
    except (ValueError, OSError) as error:
        raise SystemExit(f'error: {error}') from error


if __name__ == '__main__':
    main()
