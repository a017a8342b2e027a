# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What every source of frames has.

Legend: H x W size of a frame in pixels.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import Iterator, Optional

import cv2
import numpy as np


@dataclass(frozen=True)
class Frame:
    """A frame of a source.

    Attributes:
        index (int): Its number in the source, from 0.
        image (np.ndarray): BGR, uint8 [H, W, 3].
        name (str): The name of its file, '' without one.
        time (float | None): When it is shown, in seconds from the beginning
            of a video file, or when it was taken, from the first frame of a
            camera; None if that is not known.
    """

    index: int
    image: np.ndarray
    name: str = ''
    time: Optional[float] = None


class SourceEndedEarly(Exception):
    """A source broke off: a file that is cut off, a camera that went away.

    The frames before are good; the text says what happened.
    """


class FrameSource:
    """Frames one at a time, read when they are asked for.

    Attributes:
        name (str): For messages and results.
        fps (float | None): Frames a second, None if the source knows none.
        length (int | None): Number of frames, None if it is not known. A
            video file's is an estimate by its running time.
        is_live (bool): Whether its frames come as they are taken.
        can_be_read_again (bool): Whether going through it a second time
            gives the same frames.
    """

    name: str = ''
    fps: Optional[float] = None
    length: Optional[int] = None
    is_live: bool = False
    can_be_read_again: bool = True

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames in order.

        Raises:
            SourceEndedEarly: After the last good frame of a source that
                broke off.
            ValueError: The next frame cannot be used; the text names it.
        """
        raise NotImplementedError

    def count(self) -> Optional[int]:
        """Return the exact number of frames, None if only reading can tell."""
        return self.length


@contextmanager
def quiet_opencv() -> Iterator[None]:
    """Keep OpenCV from warning of what an error is about to say better."""
    # OpenCV 4 has the two functions at the top, OpenCV 5 here.
    logging = getattr(cv2.utils, 'logging', cv2)
    level = logging.getLogLevel()
    logging.setLogLevel(1)  # fatal errors alone
    try:
        yield
    finally:
        logging.setLogLevel(level)
