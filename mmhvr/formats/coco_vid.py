# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""CocoVID and TAO: COCO's JSON with a list of videos.

Frames count by ``frame_id`` or ``frame_index``, tracks go by ``instance_id``
or ``track_id``.
"""

from __future__ import annotations

from ..annotations.reader import AnnotationFile
from .coco import Coco


class CocoVid(Coco):
    """A CocoVID or TAO file: COCO with videos."""

    kind = 'CocoVID or TAO'

    def check(self, file: AnnotationFile) -> None:
        """ValueError if the file is not of this kind."""
        super().check(file)
        if not file.videos or file.images[0].get('video_id') is None:
            raise ValueError(
                f'{file.path} has no videos, or images without video_id; '
                'if file names tell the videos, use --format coco'
            )
