# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""mmcv's operators where mmcv has none compiled.

HVR-Net, MMDetection's Faster R-CNN and MMTracking's SELSA need three of
mmcv's compiled operators: NMS, and RoIAlign forward and backward. torchvision
has the same three, built for whatever torch is installed.
:func:`install_operators` puts a module under the name ``mmcv._ext``, where
``mmcv.ops`` looks for the compiled ones. A compiled mmcv is left alone, and
every other operator raises an error that names it when it is called.

``import mmhvr`` does this before it imports MMDetection. A program that
imports ``mmdet`` or ``mmtrack`` itself imports ``mmhvr`` first.

Shapes: N boxes, R regions, C channels, feature maps [B, C, H, W]; boxes are
xyxy in pixels, regions are (index in the batch, x1, y1, x2, y2).
"""

import importlib
import os
import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Callable

import torch
from torch import Tensor

from .utils.environment import OPERATORS_VARIABLE

NAME = 'mmcv._ext'

_REDUCED = (torch.float16, torch.bfloat16)


def nms(
    bboxes: Tensor, scores: Tensor, iou_threshold: float, offset: int = 0
) -> Tensor:
    """Keep the best box of each group of overlapping ones.

    A box is left out if its IoU with a better one that is kept is above the
    threshold. Of equal scores the one is better that ``torch.sort`` puts
    first, as in mmcv: a detector that starts from scratch has many, and
    another order would be another training.

    Args:
        bboxes: [N, 4].
        scores: [N].
        iou_threshold: In [0, 1]. Compared in the precision of the boxes, as
            mmcv does: an IoU that equals the threshold keeps both boxes.
        offset: 0, or 1 for boxes whose width is x2 - x1 + 1.

    Returns:
        Indices of the kept boxes, the best first: [n], int64.

    Example:
        >>> boxes = torch.tensor([[0., 0, 4, 4], [0, 0, 4, 3], [5, 5, 9, 9]])
        >>> nms(boxes, torch.tensor([.5, .9, .1]), 0.5).tolist()
        [1, 2]
    """
    boxes = bboxes.detach().to(_computed_in(bboxes))
    if offset:
        boxes = boxes + boxes.new_tensor([0, 0, offset, offset])
    # torchvision holds a float32 IoU against a float64 threshold; 0.6 of
    # float32 is above 0.6, and the two boxes would not both be kept.
    threshold = torch.tensor(iou_threshold, dtype=boxes.dtype).item()
    order = scores.detach().sort(0, descending=True)[1]
    # torchvision sorts in its own way: scores that leave it no choice.
    falling = torch.arange(
        len(boxes), 0, -1, dtype=boxes.dtype, device=boxes.device
    )
    return order[torch.ops.torchvision.nms(boxes[order], falling, threshold)]


def roi_align_forward(
    input: Tensor,
    rois: Tensor,
    output: Tensor,
    argmax_y: Tensor,
    argmax_x: Tensor,
    aligned_height: int,
    aligned_width: int,
    spatial_scale: float,
    sampling_ratio: int,
    pool_mode: int,
    aligned: bool,
) -> None:
    """RoIAlign with mean pooling, written into ``output``.

    Half precision is computed in float32: coordinates of half precision
    are off by half a pixel at 1,000 pixels.

    Args:
        input: [B, C, H, W].
        rois: [R, 5].
        output: [R, C, aligned_height, aligned_width], written.
        argmax_y: Of maximum pooling; not used.
        argmax_x: Of maximum pooling; not used.
        aligned_height: Bins of a region in y.
        aligned_width: Bins of a region in x.
        spatial_scale: Pixels of ``input`` in a pixel of the regions.
        sampling_ratio: Samples of a bin in each direction; 0: as many as
            there are pixels.
        pool_mode: 1, the mean.
        aligned: Whether pixel centres are at .5, as in Detectron2.

    Raises:
        NotImplementedError: ``pool_mode`` is 0, the maximum.
    """
    _check_mean(pool_mode)
    dtype = _computed_in(input)
    pooled = torch.ops.torchvision.roi_align(
        input.to(dtype),
        rois.to(dtype),
        spatial_scale,
        aligned_height,
        aligned_width,
        sampling_ratio,
        bool(aligned),
    )
    output.copy_(pooled)


def roi_align_backward(
    grad_output: Tensor,
    rois: Tensor,
    argmax_y: Tensor,
    argmax_x: Tensor,
    grad_input: Tensor,
    aligned_height: int,
    aligned_width: int,
    spatial_scale: float,
    sampling_ratio: int,
    pool_mode: int,
    aligned: bool,
) -> None:
    """Write the gradient of :func:`roi_align_forward` to ``grad_input``.

    Args:
        grad_output: [R, C, aligned_height, aligned_width].
        rois: [R, 5].
        argmax_y: Of maximum pooling; not used.
        argmax_x: Of maximum pooling; not used.
        grad_input: [B, C, H, W], written.
        aligned_height: As in :func:`roi_align_forward`, like all that follow.
        aligned_width: See there.
        spatial_scale: See there.
        sampling_ratio: See there.
        pool_mode: See there.
        aligned: See there.

    Raises:
        NotImplementedError: ``pool_mode`` is 0, the maximum.
    """
    _check_mean(pool_mode)
    dtype = _computed_in(grad_output)
    gradient = torch.ops.torchvision._roi_align_backward(
        grad_output.to(dtype),
        rois.to(dtype),
        spatial_scale,
        aligned_height,
        aligned_width,
        *grad_input.shape,
        sampling_ratio,
        bool(aligned),
    )
    grad_input.copy_(gradient)


def _computed_in(values: Tensor) -> torch.dtype:
    return torch.float32 if values.dtype in _REDUCED else values.dtype


def _check_mean(pool_mode: int) -> None:
    if pool_mode != 1:
        raise NotImplementedError(
            "RoIAlign with pool_mode='max' is not available: torchvision, "
            "which serves mmcv's operators here, has mean pooling only. Use "
            "pool_mode='avg', or an mmcv with compiled operators "
            '(docs/en/get_started.md)'
        )


def get_compiler_version() -> str:
    """Return what mmcv's environment report says in place of a compiler."""
    return f'none, operators of {serving()}'


def get_compiling_cuda_version() -> str:
    """Return what mmcv's environment report says of CUDA."""
    return torch.version.cuda or 'not available'


class _OperatorsOfTorchvision(ModuleType):
    """The module that stands in for ``mmcv._ext``.

    ``mmcv.ops`` asks on import for some 150 names; those that are not here
    are answered by a function that raises when it is called.
    """

    def __init__(self) -> None:
        super().__init__(NAME, 'Three operators, served by torchvision.')
        # Tools look for mmcv's operators by find_spec, which reads this.
        self.__spec__ = ModuleSpec(NAME, None, origin=__file__)
        self.nms = nms
        self.roi_align_forward = roi_align_forward
        self.roi_align_backward = roi_align_backward
        self.get_compiler_version = get_compiler_version
        self.get_compiling_cuda_version = get_compiling_cuda_version

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith('__'):
            raise AttributeError(name)

        def unavailable(*args: Any, **kwargs: Any) -> None:
            raise NotImplementedError(
                f"mmcv's operator '{name}' is not available: this mmcv has "
                'no compiled operators, and torchvision serves nms and '
                'roi_align alone. An mmcv with compiled operators has it: '
                'mmcv==2.0.0rc4 on CPython 3.9 or 3.10 with torch 2.0 '
                '(docs/en/get_started.md)'
            )

        return unavailable


def install_operators() -> None:
    """Make ``mmcv.ops`` importable, whatever mmcv is installed.

    Does nothing where it was called before, or where mmcv has compiled
    operators, unless ``MMHVR_OPERATORS=torchvision`` is in the environment.

    Raises:
        ImportError: The operators, compiled or torchvision's, do not load.
    """
    if NAME in sys.modules:
        return
    asked = os.environ.get(OPERATORS_VARIABLE, '')
    if asked not in ('', 'torchvision'):
        raise ImportError(
            f"{OPERATORS_VARIABLE} is '{asked}'; set it to 'torchvision', "
            'or unset it'
        )
    if asked != 'torchvision' and find_spec(NAME) is not None:
        importlib.import_module(NAME)
        return
    import torchvision

    # With a torchvision of another torch, either line raises.
    try:
        torch.ops.torchvision.nms
    except (AttributeError, RuntimeError) as error:
        raise ImportError(
            f'torchvision {torchvision.__version__} was built for another '
            f'torch than {torch.__version__}: {error}'
        ) from error
    sys.modules[NAME] = _OperatorsOfTorchvision()


def serving() -> str:
    """Whose operators serve, such as 'torchvision 0.29.1'."""
    if isinstance(sys.modules.get(NAME), _OperatorsOfTorchvision):
        import torchvision

        return f'torchvision {torchvision.__version__}'
    return 'mmcv, compiled'
