# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Whether a trained HVR-Net reads labels off its video triplets.

The classification loss on validation videos, in training's form, in four
companies: the triplet that labels choose ('mined'), two videos of the target's
category ('same'), two of other categories ('other'), none ('alone'). What
'mined' is below 'alone' is lost at test, where there are no labels.
"""

import argparse
from statistics import mean, stdev
from typing import Dict, List, Optional, Sequence


def parse_args(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config of an HVR-Net')
    parser.add_argument('checkpoint', help='its trained weights')
    parser.add_argument(
        '--batches',
        type=int,
        default=60,
        help='of K x N videos (default: %(default)s)',
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='of all draws (%(default)s)'
    )
    args = parser.parse_args(argv)
    if args.batches < 2:
        parser.error('--batches must be at least 2')
    return args


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Run the command."""
    args = parse_args(argv)
    from mmhvr.analysis.triplet_batches import triplet_batches
    from mmhvr.analysis.triplet_gap import loss_in_company
    from mmhvr.apis import init_model
    from mmhvr.run.config import load_config
    from mmhvr.run.model_index import find_model

    try:
        cfg = load_config(find_model(args.config)[0])
        model = init_model(cfg, args.checkpoint, device='cpu')
        losses = loss_in_company(
            model,
            triplet_batches(cfg, args.seed),
            args.batches,
            args.seed,
        )
    except (OSError, ValueError) as error:
        raise SystemExit(f'error: {error}') from error
    print(table(losses))


def table(losses: Dict[str, Dict[str, List[float]]]) -> str:
    """Means over the batches, and the difference to 'mined' batch by batch.

    Args:
        losses: What :func:`mmhvr.analysis.triplet_gap.loss_in_company` gives.
    """
    mined = losses['mined']['loss_cls']
    lines = [
        f'loss_cls of {len(mined)} batches; +-: standard error of the '
        "difference to 'mined', which is batch by batch",
        f'{"company":<8} {"loss_cls":>9} {"to mined":>18} {"ratio":>6}',
    ]
    for name, of_name in losses.items():
        values = of_name['loss_cls']
        apart = [value - other for value, other in zip(values, mined)]
        error = stdev(apart) / len(apart) ** 0.5
        lines.append(
            f'{name:<8} {mean(values):>9.4f} {mean(apart):>+9.4f} +- '
            f'{error:.4f} {mean(values) / mean(mined):>6.3f}'
        )
    if 'loss_cls_aux' in losses['mined']:
        second = mean(losses['mined']['loss_cls_aux'])
        lines.append(
            f'second classifier (loss_cls_aux), in any company: {second:.4f}'
        )
    return '\n'.join(lines)


if __name__ == '__main__':
    main()
