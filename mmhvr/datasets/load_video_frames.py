# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Reading the frames of a sample, each file once."""

from __future__ import annotations

import numpy as np
from mmcv.transforms import LoadImageFromFile
from mmtrack.registry import TRANSFORMS

from ..annotations import check_size


@TRANSFORMS.register_module()
class LoadVideoFrames(LoadImageFromFile):
    """Load all frames of a sample and name the file that cannot be used.

    A frame that occurs twice in a sample (a still image, a short video) is
    decoded once. An image with an EXIF orientation is read upright, as a
    viewer shows it, unless ``color_type='color_ignore_orientation'``.

    Required keys: img_path (list of T names). Optional: width and height
    (lists of T, in pixels), which must be those of the decoded images. Added
    keys: img (list of T arrays [H, W, 3], BGR, uint8), img_shape and
    ori_shape (lists of (H, W)).

    Args:
        kwargs: Arguments of :class:`mmcv.transforms.LoadImageFromFile`.
    """

    def transform(self, results: dict) -> dict:
        """Load the frames named in ``results['img_path']``.

        Raises:
            FileNotFoundError: If an image is missing.
            ValueError: If an image cannot be decoded.
            AnnotationError: If it has another size than is recorded.
        """
        paths = results['img_path']
        decoded = {path: self._decode(path) for path in dict.fromkeys(paths)}
        # Fresh arrays, since later transforms may write into them.
        results['img'] = [decoded[path].copy() for path in paths]
        shapes = [img.shape[:2] for img in results['img']]
        none = [None] * len(paths)
        for path, shape, width, height in zip(
            paths,
            shapes,
            results.get('width', none),
            results.get('height', none),
        ):
            check_size(path, shape, dict(width=width, height=height))
        results['img_shape'] = shapes
        results['ori_shape'] = list(shapes)
        return results

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
