# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The ffmpeg program, which reads and writes videos."""

import functools
import os
import os.path as osp
import re
import subprocess
from typing import Any, Sequence

# With -fps_mode.
_OLDEST = (5, 1)
_REMEDY = (
    'pip install "imageio-ffmpeg>=0.6", or set IMAGEIO_FFMPEG_EXE to an '
    'ffmpeg 5.1 or newer'
)
# ffmpeg of imageio-ffmpeg 0.6 is linked statically, and crashes on every .ts
# file once it loads the character tables of the system's C library.
_NO_TABLES = dict(GCONV_PATH='/nonexistent')


@functools.lru_cache(maxsize=None)
def ffmpeg_program() -> str:
    """Find ffmpeg: that of imageio-ffmpeg, or IMAGEIO_FFMPEG_EXE.

    Raises:
        OSError: There is none, or one that is too old.
    """
    try:
        import imageio_ffmpeg

        program = imageio_ffmpeg.get_ffmpeg_exe()
        version = imageio_ffmpeg.get_ffmpeg_version()
    except (ImportError, RuntimeError) as error:
        raise OSError(
            'videos are read and written by ffmpeg, which was not found '
            f'({error}); {_REMEDY}'
        ) from error
    # Versions between two releases go by other names.
    number = re.match(r'n?(\d+)\.(\d+)', version)
    if number and (int(number[1]), int(number[2])) < _OLDEST:
        raise OSError(f'{program} is ffmpeg {version}, too old; {_REMEDY}')
    return program


def start_ffmpeg(arguments: Sequence[str], **streams: Any) -> Any:
    """Start ffmpeg with pipes.

    Args:
        arguments: Its command line.
        **streams: ``stdin``, ``stdout`` and ``stderr`` of
            :class:`subprocess.Popen`.

    Returns:
        subprocess.Popen: Ctrl-C at the terminal does not reach it.

    Raises:
        OSError: There is no ffmpeg.
    """
    return subprocess.Popen(
        [ffmpeg_program(), '-hide_banner', *arguments],
        env={**os.environ, **_NO_TABLES},
        start_new_session=True,
        **streams,
    )


def file_url(path: str) -> str:
    """Return a path as ffmpeg takes it for a file, whatever letters are in it.

    ffmpeg takes ``cam:1.mp4`` for the address 1.mp4 of a protocol ``cam``,
    and ``-`` for its standard input.

    Example:
        >>> file_url('/videos/cam:1.mp4')
        'file:/videos/cam:1.mp4'
    """
    return f'file:{osp.abspath(path)}'
