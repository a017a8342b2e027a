# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Sizes of many images, each looked at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Tuple, Union

from ..annotations.images import check_size
from ..run.cores import usable_cores
from ..utils.image_files import image_size

Size = Tuple[int, int]
# So many faults of a video are named.
_NAMED = 5


def sizes_of(
    images: Mapping[int, Path], recorded: Mapping[int, Optional[Size]]
) -> Dict[int, Size]:
    """Return the sizes of images, and make sure that they can be used.

    Args:
        images (Mapping[int, Path]): Files by frame number.
        recorded (Mapping[int, tuple | None]): Width and height by frame
            number, where the annotations say so.

    Returns:
        dict[int, tuple]: Width and height in pixels, upright.

    Raises:
        ValueError: An image is cut off or of another size than recorded;
            the text names the first few of them.
    """

    def look(number: int) -> Union[Size, Exception]:
        try:
            size = image_size(str(images[number]))
            width, height = recorded.get(number) or size
            check_size(
                str(images[number]),
                size[::-1],
                dict(width=width, height=height),
            )
            return size
        except (OSError, ValueError) as error:
            return error

    with ThreadPoolExecutor(max(1, usable_cores())) as pool:
        found = dict(zip(images, pool.map(look, images)))
    faults: List[str] = [
        f'frame {number}: {found[number]}'
        for number in images
        if isinstance(found[number], Exception)
    ]
    if faults:
        more = len(faults) - _NAMED
        raise ValueError(
            '\n  '.join(faults[:_NAMED] + [f'and {more} more'] * (more > 0))
        )
    return {n: size for n, size in found.items() if isinstance(size, tuple)}
