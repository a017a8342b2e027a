# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""ImageNet VID's text format for detections.

A line is ``frame_index class_index score x1 y1 x2 y2``. Frames count from 1
in the order of the list of frames, classes from 1 in their order; a box is
in pixels of the frame.

Legend: n detections of a frame, I images, L lines.
"""

import logging
from io import StringIO
from itertools import islice
from typing import Any, Dict, List, Sequence

import numpy as np
from mmengine.logging import print_log

from ..utils.text_files import read_text

# Lines read together: some 50 MB.
LINES_AT_ONCE = 1 << 16
# Nine digits tell all float32 apart, so that reading gives what was written.
LINE = '%d %d %.9g %.9g %.9g %.9g %.9g\n'


def write_vid_text(
    path: str,
    predictions: Dict[Any, Dict[str, np.ndarray]],
    image_ids: Sequence[Any],
) -> None:
    """Write detections, frame by frame in the order of the images.

    Args:
        path (str): The file.
        predictions (dict): bboxes [n, 4] xyxy, scores [n] and labels [n] by
            image id; an image without an entry has no lines.
        image_ids (Sequence): Id of each image in order, [I].
    """
    with open(path, 'w') as file:
        for number, image_id in enumerate(image_ids, 1):
            frame = predictions.get(image_id)
            if frame is None:
                continue
            for label, score, box in zip(
                frame['labels'].tolist(),
                frame['scores'].tolist(),
                frame['bboxes'].tolist(),
            ):
                file.write(LINE % (number, label + 1, score, *box))


def read_vid_text(
    path: str, image_ids: Sequence[Any]
) -> Dict[Any, Dict[str, np.ndarray]]:
    """Read detections.

    Args:
        path (str): The file.
        image_ids (Sequence): Id of each image in order, [I].

    Returns:
        dict: bboxes float32 [n, 4], scores float32 [n] and labels int32 [n]
        of every image, by id, in the order of the lines.

    Raises:
        ValueError: If a line is not of this form, or a number out of range;
            the message names the line.
    """
    # float64 holds the float32 values and the indices exactly.
    parts = [np.zeros((0, 7))]
    file = StringIO(read_text(path))
    begin = 1
    while True:
        lines = list(islice(file, LINES_AT_ONCE))
        if not lines:
            break
        parts.append(_parse(lines, begin, path, len(image_ids)))
        begin += len(lines)
    table = np.concatenate(parts)
    _warn_of_repeats(table, path)
    table = table[np.argsort(table[:, 0], kind='stable')]
    start = np.searchsorted(table[:, 0], np.arange(1, len(image_ids) + 2))
    predictions = {}
    for i, image_id in enumerate(image_ids):
        rows = table[start[i] : start[i + 1]]
        predictions[image_id] = dict(
            bboxes=rows[:, 3:].astype(np.float32),
            scores=rows[:, 2].astype(np.float32),
            labels=rows[:, 1].astype(np.int32) - 1,
        )
    return predictions


def _parse(
    lines: List[str], begin: int, path: str, num_images: int
) -> np.ndarray:
    """Numbers of some lines, float64 [L, 7]; blank lines are left out."""
    words = [line.split() for line in lines]
    numbers = [n for n, row in enumerate(words, begin) if row]
    words = [row for row in words if row]
    try:
        table = np.array(words, dtype=np.float64).reshape(-1, 7)
        whole = len(table) == len(words)
    except ValueError:
        whole = False
    if not whole:
        _complain(words, numbers, path)
    frame, label = table[:, 0], table[:, 1]
    for bad, problem in (
        (~np.isfinite(table).all(1), 'a value that is NaN or infinite'),
        (
            (frame < 1) | (frame > num_images) | (frame % 1 != 0),
            f'a frame index that is not one of 1 to {num_images}, the images '
            'of the annotation file',
        ),
        (
            (label < 1) | (label % 1 != 0),
            'a class index that is not 1 or greater',
        ),
    ):
        if bad.any():
            first = int(np.argmax(bad))
            raise ValueError(
                f'line {numbers[first]} of {path!r}, '
                f'{" ".join(words[first])!r}, has {problem}; frames and '
                'classes count from 1'
            )
    return table


def _warn_of_repeats(table: np.ndarray, path: str) -> None:
    """Count lines that another one repeats: files that were joined twice."""
    rows = table[np.lexsort(table.T)]
    repeated = np.flatnonzero((rows[1:] == rows[:-1]).all(1))
    if len(repeated):
        line = LINE.strip() % tuple(rows[repeated[0]])
        print_log(
            f'{len(repeated)} of {len(rows)} lines of {path!r} repeat '
            f'another one, such as {line!r}; each is one more false detection',
            logger='current',
            level=logging.WARNING,
        )


def _complain(words: List[List[str]], numbers: List[int], path: str) -> None:
    """Raise a ValueError for the first line that is not seven numbers."""
    for number, row in zip(numbers, words):
        try:
            good = len([float(word) for word in row]) == 7
        except ValueError:
            good = False
        if not good:
            raise ValueError(
                f'line {number} of {path!r} is {" ".join(row)!r}; write '
                'seven numbers a line: frame_index class_index score x1 y1 '
                'x2 y2'
            )
