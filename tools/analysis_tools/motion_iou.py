# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Write the motion IoU of each annotated box of a CocoVID file.

VIDMetric computes the same values by itself; a file lets another program use
them, or VIDMetric use those of somebody else (motion_iou_file).
"""

import argparse

from mmhvr.evaluation import load_annotations
from mmhvr.evaluation.motion import MOTION_RANGES
from mmhvr.evaluation.motion_files import save_motion_iou


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'ann_file', help='CocoVID JSON file with instance_id per annotation'
    )
    parser.add_argument(
        'out',
        help='a .json file (values by annotation id), or a .mat file in the '
        'layout of the one that FGFA publishes for ImageNet VID',
    )
    parser.add_argument(
        '--radius',
        type=int,
        default=10,
        help='frames before and after that count (default: 10)',
    )
    parser.add_argument(
        '--offset',
        type=int,
        choices=(0, 1),
        default=1,
        help='added to widths and heights (default: 1, as in the published '
        'evaluators)',
    )
    return parser.parse_args()


def main() -> None:
    """Run the command."""
    args = parse_args()
    try:
        annotations = load_annotations(args.ann_file)
        values = annotations.motion_iou(args.radius, args.offset)
        save_motion_iou(
            args.out,
            values,
            annotations,
            radius=args.radius,
            offset=args.offset,
        )
    except (ValueError, OSError) as error:
        raise SystemExit(f'error: {error}') from error
    print(f'{args.out}: motion IoU of {len(values)} boxes')
    for name, (low, high) in MOTION_RANGES.items():
        share = ((values >= low) & (values <= high)).mean()
        print(f'  {name:<6} [{low:g}, {high:g}]: {100 * share:.1f} %')


if __name__ == '__main__':
    main()
