# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Reading the frames of a sample, each file once."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
from mmcv.transforms import LoadImageFromFile
from mmtrack.registry import TRANSFORMS


@TRANSFORMS.register_module()
class LoadVideoFrames(LoadImageFromFile):
    """Load all frames of a sample and name the file that cannot be read.

    A frame that occurs twice in a sample (a still image, a short video) is
    decoded once. At test, where neighbouring windows overlap, ``cache_size``
    decoded frames are kept, so that a video read in order is decoded once.

    Required keys: img_path (list of T names). Added keys: img (list of T
    arrays [H, W, 3], BGR, uint8), img_shape and ori_shape (lists of (H, W)).

    Args:
        cache_size: Decoded frames to keep between samples, the least recently
            used leaves first. 0 keeps none.
        **kwargs: Arguments of :class:`mmcv.transforms.LoadImageFromFile`.
    """

    def __init__(self, cache_size: int = 0, **kwargs) -> None:
        super().__init__(**kwargs)
        if cache_size < 0:
            raise ValueError(
                f'cache_size must be at least 0, but is {cache_size}'
            )
        self.cache_size = cache_size
        self._cache: OrderedDict[str, np.ndarray] = OrderedDict()

    def transform(self, results: dict) -> dict:
        """Load the frames named in ``results['img_path']``.

        Raises:
            FileNotFoundError: If an image is missing.
            ValueError: If an image cannot be decoded.
        """
        results['img'] = [self._frame(path) for path in results['img_path']]
        shapes = [img.shape[:2] for img in results['img']]
        results['img_shape'] = shapes
        results['ori_shape'] = list(shapes)
        # The cache serves the frames of this sample even if it is to be empty
        # afterwards.
        while len(self._cache) > self.cache_size:
            self._cache.popitem(last=False)
        return results

    def _frame(self, path: str) -> np.ndarray:
        """Return a fresh array, since later transforms may write into it."""
        if path not in self._cache:
            self._cache[path] = self._decode(path)
        self._cache.move_to_end(path)
        return self._cache[path].copy()

    def _decode(self, path: str) -> np.ndarray:
        """Read and decode one file."""
        try:
            return super().transform(dict(img_path=path))['img']
        except FileNotFoundError as error:
            raise FileNotFoundError(
                f'image {path} does not exist; check data_root and '
                'data_prefix, or make or extract the data again'
            ) from error
        except Exception as error:
            raise ValueError(
                f'image {path} cannot be decoded ({type(error).__name__}: '
                f'{error}); replace the file, or make or extract the data '
                'again'
            ) from error

    def __repr__(self) -> str:
        return f'{super().__repr__()[:-1]}, cache_size={self.cache_size})'
