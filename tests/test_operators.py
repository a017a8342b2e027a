# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The operators against plain loops, and the module that stands in."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch
import torchvision  # noqa: F401  brings the operators
from mmcv.ops import batched_nms, nms, roi_align

from mmhvr import operators


def iou(a, b, offset):
    """IoU of two boxes in float32, the precision of the boxes."""
    one = np.float32(offset)
    width = max(np.float32(0), min(a[2], b[2]) - max(a[0], b[0]) + one)
    height = max(np.float32(0), min(a[3], b[3]) - max(a[1], b[1]) + one)
    areas = [(x[2] - x[0] + one) * (x[3] - x[1] + one) for x in (a, b)]
    return width * height / (areas[0] + areas[1] - width * height)


def loop_nms(boxes, scores, threshold, offset):
    """NMS as one writes it down, in the order of ``torch.sort``."""
    left = torch.sort(torch.from_numpy(scores), descending=True)[1].tolist()
    kept = []
    while left:
        best = left.pop(0)
        kept.append(best)
        left = [
            i
            for i in left
            if not iou(boxes[best], boxes[i], offset) > np.float32(threshold)
        ]
    return kept


def random_boxes(rng, number):
    """Boxes on a grid of quarter pixels, where float32 is exact.

    Coordinates and scores have few values, so that equal boxes, equal scores
    and an IoU that equals the threshold are frequent.
    """
    corner = rng.integers(0, 8, (number, 2)) / 4
    size = rng.integers(1, 8, (number, 2)) / 4
    boxes = np.concatenate([corner, corner + size], 1).astype(np.float32)
    return boxes, (rng.integers(1, 20, number) / 20).astype(np.float32)


@pytest.mark.parametrize('offset', [0, 1])
def test_nms_keeps_the_boxes_of_a_loop(offset):
    rng = np.random.default_rng(offset)
    ties = 0
    with np.errstate(divide='ignore', invalid='ignore'):
        for _ in range(1500):
            boxes, scores = random_boxes(rng, rng.integers(0, 25))
            threshold = rng.choice([0.1, 0.2, 0.3, 0.5, 0.6, 0.7, 0.9])
            kept = operators.nms(
                torch.from_numpy(boxes),
                torch.from_numpy(scores),
                float(threshold),
                offset,
            )
            expected = loop_nms(boxes, scores, threshold, offset)
            assert kept.tolist() == expected
            ties += any(
                iou(a, b, offset) == np.float32(threshold)
                for i, a in enumerate(boxes)
                for b in boxes[:i]
            )
    assert ties > 50  # the case that a float64 threshold gets wrong


needs_compiled = pytest.mark.skipif(
    operators.serving() != 'mmcv, compiled',
    reason='mmcv has no compiled operators to compare with',
)


@needs_compiled
def test_nms_keeps_the_boxes_of_the_compiled_operator():
    import mmcv._ext as compiled

    rng = np.random.default_rng(7)
    for offset in (0, 1):
        for _ in range(2000):
            arrays = random_boxes(rng, rng.integers(0, 120))
            boxes, scores = map(torch.from_numpy, arrays)
            threshold = float(rng.choice([0.1, 0.3, 0.5, 0.6, 0.7]))
            kept = operators.nms(boxes, scores, threshold, offset)
            expected = compiled.nms(
                boxes, scores, iou_threshold=threshold, offset=offset
            )
            assert kept.tolist() == expected.tolist()


@needs_compiled
@pytest.mark.parametrize('aligned', [True, False])
@pytest.mark.parametrize('ratio', [0, 2])
def test_roi_align_is_that_of_the_compiled_operator(aligned, ratio):
    import mmcv._ext as compiled

    generator = torch.Generator().manual_seed(ratio)
    maps = torch.randn(2, 4, 20, 30, generator=generator)
    corner = torch.rand(50, 2, generator=generator) * 400
    size = torch.rand(50, 2, generator=generator) * 200
    index = torch.randint(2, (50, 1), generator=generator)
    rois = torch.cat([index.float(), corner, corner + size], 1)
    grad = torch.randn(50, 4, 7, 7, generator=generator)
    options = dict(
        aligned_height=7,
        aligned_width=7,
        spatial_scale=1 / 16,
        sampling_ratio=ratio,
        pool_mode=1,
        aligned=aligned,
    )
    none = torch.zeros(0)
    results = []
    for module in (operators, compiled):
        out, grad_maps = torch.zeros(50, 4, 7, 7), torch.zeros_like(maps)
        module.roi_align_forward(maps, rois, out, none, none, **options)
        module.roi_align_backward(grad, rois, none, none, grad_maps, **options)
        results.append((out, grad_maps))
    for ours, theirs in zip(*results):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


def test_nms_at_a_threshold_that_float32_rounds_up():
    # 3 of 5 pixels: an IoU of 0.6 exactly, which is not above 0.6.
    boxes = torch.tensor([[0.0, 0, 5, 1], [0, 0, 3, 1]])
    scores = torch.tensor([0.9, 0.8])
    assert operators.nms(boxes, scores, 0.6).tolist() == [0, 1]
    assert operators.nms(boxes, scores, 0.59).tolist() == [0]


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_nms_of_half_precision_is_that_of_its_float32(dtype):
    boxes, scores = random_boxes(np.random.default_rng(0), 40)
    boxes = torch.from_numpy(boxes).to(dtype)
    scores = torch.from_numpy(scores).to(dtype)
    kept = operators.nms(boxes, scores, 0.3)
    expected = loop_nms(
        boxes.float().numpy(), scores.float().numpy(), 0.3, offset=0
    )
    assert kept.tolist() == expected


def test_mmcv_nms_goes_through_to_the_operator():
    # Worked by hand: IoU(0, 1) = 12 / 16, IoU with the third box 0.
    boxes = torch.tensor([[0.0, 0, 4, 4], [0, 0, 4, 3], [5, 5, 9, 9]])
    scores = torch.tensor([0.5, 0.9, 0.1])
    found, indices = nms(boxes, scores, 0.5)
    assert indices.tolist() == [1, 2]
    assert found[:, 4].tolist() == pytest.approx([0.9, 0.1])
    # Boxes of different classes leave each other alone.
    option = dict(type='nms', iou_threshold=0.5)
    _, indices = batched_nms(boxes, scores, torch.tensor([0, 1, 1]), option)
    assert indices.tolist() == [1, 0, 2]
    empty, indices = nms(boxes[:0], scores[:0], 0.5)
    assert empty.shape == (0, 5) and indices.tolist() == []


def bilinear(plane, y, x):
    """The value between pixels; 0 beyond a border of one pixel."""
    height, width = plane.shape
    if not (-1 <= y <= height and -1 <= x <= width):
        return 0.0
    y, x = max(y, 0.0), max(x, 0.0)
    y0, x0 = min(int(y), height - 1), min(int(x), width - 1)
    y1, x1 = min(y0 + 1, height - 1), min(x0 + 1, width - 1)
    dy = y - y0 if y1 > y0 else 0.0
    dx = x - x0 if x1 > x0 else 0.0
    top = plane[y0, x0] * (1 - dx) + plane[y0, x1] * dx
    bottom = plane[y1, x0] * (1 - dx) + plane[y1, x1] * dx
    return top * (1 - dy) + bottom * dy


def loop_roi_align(maps, rois, size, scale, ratio, aligned):
    """RoIAlign of Mask R-CNN as four loops, in float64."""
    shift = 0.5 if aligned else 0.0
    out = np.zeros((len(rois), maps.shape[1], *size))
    for r, (index, *box) in enumerate(rois):
        x1, y1, x2, y2 = (value * scale - shift for value in box)
        width, height = x2 - x1, y2 - y1
        if not aligned:
            width, height = max(width, 1.0), max(height, 1.0)
        bins = height / size[0], width / size[1]
        samples = [ratio or int(np.ceil(length)) for length in bins]
        for channel, plane in enumerate(maps[int(index)]):
            for i in range(size[0]):
                for j in range(size[1]):
                    values = [
                        bilinear(
                            plane,
                            y1 + bins[0] * (i + (a + 0.5) / samples[0]),
                            x1 + bins[1] * (j + (b + 0.5) / samples[1]),
                        )
                        for a in range(samples[0])
                        for b in range(samples[1])
                    ]
                    out[r, channel, i, j] = sum(values) / max(len(values), 1)
    return out


ROIS = np.array(
    [
        [0, 1.3, 2.1, 9.7, 8.2],
        [1, -3.0, -2.0, 5.0, 4.5],  # beyond the border
        [1, 4.0, 4.0, 40.0, 30.0],
        [0, 3.0, 3.0, 3.4, 3.2],  # less than a pixel
    ]
)


@pytest.mark.parametrize('aligned', [True, False])
@pytest.mark.parametrize('ratio', [0, 2])
@pytest.mark.parametrize('scale', [1.0, 0.25])
def test_roi_align_is_the_loop(aligned, ratio, scale):
    maps = np.random.default_rng(1).normal(size=(2, 3, 7, 9))
    found = roi_align(
        torch.from_numpy(maps),
        torch.from_numpy(ROIS),
        (2, 3),
        scale,
        ratio,
        'avg',
        aligned,
    )
    expected = loop_roi_align(maps, ROIS, (2, 3), scale, ratio, aligned)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize('aligned', [True, False])
@pytest.mark.parametrize('ratio', [0, 2])
def test_roi_align_gradient_is_the_transpose_of_the_loop(aligned, ratio):
    # RoIAlign is linear in the maps: the gradient of sum(w * out) at pixel p
    # is sum(w * loop(unit image of p)).
    maps = torch.zeros(2, 1, 5, 6, dtype=torch.float64, requires_grad=True)
    rois = torch.from_numpy(ROIS)
    weights = np.random.default_rng(2).normal(size=(len(ROIS), 1, 2, 2))
    out = roi_align(maps, rois, (2, 2), 0.5, ratio, 'avg', aligned)
    (out * torch.from_numpy(weights)).sum().backward()
    expected = np.zeros(maps.shape)
    for place in np.ndindex(*maps.shape):
        unit = np.zeros(maps.shape)
        unit[place] = 1
        image = loop_roi_align(unit, ROIS, (2, 2), 0.5, ratio, aligned)
        expected[place] = (weights * image).sum()
    np.testing.assert_allclose(maps.grad.numpy(), expected, atol=1e-12)


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_roi_align_of_half_precision_is_computed_in_float32(dtype):
    maps = torch.randn(
        1, 2, 6, 6, generator=torch.Generator().manual_seed(0)
    ).to(dtype)
    rois = torch.tensor([[0, 1.0, 1, 5, 4]])
    half, full = (torch.zeros(1, 2, 2, 2, dtype=d) for d in (dtype, None))
    options = dict(
        aligned_height=2,
        aligned_width=2,
        spatial_scale=1.0,
        sampling_ratio=2,
        pool_mode=1,
        aligned=True,
    )
    none = torch.zeros(0)
    operators.roi_align_forward(maps, rois, half, none, none, **options)
    operators.roi_align_forward(
        maps.float(), rois, full, none, none, **options
    )
    assert torch.equal(half, full.to(dtype))
    grads = [torch.zeros(1, 2, 6, 6, dtype=d) for d in (dtype, None)]
    operators.roi_align_backward(half, rois, none, none, grads[0], **options)
    operators.roi_align_backward(
        half.float(), rois, none, none, grads[1], **options
    )
    assert torch.equal(grads[0], grads[1].to(dtype))


def test_roi_align_without_regions():
    maps = torch.zeros(1, 3, 4, 4, requires_grad=True)
    out = roi_align(maps, torch.zeros(0, 5), (2, 2), 1.0, 2, 'avg', True)
    assert out.shape == (0, 3, 2, 2)
    out.sum().backward()
    assert torch.equal(maps.grad, torch.zeros_like(maps))


STAND_IN = """
import importlib.util
from mmhvr.operators import install_operators, serving
install_operators()
install_operators()  # once more does nothing
assert importlib.util.find_spec('mmcv._ext') is not None
import mmcv.ops, torch
assert serving().startswith('torchvision '), serving()
for call in (
    lambda: mmcv.ops.soft_nms(torch.zeros(1, 4), torch.ones(1)),
    lambda: mmcv.ops.roi_align(torch.zeros(1, 1, 4, 4), torch.zeros(1, 5),
                               2, 1.0, 0, 'max', True),
):
    try:
        call()
    except NotImplementedError as error:
        print(error)
print(mmcv.ops.get_compiler_version())
"""


def run_with(source, **variables):
    """Run Python without mmhvr imported; returns the finished process."""
    return subprocess.run(
        [sys.executable, '-c', source],
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )


def test_what_is_not_served_says_so():
    result = run_with(STAND_IN, MMHVR_OPERATORS='torchvision')
    assert result.returncode == 0, result.stdout
    lines = result.stdout.splitlines()
    assert any("operator 'softnms' is not available" in li for li in lines)
    assert any("pool_mode='max' is not available" in line for line in lines)
    assert lines[-1].startswith('none, operators of torchvision ')


def test_a_wrong_choice_of_operators():
    source = 'from mmhvr.operators import *; install_operators()'
    result = run_with(source, MMHVR_OPERATORS='cuda')
    assert result.returncode == 1
    assert "MMHVR_OPERATORS is 'cuda'" in result.stdout
