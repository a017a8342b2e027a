# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Videos that play in a browser."""

import warnings
from types import TracebackType
from typing import Any, Optional, Tuple, Type

import cv2
import numpy as np

from ..utils.files import check_writable
from ..utils.interrupts import interrupts_later

try:
    import imageio_ffmpeg
except ImportError:
    imageio_ffmpeg = None


class VideoWriter:
    """Writes frames to an H.264 mp4, pixel format yuv420p.

    The encoder is the ffmpeg program inside the package imageio-ffmpeg.
    Without it OpenCV writes MPEG-4 part 2, which players open and most
    browsers do not. All frames have the size of the first; odd sizes are
    padded by one row or column, since yuv420p halves its colour planes.

    The file is complete when the ``with`` block ends. After an exception or
    Ctrl-C what was written so far is kept and playable: an interrupt waits
    until the frame is written, or the file complete.

    Args:
        path: The file, ending in .mp4; its folder is made.
        fps: Frames a second.
        quality: 1 to 10; at 6 thin lines and letters are sharp.

    Raises:
        ValueError: The name does not end in .mp4, or ``fps`` is not
            positive.
        OSError: The file cannot be written; raised before the first frame.

    Example:
        >>> with VideoWriter('out.mp4', fps=10) as video:
        ...     for frame in frames:
        ...         video.write(frame)
    """

    def __init__(self, path: str, fps: float = 10.0, quality: float = 6.0):
        if not path.endswith('.mp4'):
            raise ValueError(f'video path is {path!r}; let it end in .mp4')
        if not fps > 0:
            raise ValueError(f'fps is {fps}; give a positive number')
        self.path = path
        self.fps = float(fps)
        self.quality = quality
        self.num_frames = 0
        self._size: Optional[Tuple[int, int]] = None
        self._sink: Any = None
        check_writable(path, 'video')

    def write(self, frame: np.ndarray) -> None:
        """Appends a frame.

        Args:
            frame: [H, W, 3] BGR uint8.

        Raises:
            TypeError: It is no colour image of bytes.
            ValueError: Its size is not that of the first frame.
        """
        if (
            not isinstance(frame, np.ndarray)
            or frame.dtype != np.uint8
            or frame.ndim != 3
            or frame.shape[2] != 3
        ):
            raise TypeError(
                'a frame is an array [H, W, 3] BGR uint8, found '
                f'{getattr(frame, "dtype", type(frame).__name__)} '
                f'{getattr(frame, "shape", "")}'
            )
        size = (frame.shape[1], frame.shape[0])
        if self._size is None:
            self._size = size
            self._open((size[0] + size[0] % 2, size[1] + size[1] % 2))
        if size != self._size:
            raise ValueError(
                f'frame {self.num_frames} is {size[0]}x{size[1]}, the first '
                f'one was {self._size[0]}x{self._size[1]}; resize it, or '
                'write another file'
            )
        frame = np.pad(
            frame, ((0, size[1] % 2), (0, size[0] % 2), (0, 0)), mode='edge'
        )
        with interrupts_later():
            if imageio_ffmpeg is not None:
                self._sink.send(np.ascontiguousarray(frame))
            else:
                self._sink.write(frame)
            self.num_frames += 1

    def close(self) -> None:
        """Completes the file; does nothing the second time."""
        sink, self._sink = self._sink, None
        if sink is None:
            return
        with interrupts_later():
            if imageio_ffmpeg is not None:
                sink.close()
            else:
                sink.release()

    def __enter__(self) -> 'VideoWriter':
        """Begins a ``with`` block."""
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        """Completes the file, also after an exception."""
        self.close()

    def _open(self, size: Tuple[int, int]) -> None:
        """Starts the encoder for frames of ``size`` = (width, height)."""
        if imageio_ffmpeg is not None:
            self._sink = imageio_ffmpeg.write_frames(
                self.path,
                size,
                pix_fmt_in='bgr24',
                pix_fmt_out='yuv420p',
                fps=self.fps,
                quality=self.quality,
                codec='libx264',
                macro_block_size=2,
                ffmpeg_log_level='error',
                # The index first, so that a browser starts at once.
                output_params=['-movflags', '+faststart'],
            )
            self._sink.send(None)
            return
        warnings.warn(
            f'imageio-ffmpeg is not installed: {self.path} is written as '
            'MPEG-4 part 2, which browsers may not play; pip install '
            'imageio-ffmpeg',
            stacklevel=3,
        )
        fourcc = cv2.VideoWriter.fourcc(*'mp4v')
        self._sink = cv2.VideoWriter(self.path, fourcc, self.fps, size)
        if not self._sink.isOpened():
            raise OSError(
                f'OpenCV cannot write {self.path}; install imageio-ffmpeg'
            )
