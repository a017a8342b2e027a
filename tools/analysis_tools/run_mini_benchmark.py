# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Train and test configs over seeds; write a table, a JSON and a plot.

Without arguments the core set on the small data set, three seeds each, one run
a core: HVR-Net, the single-frame detector, MMTracking's SELSA, HVR-Net without
inter-video relations, and without the choice of triplets. A run that is done
is not done again, an interrupted one goes on.
"""

import argparse
import json
import os
import os.path as osp
from typing import List, Optional, Sequence

CONFIGS = (
    'configs/mini/hvr_faster-rcnn_r18_mini.py',
    'configs/mini/faster-rcnn_r18_mini.py',
    'configs/mini/selsa_faster-rcnn_r18_mini.py',
    'configs/ablations/hvr_faster-rcnn_r18_mini_intra-only.py',
    'configs/ablations/hvr_faster-rcnn_r18_mini_random-triplets.py',
)


def parse_args(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'configs', nargs='*', default=CONFIGS, help='config files'
    )
    parser.add_argument('--seeds', nargs='+', type=int, default=[0, 1, 2])
    parser.add_argument(
        '--work-dir', default='work_dirs/mini_benchmark', help='%(default)s'
    )
    parser.add_argument(
        '--jobs', type=int, help='runs at a time (the number of cores)'
    )
    parser.add_argument(
        '--report', action='store_true', help='only write the tables'
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        default=[],
        metavar='KEY=VALUE',
        help='for all runs; choose another --work-dir with it',
    )
    args = parser.parse_args(argv)
    if args.jobs is not None and args.jobs < 1:
        parser.error(f'--jobs is {args.jobs}; give 1 or more')
    missing = [path for path in args.configs if not osp.isfile(path)]
    if missing:
        parser.error(f'no such config: {", ".join(missing)}')
    return args


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Run what is missing, then report."""
    args = parse_args(argv)
    from mmhvr.benchmark.experiments import Run, run_all
    from mmhvr.benchmark.summary import markdown_table, summarise
    from mmhvr.run.cores import usable_cores

    # Seed by seed, so that an early look compares all configs.
    runs = [
        Run(config, seed, args.work_dir, tuple(args.cfg_options))
        for seed in args.seeds
        for config in args.configs
    ]
    failed: List[Run] = []
    try:
        if not args.report:
            failed = run_all(runs, args.jobs or usable_cores(), say)
    except KeyboardInterrupt:
        say('interrupted: run it again to go on from here')
    table = summarise(runs)
    os.makedirs(args.work_dir, exist_ok=True)
    with open(osp.join(args.work_dir, 'summary.json'), 'w') as file:
        json.dump(table, file, indent=2)
    text = markdown_table(table)
    with open(osp.join(args.work_dir, 'summary.md'), 'w') as file:
        file.write(text)
    plot(table, osp.join(args.work_dir, 'summary.png'))
    say(f'\n{text}\nsummary.md, summary.json, summary.png: {args.work_dir}')
    if failed:
        raise SystemExit(f'{len(failed)} runs failed')


def say(text: str) -> None:
    """Print at once, also into a pipe."""
    print(text, flush=True)


def plot(table: Sequence[dict], path: str) -> None:
    """Draw the mean of each config as a bar and each seed as a dot."""
    import matplotlib

    matplotlib.use('Agg')
    import matplotlib.pyplot as plt

    rows = [row for row in table if row['scores']]
    figure, axes = plt.subplots(figsize=(7, 0.6 * len(rows) + 1.2))
    places = range(len(rows))[::-1]
    axes.barh(places, [100 * row['mean'] for row in rows], color='#9ecae1')
    for place, row in zip(places, rows):
        scores = [100 * score for score in row['scores']]
        axes.plot(scores, [place] * len(scores), 'k.', markersize=5)
    axes.set_yticks(list(places))
    axes.set_yticklabels([row['config'] for row in rows])
    axes.set_xlabel('VID mAP at IoU 0.5 (%): mean, and each seed')
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    plt.close(figure)


if __name__ == '__main__':
    main()
