# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Reading the frames of a sample, each file once."""

from __future__ import annotations

from typing import Optional

import numpy as np
from mmcv.transforms import BaseTransform
from mmtrack.registry import TRANSFORMS

from ..annotations.images import check_size
from ..utils.image_files import read_image


@TRANSFORMS.register_module()
class LoadVideoFrames(BaseTransform):
    """Load all frames of a sample and name the file that cannot be used.

    A frame that occurs twice in a sample (a still image, a short video) is
    decoded once. :mod:`mmhvr.utils.image_files` has the rules for EXIF marks,
    grey images, alpha channels and 16 bits.

    Required keys: img_path (list of T names). Optional: width and height
    (lists of T, in pixels), which must be those of the decoded images. Added
    keys: img (list of T arrays [H, W, 3], BGR, uint8), img_shape and
    ori_shape (lists of (H, W)). A sample of one frame, as MMDetection's data
    sets give it, has the values themselves in place of lists.

    Args:
        bits: How many of the bits of a 16-bit image are in use, such as 12
            for many sensors. ``mmhvr detect`` reads it off the test
            pipeline.
        backend_args: How MMEngine reads the files; from the disk by default.

    Raises:
        ValueError: ``bits`` is not 8 to 16.
    """

    def __init__(
        self, bits: int = 16, backend_args: Optional[dict] = None
    ) -> None:
        if not 8 <= bits <= 16:
            raise ValueError(f'bits is {bits}; give 8 to 16')
        self.bits = bits
        self.backend_args = backend_args

    def transform(self, results: dict) -> dict:
        """Load the frames named in ``results['img_path']``.

        Raises:
            FileNotFoundError: If an image is missing.
            ValueError: If an image cannot be decoded.
            AnnotationError: If it has another size than is recorded.
        """
        alone = isinstance(results['img_path'], str)
        paths = [results['img_path']] if alone else results['img_path']
        decoded = {path: self._decode(path) for path in dict.fromkeys(paths)}
        # Fresh arrays, since later transforms may write into them.
        images = [decoded[path].copy() for path in paths]
        shapes = [image.shape[:2] for image in images]
        for place, (path, shape) in enumerate(zip(paths, shapes)):
            check_size(
                path,
                shape,
                {
                    key: results[key] if alone else results[key][place]
                    for key in ('width', 'height')
                    if key in results
                },
            )
        results['img'] = images[0] if alone else images
        results['img_shape'] = shapes[0] if alone else shapes
        results['ori_shape'] = shapes[0] if alone else list(shapes)
        return results

    def _decode(self, path: str) -> np.ndarray:
        """Read and decode one file."""
        try:
            return read_image(path, self.backend_args, self.bits)
        except FileNotFoundError as error:
            raise FileNotFoundError(
                f'image {path} does not exist; check data_root and '
                'data_prefix, or make or extract the data again'
            ) from error
