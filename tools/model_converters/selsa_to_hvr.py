# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Make weights of an HVR-Net from those of SELSA or of Faster R-CNN.

CONFIG is the HVR-Net's, CHECKPOINT one of MMTracking's SELSA or of
MMDetection's Faster R-CNN with the same backbone. With a config of
configs/selsa the result is SELSA, exactly, ready to test. With another one it
is a start: train from it with --cfg-options load_from=OUT.
"""

import argparse
import logging
import os
import os.path as osp
from typing import Any, Dict, List, Optional, Sequence


def parse_args(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config of an HVR-Net')
    parser.add_argument('checkpoint', help='of SELSA or Faster R-CNN')
    parser.add_argument('out', help='file to write, such as start.pth')
    parser.add_argument(
        '--new-relations',
        action='store_true',
        help="leave SELSA's aggregators out",
    )
    parser.add_argument(
        '--source-stds',
        nargs=4,
        type=float,
        metavar='STD',
        help="target_stds of the source's box coder (from the config in the "
        'checkpoint, else those of CONFIG)',
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='of new weights (%(default)s)'
    )
    args = parser.parse_args(argv)
    if args.source_stds and min(args.source_stds) <= 0:
        parser.error(f'--source-stds is {args.source_stds}; give them above 0')
    return args


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Convert a checkpoint and say what became of it."""
    args = parse_args(argv)
    try:
        convert(args)
    except (OSError, ValueError) as error:
        raise SystemExit(f'error: {error}') from error
    finally:
        logging.disable(logging.NOTSET)


def convert(args: argparse.Namespace) -> None:
    """Read, convert, report, write."""
    import torch

    from mmhvr.apis.model import config_class_names
    from mmhvr.engine.class_check import difference_of_names
    from mmhvr.run.checkpoint import read_checkpoint
    from mmhvr.run.config import load_config
    from mmhvr.run.contents import checkpoint_weights, class_names_inside
    from mmhvr.run.conversion import convert_state
    from mmhvr.run.conversion_report import conversion_report
    from mmhvr.run.selsa import (
        differences_from_selsa,
        num_heads_of,
        target_stds_of,
    )
    from mmhvr.run.starting_model import starting_model

    # MMEngine lists how each new weight starts: hundreds of lines.
    logging.disable(logging.INFO)
    os.makedirs(osp.dirname(osp.abspath(args.out)), exist_ok=True)
    checkpoint = read_checkpoint(args.checkpoint)
    cfg = load_config(args.config)
    model = starting_model(cfg, args.seed)
    model_stds = target_stds(cfg)
    source_stds = args.source_stds or target_stds_of(checkpoint)
    print(
        f'target_stds of boxes: {source_stds or "unknown, taken as equal"} in '
        f'the checkpoint, {model_stds} in the config'
    )
    weights = checkpoint_weights(checkpoint)
    conversion = convert_state(
        weights,
        model.state_dict(),
        relations=not args.new_relations,
        source_stds=source_stds,
        model_stds=model_stds,
    )
    print(conversion_report(conversion))
    reasons = differences_from_selsa(
        model, conversion, weights, num_heads_of(checkpoint)
    )
    print(
        'not the same function: ' + '; '.join(reasons)
        if reasons
        else 'exact: the config detects what SELSA does'
    )
    meta: Dict[str, Any] = dict(converted_from=osp.basename(args.checkpoint))
    names = class_names_inside(checkpoint)
    if names and any('.fc_cls.' in name for name in conversion.taken):
        # What the labels of the classifier mean, not those of CONFIG.
        meta['dataset_meta'] = dict(CLASSES=tuple(names))
        difference = difference_of_names(names, config_class_names(cfg))
        if difference:
            print(
                'the classifier is of the classes of the checkpoint (there), '
                f'not of those of the config (here): {difference}'
            )
    torch.save(dict(state_dict=conversion.state, meta=meta), args.out)
    print(f'written: {args.out}')


def target_stds(cfg: Any) -> List[float]:
    """By what the head of a config divides box deltas, [4]."""
    roi_head = cfg.model.get('detector', cfg.model).roi_head
    return list(roi_head.bbox_head.bbox_coder.target_stds)


if __name__ == '__main__':
    main()
