# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The image file of a frame, whatever its ending is."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Dict, List

from ...utils.image_files import IMAGE_SUFFIXES


class ImageNames:
    """Finds the images that belong to XML files.

    Images need not be there when annotations are converted; those of a folder
    without any are taken to end in ``.JPEG``, as ImageNet's do.

    Args:
        folder (Path): ``Data/VID`` or ``Data/DET``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Frames of a video come together.
        self._images_in = functools.lru_cache(maxsize=8)(images_in)

    def find(self, name: str) -> str:
        """Return the file of an image.

        Args:
            name (str): Its path below the folder, without ending.

        Returns:
            str: With ending, such as ``train/yard_01/000000.png``.

        Raises:
            FileNotFoundError: There are others in its folder, but not this.
            ValueError: There are several.
        """
        place = self.folder / name
        images = self._images_in(place.parent)
        found = images.get(place.name, [] if images else ['.JPEG'])
        if not found:
            raise FileNotFoundError(
                f'{place.parent} has {len(images)} images, but none for '
                f'the annotation {name}.xml; unpack or copy all of them'
            )
        if len(found) > 1:
            raise ValueError(
                f'{place} has {len(found)} images, {" and ".join(found)}; '
                'leave one'
            )
        return name + found[0]


def images_in(folder: Path) -> Dict[str, List[str]]:
    """Return the endings of the images of a folder, by name without ending."""
    endings: Dict[str, List[str]] = {}
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if path.suffix.lower() in IMAGE_SUFFIXES:
                endings.setdefault(path.stem, []).append(path.suffix)
    return endings
