# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Frames padded to one size."""

import numpy as np

from mmhvr.datasets import PadVideoFrames


def test_pad_by_hand():
    one = np.full((2, 4, 3), 7, np.uint8)
    two = np.full((3, 1, 3), 8, np.uint8)
    results = PadVideoFrames(pad_val=(1, 2, 3)).transform(
        dict(img=[one, two], img_shape=[(2, 4), (3, 1)])
    )
    assert results['img_shape'] == [(3, 4), (3, 4)]
    first, second = results['img']
    assert first[..., 0].tolist() == [[7] * 4, [7] * 4, [1] * 4]
    assert second[..., 2].tolist() == [[8, 3, 3, 3]] * 3
    assert first.dtype == np.uint8


def test_equal_sizes_stay():
    images = [np.random.rand(3, 5, 3).astype(np.float32) for _ in range(2)]
    results = PadVideoFrames().transform(dict(img=list(images)))
    assert all(map(np.array_equal, results['img'], images))
