# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The frames of a video file."""

from __future__ import annotations

import os
import os.path as osp
import re
import warnings
from contextlib import closing
from typing import Iterator, Optional, Sequence, Union

import numpy as np

from .base import Frame, FrameSource, SourceEndedEarly
from .decoder import Decoder

# Brands of photo files that ffmpeg takes for videos of their tiles.
_PHOTOS = ('heic', 'heix', 'mif1', 'avif')


class VideoFile(FrameSource):
    """A video file of any format that ffmpeg decodes.

    Frames are what a player shows: a phone's rotation mark is obeyed, at any
    angle, mirrors too, and pixels are square. Each has its time, so the rate
    may vary. The first frame is decoded at once, so that what is no video is
    found before any work starts.

    Args:
        path (str | PathLike): The file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is empty, no video, or its codec cannot be decoded.
        OSError: There is no ffmpeg.

    Warns:
        UserWarning: The file has several videos, or high dynamic range.

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
        with closing(Decoder(self.path)) as decoder:
            there = next(iter(decoder), None) is not None
        reason = _why_no_video(decoder)
        if reason:
            raise ValueError(f'{self.path} is not a video, but {reason}')
        if not there:
            raise ValueError(
                f'{self.path} is not a video, is cut off (an mp4 file may '
                'have its index at the end), or is of a format or codec that '
                f'ffmpeg does not know: {_description(decoder)}; get the file '
                'again, or export it as H.264 .mp4 with the program that '
                'made it'
            )
        videos = decoder.videos()
        for oddity in _oddities(videos):
            warnings.warn(f'{self.path} {oddity}', stacklevel=2)
        fps = re.search(r', ([\d.]+k?) (?:fps|tbr)', videos[0])
        self.fps = None if fps is None else _rate(fps[1])
        seconds = _seconds(decoder.find(r'Duration: ([\d:.]+)'))
        if seconds and self.fps:
            self.length = max(1, round(seconds * self.fps))

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames; see :meth:`FrameSource.__iter__`."""
        index, times = -1, []
        with closing(Decoder(self.path)) as decoder:
            for index, raw in enumerate(decoder):
                height = raw.height - 1  # see Decoder
                if len(raw.data) != 3 * raw.width * raw.height:
                    raise ValueError(
                        f'frame {index} of {self.name} is of another size '
                        f'than those before, {raw.width}x{height} pixels; '
                        'write the file anew with one size: ffmpeg -i FILE '
                        f'-vf scale={raw.width}:{height} one_size.mp4'
                    )
                pixels = np.frombuffer(raw.data, np.uint8)
                image = pixels.reshape(raw.height, raw.width, 3)[:height]
                times.append(raw.time / 1e6)
                yield Frame(index, image, time=times[-1])
        loss = decoder.loss()
        if not loss and _is_cut_riff(self.path):
            loss = 'it is shorter than its header says'
        if loss:
            raise SourceEndedEarly(
                f'{self.name} is cut off or damaged ({loss}): {index + 1} '
                'frames of it can be decoded, and the results end there; get '
                'the file again'
            )
        errors = decoder.errors()
        if errors:
            warnings.warn(
                f'ffmpeg reports {len(errors)} errors in {self.name}, the '
                f'first is: {errors[0]}; the results go through to its end, '
                'but some frames may be damaged or missing',
                stacklevel=2,
            )
        steps = np.diff(times)
        gap = _gap(steps)
        if gap is not None:
            warnings.warn(
                f'frames {gap} and {gap + 1} of {self.name} are '
                f'{steps[gap]:.3g} s apart, others {np.median(steps):.3g} s: '
                'frames may be missing there; get the file again',
                stacklevel=2,
            )

    def count(self) -> int:
        """Decode the file once to count what can be decoded."""
        with closing(Decoder(self.path)) as decoder:
            return sum(1 for _ in decoder)


def _gap(steps: np.ndarray) -> Optional[int]:
    """Find a frame after which others are missing, in a video of one rate.

    ffmpeg passes over damage that looks like a part of the container without
    a word. In a video of varying rate nothing can be told.

    Args:
        steps: From each frame to the next, in seconds.

    Returns:
        The index of the frame; None if all are there, or who knows.
    """
    if len(steps) < 9:
        return None
    usual = np.median(steps)
    # Containers round to a millisecond, or to a frame of a higher rate.
    gaps = np.flatnonzero(steps > 1.6 * usual + 0.002)
    others = np.delete(steps, gaps)
    is_steady = np.abs(others - usual).max() <= 0.1 * usual + 0.002
    return int(gaps[0]) if is_steady and 0 < len(gaps) <= 3 else None


def _why_no_video(decoder: Decoder) -> str:
    """Name what ffmpeg shows and a player does not; '' for a video."""
    if decoder.find(r'Input #0, (tty),'):
        return 'a text file'
    brand = decoder.find(r'major_brand +: (\w+)')
    if brand in _PHOTOS:
        return f'a photo ({brand}); save it as .jpg'
    return ''


def _description(decoder: Decoder) -> str:
    """Return what ffmpeg says of a file of which it decodes nothing."""
    return '; '.join([*decoder.videos()[:1], *decoder.errors()[:3]])


def _oddities(videos: Sequence[str]) -> Iterator[str]:
    """Yield in what the frames differ from what a person may expect.

    Args:
        videos: What ffmpeg says of the videos of a file, at least one.
    """
    if len(videos) > 1:
        yield (
            f'has {len(videos)} videos, of which the first is read; to get '
            'another: ffmpeg -i FILE -map 0:V:1 -c copy second.mkv'
        )
    curve = re.search(r'\b(smpte2084|arib-std-b67)\b', videos[0])
    if curve is not None:
        yield (
            f'is HDR ({curve[1]}), and its colours come out paler than a '
            'player shows them; a copy in usual colours: ffmpeg -i FILE -vf '
            'zscale=t=linear:npl=100,tonemap=hable,zscale=t=bt709:m=bt709:'
            'p=bt709:r=tv,format=yuv420p usual.mp4'
        )


def _rate(text: str) -> float:
    """Frames a second, as ffmpeg prints them: '25', '29.97', '1k'."""
    if text.endswith('k'):
        return 1000 * float(text[:-1])
    rate = float(text)
    broadcast = round(rate) * 1000 / 1001  # 29.97 stands for 30000 / 1001
    return broadcast if abs(rate - broadcast) < 0.005 else rate


def _seconds(text: Optional[str]) -> float:
    """Seconds of '00:01:30.50', 0 if they are not known."""
    parts = [float(part) for part in (text or '0').split(':') if part]
    return sum(part * 60**i for i, part in enumerate(reversed(parts)))


def _is_cut_riff(path: str) -> bool:
    """Whether an .avi file has fewer bytes than its header announces."""
    with open(path, 'rb') as file:
        head = file.read(8)
    size = int.from_bytes(head[4:], 'little')
    # A recorder that was killed has left no size, or the largest.
    is_known = head[:4] == b'RIFF' and size < 0xFFFFFFFF
    return is_known and osp.getsize(path) < size + 8
