# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The command line that the benchmarks share."""

import argparse


def add_common_options(
    parser: argparse.ArgumentParser, rounds_help: str
) -> None:
    """Add models, frames, rounds, device, clock and output.

    Args:
        parser: Of the benchmark.
        rounds_help: What a round is.
    """
    parser.add_argument(
        '--hvr', default='hvr_faster-rcnn_r18_mini', help='%(default)s'
    )
    parser.add_argument(
        '--selsa', help="config of MMTracking's SELSA; 'mmtrack::...' too"
    )
    parser.add_argument(
        '--frames',
        metavar='SOURCE',
        help='a folder of frames or a video (default: frames of noise)',
    )
    parser.add_argument(
        '--size',
        type=int,
        nargs=2,
        default=(128, 96),
        metavar=('W', 'H'),
        help='frames are resized to it (%(default)s)',
    )
    parser.add_argument('--rounds', type=int, default=5, help=rounds_help)
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument(
        '--clock',
        choices=('process', 'wall'),
        default='process',
        help='on a CPU: time of this process, or of the wall (%(default)s)',
    )
    parser.add_argument('--out', metavar='FILE.json')
