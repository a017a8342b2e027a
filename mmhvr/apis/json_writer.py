# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Detections as a JSON file that is valid after every frame."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional, Sequence

from ..sources import Frame
from ..utils.files import check_writable
from .frames import FrameResult

FORMAT = 'mmhvr-detections-1'


class JSONWriter:
    """Writes one object a frame, docs/en/inference.md has the schema.

    Each frame is written together with the end of the file, in one call, and
    the next frame overwrites that end. So the file is valid JSON at any
    time, also if the process is killed, and ``complete`` in it is false
    until the source has been read to its end.

    Args:
        path (str): The file, ending in .json; its folder is made.
        class_names (Sequence[str]): The name of each class.
        header (dict, optional): Further entries of the file.

    Raises:
        ValueError: The name does not end in .json.
        OSError: The file cannot be written.

    Example:
        >>> with JSONWriter('out.json', ('ant', 'bee')) as writer:
        ...     writer.write(frame, result)
        ...     writer.complete = True
    """

    def __init__(
        self,
        path: str,
        class_names: Sequence[str],
        header: Optional[Dict[str, Any]] = None,
    ) -> None:
        if not path.endswith('.json'):
            raise ValueError(f'JSON path is {path!r}; let it end in .json')
        check_writable(path, 'JSON file')
        self.class_names = class_names
        self.complete = False
        self.message = ''
        self._size: Optional[Sequence[int]] = None
        self._num_frames = 0
        self._file = open(path, 'wb')
        start = json.dumps(
            dict(format=FORMAT, classes=list(class_names), **(header or {}))
        )
        # Without the last brace: the frames follow.
        self._put(f'{start[:-1]},\n"frames": [')

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Append a frame.

        Args:
            frame (Frame): The frame.
            result (FrameResult): What was found in it.
        """
        self._size = frame.image.shape[1::-1]
        separator = ',' if self._num_frames else ''
        self._num_frames += 1
        record = json.dumps(frame_record(frame, result, self.class_names))
        self._put(f'{separator}\n{record}')

    def close(self) -> None:
        """Completes the file; does nothing the second time."""
        if not self._file.closed:
            self._file.truncate(self._put(''))
            self._file.close()

    def __enter__(self) -> 'JSONWriter':
        return self

    def __exit__(self, *error: Any) -> None:
        self.close()

    def _put(self, text: str) -> int:
        """Write text and the end of the file, and goes back before the end.

        Returns:
            int: Where the file ends.
        """
        end = json.dumps(
            dict(
                num_frames=self._num_frames,
                size=self._size,
                complete=self.complete,
                message=self.message,
            )
        )
        start = self._file.tell()
        body, tail = text.encode(), f'\n],\n{end[1:]}\n'.encode()
        self._file.write(body + tail)
        self._file.flush()
        self._file.seek(start + len(body))
        return start + len(body) + len(tail)


def source_inside(path: str) -> Optional[str]:
    """Return the source whose detections a file has, or None.

    Args:
        path (str): The file.
    """
    try:
        with open(path, encoding='utf-8') as file:
            head = json.loads(file.readline().rstrip().rstrip(',') + '}')
    except (OSError, ValueError):
        return None
    is_ours = isinstance(head, dict) and head.get('format') == FORMAT
    return head.get('source') if is_ours else None


def frame_record(
    frame: Frame, result: FrameResult, class_names: Sequence[str]
) -> Dict[str, Any]:
    """Return a frame as it stands in the file.

    Args:
        frame (Frame): The frame.
        result (FrameResult): What was found in it.
        class_names (Sequence[str]): The name of each class.

    Returns:
        dict: ``frame``, ``name``, ``time`` in seconds to a millionth, and
        ``detections``, boxes in pixels to a hundredth, scores to a millionth.
    """
    return dict(
        frame=frame.index,
        name=frame.name,
        time=None if frame.time is None else round(frame.time, 6),
        detections=[
            dict(
                label=int(label),
                **{'class': class_name(int(label), class_names)},
                score=round(float(score), 6),
                box=[round(float(value), 2) for value in box],
            )
            for box, score, label in zip(
                result.boxes, result.scores, result.labels
            )
        ],
    )


def class_name(label: int, class_names: Sequence[str]) -> str:
    """Return the name of a class, its number if it has none."""
    return class_names[label] if label < len(class_names) else str(label)
