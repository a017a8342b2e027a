# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The frames of a video file, through OpenCV's ffmpeg."""

from __future__ import annotations

import math
import os
import os.path as osp
from typing import Iterator, Union

import cv2

from .base import Frame, FrameSource, SourceEndedEarly, quiet_opencv


class VideoFile(FrameSource):
    """A video file of any format that OpenCV's ffmpeg decodes.

    The first frame is decoded at once, so that what is no video is found
    before any work starts. A phone's rotation mark is obeyed.

    Args:
        path (str | PathLike): The file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is empty, no video, or its codec cannot be decoded.

    Example:
        >>> video = VideoFile('clip.mp4')
        >>> video.fps, video.length
        (25.0, 40)
    """

    def __init__(self, path: Union[str, os.PathLike]) -> None:
        self.path = os.fspath(path)
        self.name = self.path
        if not osp.isfile(self.path):
            raise FileNotFoundError(
                f'video {self.path} was not found (looked for '
                f'{osp.abspath(self.path)})'
            )
        with open(self.path, 'rb') as file:  # PermissionError names it
            if not file.read(1):
                raise ValueError(f'video {self.path} is empty: 0 bytes')
        capture = self._open()
        fps = capture.get(cv2.CAP_PROP_FPS)
        length = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.fps = fps if math.isfinite(fps) and fps > 0 else None
        self.length = int(length) if math.isfinite(length) else None
        if self.length is not None and self.length < 1:
            self.length = None
        codec = int(capture.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF
        there = capture.read()[0]
        capture.release()
        if not there:
            raise ValueError(
                f'not one frame of {self.path} can be decoded (codec '
                f'{_fourcc(codec)}): it has none, is cut off, or OpenCV '
                f'cannot read this codec; convert it: {_convert(self.path)}'
            )

    def __iter__(self) -> Iterator[Frame]:
        """Yields the frames; see :meth:`FrameSource.__iter__`."""
        capture, index = self._open(), 0
        try:
            while True:
                there, image = capture.read()
                if not there:
                    break
                yield Frame(index, image)
                index += 1
        finally:
            capture.release()
        # Headers of some formats give the number from the running time, and
        # edit lists hide frames: a difference of one in a hundred is none.
        announced = self.length or 0
        if announced - index > max(1, announced // 100):
            raise SourceEndedEarly(
                f'{self.name} announces {announced} frames, but only {index} '
                'can be decoded: it is cut off or damaged, and the results '
                'end there; get the file again'
            )

    def count(self) -> int:
        """Decodes the file once to count what can be decoded."""
        capture, number = self._open(), 0
        while capture.grab():
            number += 1
        capture.release()
        return number

    def _open(self) -> cv2.VideoCapture:
        """The file from its beginning."""
        with quiet_opencv():
            # No other backend: CAP_IMAGES takes a photo for a series.
            capture = cv2.VideoCapture(self.path, cv2.CAP_FFMPEG)
        if not capture.isOpened():
            raise ValueError(
                f'{self.path} is not a video, or it is cut off (an mp4 file '
                'may have its index at the end), or its format or codec is '
                f"unknown to OpenCV's ffmpeg; try: {_convert(self.path)}"
            )
        return capture


def _fourcc(code: int) -> str:
    """The four letters of a codec, or its number if they are none."""
    letters = code.to_bytes(4, 'little').decode('ascii', 'replace')
    return letters if letters.isprintable() and code else hex(code)


def _convert(path: str) -> str:
    """A command that makes a file which can be read."""
    return f'ffmpeg -i {path} -c:v libx264 -pix_fmt yuv420p converted.mp4'
