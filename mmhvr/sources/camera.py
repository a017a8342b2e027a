# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The frames of a camera."""

from __future__ import annotations

import math
import time
from typing import Iterator

import cv2

from .base import Frame, FrameSource, SourceEndedEarly, quiet_opencv


class Camera(FrameSource):
    """A camera of this machine; it never ends by itself.

    Args:
        index (int): 0 for the first camera.

    Raises:
        ValueError: The index is negative.
        ConnectionError: The camera cannot be opened, or gives no frame.
    """

    is_live = True
    can_be_read_again = False

    def __init__(self, index: int) -> None:
        if index < 0:
            raise ValueError(f'camera index is {index}; the first one is 0')
        self.name = f'camera {index}'
        with quiet_opencv():
            self._capture = cv2.VideoCapture(index)
        if not self._capture.isOpened():
            raise ConnectionError(
                f'{self.name} cannot be opened; make sure that it is plugged '
                'in, that no other program uses it, and that you may read '
                f'/dev/video{index}'
            )
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if math.isfinite(fps) and fps > 0 else None

    def __iter__(self) -> Iterator[Frame]:
        """Yield frames until the camera goes away."""
        index, start = 0, 0.0
        try:
            while True:
                there, image = self._capture.read()
                if not there:
                    break
                now = time.monotonic()
                start = now if index == 0 else start
                yield Frame(index, image, time=now - start)
                index += 1
        finally:
            self._capture.release()
        if index == 0:
            raise ConnectionError(
                f'{self.name} is open, but gives no frame; it may be in use, '
                'or covered by a privacy switch'
            )
        raise SourceEndedEarly(
            f'{self.name} went away after {index} frames; the results end '
            'there'
        )
