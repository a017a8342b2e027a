# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""ffmpeg at work on a video file."""

from __future__ import annotations

import re
import subprocess
import threading
from typing import Iterator, List, Optional, Tuple

from ..utils.ffmpeg import file_url, start_ffmpeg
from ..utils.matroska import RawFrame, read_frames

# Where pixels are not square, the shorter side of a pixel is enlarged, as a
# player does; a ratio that only rounding has made is left alone.
_SQUARE_PIXELS = (
    "scale=w='if(between(sar,1.02,4),round(iw*sar),iw)'"
    ":h='if(between(sar,0.25,0.98),round(ih/sar),ih)'"
)
# A row more than the frame has: so frames of 4 x 6 and 6 x 4 pixels differ in
# their number of bytes, which is all that tells them apart in raw video.
_EXTRA_ROW = 'format=bgr24,pad=iw:ih+1'
# Matroska counts milliseconds: microseconds go through a thousandfold clock.
_CLOCK = 'setpts=PTS*1000'

_LOG_LINE = re.compile(r'^((?:\[[^]]* @ [^]]*\] )*)\[(\w+)\] (.*)$')


class Decoder:
    """ffmpeg that decodes the first video of a file, picture covers aside.

    Frames are what a player shows: turned and mirrored as the file says, and
    with square pixels. Their ``time`` is in microseconds.

    Args:
        path (str): The file.

    Raises:
        OSError: There is no ffmpeg.
    """

    def __init__(self, path: str) -> None:
        command = ['-nostdin', '-nostats', '-v', 'level+verbose']
        command += ['-i', file_url(path), '-map', '0:V:0', '-noautoscale']
        command += ['-vf', ','.join((_SQUARE_PIXELS, _EXTRA_ROW, _CLOCK))]
        # Every frame once, at its own time.
        command += ['-fps_mode', 'passthrough', '-enc_time_base', '1:1000']
        command += ['-c:v', 'rawvideo', '-allow_raw_vfw', '1']
        self._process = start_ffmpeg(
            [*command, '-f', 'matroska', 'pipe:1'],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.log: List[str] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def __iter__(self) -> Iterator[RawFrame]:
        """Yield the frames; afterwards the log is whole."""
        yield from read_frames(self._process.stdout)
        self._process.stdout.close()  # or it may wait for a reader
        self._process.wait()
        self._listener.join()

    def close(self) -> None:
        """End ffmpeg; what it has decoded ahead is lost."""
        self._process.kill()
        self._process.wait()
        self._listener.join()
        self._process.stdout.close()
        self._process.stderr.close()

    def find(self, pattern: str) -> Optional[str]:
        """Return the first group of a pattern in the log's first such line."""
        for line in self.log:
            match = re.search(pattern, line)
            if match is not None:
                return match[1]
        return None

    def videos(self) -> List[str]:
        """Return what ffmpeg says of each video in the file, covers aside."""
        found = []
        for line in self.log:
            if 'Stream mapping:' in line:  # what follows is what it makes
                break
            match = re.search(r'Stream #0:\d.*?: Video: (.*)', line)
            if match is not None and '(attached pic)' not in line:
                found.append(match[1])
        return found

    def errors(self) -> List[str]:
        """Return what ffmpeg calls an error, in its words, in order."""
        return [text for _, text in self._errors()]

    def loss(self) -> str:
        """Why there are fewer frames than in the whole file; '' if not so.

        An error in the container (the file ends too soon, a part of it makes
        no sense), or frames that could not be decoded at all. Frames that
        are decoded with an error in them are not lost.
        """
        container = f'[{self.find(r"Input #0, (.*), from ")} @'
        for context, text in self._errors():
            if context.startswith(('[in#', container)):
                return text
        failed = self.find(r'(\d+) decode errors') or '0'
        if failed != '0':
            return f'{failed} frames cannot be decoded'
        code = self._process.returncode
        return f'ffmpeg ended with status {code}' if code else ''

    def _errors(self) -> Iterator[Tuple[str, str]]:
        """Yield who reports an error, and the text."""
        for line in self.log:
            match = _LOG_LINE.match(line)
            if match is not None and match[2] in ('error', 'fatal', 'panic'):
                yield match[1], match[3]

    def _listen(self) -> None:
        """Keep what ffmpeg says, so that its pipe never fills up."""
        for line in self._process.stderr:
            self.log.append(line.decode('utf-8', 'replace').rstrip())
