# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Make the small digits data set in ImageNet VID's layout."""

import argparse

from mmhvr.datasets.digits.maker import make_digits_vid


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Make a small video data set of real handwritten digits, '
        'with its annotation files; a finished one is kept.'
    )
    parser.add_argument('out', help='folder to make, such as data/mini')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument(
        '--train-videos-per-class', type=int, default=120, metavar='N'
    )
    parser.add_argument(
        '--val-videos-per-class', type=int, default=20, metavar='N'
    )
    parser.add_argument(
        '--frames', type=int, default=16, help='frames of each video'
    )
    parser.add_argument(
        '--det-images',
        type=int,
        default=200,
        help='still images of the DET part',
    )
    parser.add_argument(
        '--force', action='store_true', help='make a finished data set again'
    )
    return parser.parse_args()


def main() -> None:
    """Run the command."""
    args = vars(parse_args())
    try:
        root = make_digits_vid(args.pop('out'), **args)
    except (ValueError, OSError) as error:
        raise SystemExit(f'error: {error}') from error
    print(f'digits data set: {root}')


if __name__ == '__main__':
    main()
