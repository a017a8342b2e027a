# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Videos that play in a browser."""

import subprocess
import tempfile
from types import TracebackType
from typing import Any, Optional, Tuple, Type

import numpy as np

from ..utils.ffmpeg import file_url, start_ffmpeg
from ..utils.files import check_writable
from ..utils.interrupts import interrupts_later
from ..utils.matroska import frame_header, stream_header

# Ticks of the clock of an .mp4 file in a second: 24, 25, 30, 29.97, 50 and
# 60 frames a second are whole numbers of them.
_CLOCK = 90000


class VideoWriter:
    """Writes frames to an H.264 mp4, pixel format yuv420p.

    The encoder is ffmpeg. All frames have the size of the first; odd sizes
    are padded by one row or column, since yuv420p halves its colour planes.

    The file is complete when the ``with`` block ends. After an exception or
    Ctrl-C what was written so far is kept and playable: an interrupt waits
    until the frame is written, or the file complete.

    Args:
        path: The file, ending in .mp4; its folder is made.
        fps: Frames a second, for frames that are written without a time.
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
        if not 0 < fps < np.inf:
            raise ValueError(f'fps is {fps}; give a positive number')
        self.path = path
        self.fps = float(fps)
        self.quality = quality
        self.num_frames = 0
        self._size: Optional[Tuple[int, int]] = None
        self._tick = -1
        self._encoder: Any = None
        # A file, since nobody reads a pipe while frames are written.
        self._log: Any = None
        check_writable(path, 'video')

    def write(self, frame: np.ndarray, time: Optional[float] = None) -> None:
        """Append a frame.

        Args:
            frame: [H, W, 3] BGR uint8.
            time: When it is shown, in seconds from the beginning. Without,
                one frame's time at ``fps`` after the frame before.

        Raises:
            TypeError: It is no colour image of bytes.
            ValueError: Its size is not that of the first frame.
            OSError: The encoder failed; the text says why.
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
            header = frame_header(self._microseconds(time), frame.nbytes)
            try:
                self._encoder.stdin.write(header)
                self._encoder.stdin.write(np.ascontiguousarray(frame).data)
            except OSError as error:
                raise self._failure() from error
            self.num_frames += 1

    def close(self) -> None:
        """Completes the file; does nothing the second time.

        Raises:
            OSError: The encoder failed; the text says why.
        """
        encoder, self._encoder = self._encoder, None
        if encoder is None:
            return
        with interrupts_later(), self._log:
            encoder.communicate()
            if encoder.returncode:
                raise self._failure()

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

    def _microseconds(self, time: Optional[float]) -> int:
        """Return the time of the next frame, later than the one before."""
        if time is None:
            # Not a sum, whose rounding would grow.
            tick = round(self.num_frames * _CLOCK / self.fps)
        else:
            tick = round(time * _CLOCK)
        self._tick = max(tick, self._tick + 1)
        return round(self._tick * 1e6 / _CLOCK)

    def _open(self, size: Tuple[int, int]) -> None:
        """Start the encoder for frames of ``size`` = (width, height)."""
        command = ['-y', '-v', 'error', '-f', 'matroska', '-i', 'pipe:0']
        command += ['-c:v', 'libx264', '-pix_fmt', 'yuv420p']
        command += ['-crf', str(round(51 * (1 - self.quality / 10)))]
        command += [
            '-fps_mode',
            'passthrough',
            '-enc_time_base',
            f'1:{_CLOCK}',
        ]
        command += ['-video_track_timescale', str(_CLOCK)]
        # The index first, so that a browser starts at once.
        command += ['-movflags', '+faststart', file_url(self.path)]
        self._log = tempfile.TemporaryFile()
        self._encoder = start_ffmpeg(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._log,
        )
        self._encoder.stdin.write(stream_header(*size, self.fps))

    def _failure(self) -> OSError:
        """Return what the encoder says."""
        self._log.seek(0)
        said = self._log.read().decode('utf-8', 'replace').strip()
        return OSError(
            f'video {self.path} cannot be written ({said or "no reason"}); '
            'is the disk full?'
        )
