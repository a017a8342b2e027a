# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Keep of a checkpoint what a test needs, in half the bytes.

The optimizer's state goes, floating-point weights become float16 (they are
float32 again once loaded), and the config and the names of the classes stay.
The same checkpoint and file name give the same bytes.
"""

import argparse
import os
from typing import Any, Dict, Optional, Sequence


def parse_args(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('checkpoint', help='as training writes it')
    parser.add_argument('out', help='file to write, such as small.pth')
    parser.add_argument(
        '--full', action='store_true', help='keep the weights as float32'
    )
    return parser.parse_args(argv)


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Read, cut, write."""
    args = parse_args(argv)
    import torch

    from mmhvr.run.checkpoint import read_checkpoint

    try:
        small = published(read_checkpoint(args.checkpoint), half=not args.full)
        temporary = f'{args.out}.part'
        torch.save(small, temporary)
        os.replace(temporary, args.out)
    except (OSError, ValueError) as error:
        raise SystemExit(f'error: {error}') from error
    size = os.path.getsize(args.out) / 1e6
    print(f'{args.out}: {len(small["state_dict"])} tensors, {size:.1f} MB')


def published(checkpoint: Dict[str, Any], half: bool) -> Dict[str, Any]:
    """Return the weights and what is needed to read them.

    Args:
        checkpoint: As mmengine's runner writes it.
        half: Floating-point tensors as float16.

    Returns:
        ``state_dict``, and ``meta`` with the config and the names of the
        classes, as far as the checkpoint has them.

    Raises:
        ValueError: A weight does not fit into float16.
    """
    from mmhvr.run.contents import checkpoint_weights

    weights = {}
    for name, tensor in checkpoint_weights(checkpoint).items():
        if half and tensor.is_floating_point():
            if tensor.numel() and tensor.abs().max() > 65504:
                raise ValueError(
                    f'{name} reaches {float(tensor.abs().max()):g}, more than '
                    'float16 holds; publish with --full'
                )
            tensor = tensor.half()
        weights[name] = tensor.clone()
    meta = checkpoint.get('meta') or {}
    kept = {
        key: meta[key]
        for key in ('cfg', 'dataset_meta', 'CLASSES')
        if key in meta
    }
    return dict(meta=kept, state_dict=weights)


if __name__ == '__main__':
    main()
