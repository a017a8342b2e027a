# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Which annotated boxes count: one rule for training and evaluation.

Legend: A annotations of a file; boxes are xywh in pixels as COCO writes them.
"""

from typing import Optional

import numpy as np

from .fields import Records, describe
from .findings import Findings

#: Why a box is left out, by the number that :func:`leave_out` gives it.
LEFT_OUT = (
    '',
    'NaN or infinite',
    'inverted (width or height below 0)',
    'under a pixel wide or high',
    'wholly outside of their image',
)
_KINDS = ('box-not-finite', 'box-inverted', 'box-empty', 'box-outside')
# A box that reaches out of its image by so many pixels is only rounded.
_SLACK = 1.0
# So many boxes tell in which form a tool wrote them.
_ENOUGH = 20


def leave_out(
    boxes: np.ndarray, sizes: Optional[np.ndarray] = None
) -> np.ndarray:
    """Tell which boxes can be neither learnt nor found.

    MMDetection's rule in training: a box counts if it is at least a pixel
    wide and high and shares an area with its image. It is never cut here.

    Args:
        boxes (np.ndarray): xywh in pixels, float64 [A, 4].
        sizes (np.ndarray, optional): Width and height of each box's image,
            [A, 2]; without them images are taken as endless to the right and
            below.

    Returns:
        np.ndarray: int64 [A], 0 for a box that counts, else the place of the
        reason in :data:`LEFT_OUT`.

    Example:
        >>> leave_out(np.array([[0, 0, 9, 9], [5, 5, -2, 3], [0, 0, 9, .5]]))
        array([0, 2, 3])
    """
    limit = np.inf if sizes is None else sizes
    with np.errstate(invalid='ignore'):
        start, extent = boxes[:, :2], boxes[:, 2:]
        inside = np.minimum(start + extent, limit) - np.maximum(start, 0)
        reasons = np.select(
            [
                ~np.isfinite(boxes).all(1),
                (extent < 0).any(1),
                (extent < 1).any(1),
                (inside <= 0).any(1),
            ],
            [1, 2, 3, 4],
        )
    return reasons.astype(np.int64)


def check_boxes(
    boxes: np.ndarray,
    reasons: np.ndarray,
    sizes: Optional[np.ndarray],
    annotations: Records,
    findings: Findings,
) -> None:
    """Count what is left out, and tell boxes of another form.

    Args:
        boxes (np.ndarray): xywh as the file has them, float64 [A, 4].
        reasons (np.ndarray): As :func:`leave_out` returns them, [A].
        sizes (np.ndarray, optional): Of their images, [A, 2].
        annotations (list[dict]): Their records, A.
        findings (Findings): Gets errors and warnings.
    """
    if not len(boxes):
        return
    kept = reasons == 0
    finite = boxes[np.isfinite(boxes).all(1)]
    if len(finite) and (finite <= 1).all() and not kept.any():
        findings.error(
            'boxes-as-shares',
            len(boxes),
            f'none of {len(boxes)} boxes has a coordinate above 1, so they '
            'are shares of the image',
            _name(0, boxes, annotations),
        )
        return
    if not kept.any():
        findings.error(
            'boxes-unusable',
            len(boxes),
            f'none of {len(boxes)} boxes can be used',
        )
    for reason, kind in enumerate(_KINDS, 1):
        places = np.flatnonzero(reasons == reason)
        if len(places):
            findings.warn(
                kind,
                len(places),
                f'{len(places)} of {len(boxes)} boxes are {LEFT_OUT[reason]}',
                _name(places[0], boxes, annotations),
            )
    if sizes is not None:
        _check_form(boxes, reasons, sizes, annotations, findings)


def check_repeats(
    rows: np.ndarray, annotations: Records, findings: Findings
) -> None:
    """Count boxes that another one repeats.

    Args:
        rows (np.ndarray): What tells boxes apart: image, category and
            bounds, float64 [A, 6].
        annotations (list[dict]): Their records, A.
        findings (Findings): Gets a warning.
    """
    again = repeated(rows)
    if len(again):
        findings.warn(
            'box-repeated',
            len(again),
            f'{len(again)} of {len(rows)} boxes repeat another one of the '
            'same image, category and bounds',
            describe(annotations[again.min()]),
        )


def check_ignored(ignored: np.ndarray, findings: Findings) -> None:
    """Warn if no box is to be found.

    Args:
        ignored (np.ndarray): Whether a box is a crowd or ignored, bool [A].
        findings (Findings): Gets a warning.
    """
    if len(ignored) and ignored.all():
        findings.warn(
            'boxes-ignored',
            len(ignored),
            f'all {len(ignored)} boxes have iscrowd or ignore',
        )


def _check_form(
    boxes: np.ndarray,
    reasons: np.ndarray,
    sizes: np.ndarray,
    annotations: Records,
    findings: Findings,
) -> None:
    """Boxes that end beyond their image are of another form or image."""
    start, extent = boxes[:, :2], boxes[:, 2:]
    kept = reasons == 0
    with np.errstate(invalid='ignore'):
        beyond = (kept | (reasons == 4)) & reach_out(boxes, sizes)
        corners = (extent > start) & (extent <= sizes + _SLACK)
    number = int(beyond.sum())
    if not (beyond & kept).any():
        return
    first = int(np.argmax(beyond & kept))
    width, height = sizes[first].astype(int)
    text = f'{number} of {len(boxes)} boxes end beyond their image'
    example = f'{_name(first, boxes, annotations)} ({width} x {height})'
    enough = len(boxes) >= _ENOUGH
    if enough and number > 0.1 * len(boxes) and corners[kept].all():
        text += ', and all fit as corners [x1, y1, x2, y2]'
        findings.error('boxes-as-corners', number, text, example)
    elif enough and number > 0.5 * len(boxes):
        findings.error('boxes-of-other-size', number, text, example)
    else:
        findings.warn('box-beyond', number, text, example)


def reach_out(boxes: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Tell which boxes end beyond their image by more than a rounding.

    Args:
        boxes (np.ndarray): xywh in pixels, [A, 4].
        sizes (np.ndarray): Width and height of their images, [A, 2].

    Returns:
        np.ndarray: bool [A].
    """
    start, end = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    return ((start < -_SLACK) | (end > sizes + _SLACK)).any(1)


def repeated(rows: np.ndarray) -> np.ndarray:
    """Places of the rows that are as an earlier one, in no order."""
    order = np.lexsort(rows.T)
    return order[1:][(rows[order[1:]] == rows[order[:-1]]).all(1)]


def _name(place: int, boxes: np.ndarray, annotations: Records) -> str:
    """Name a box so that a person finds it."""
    box = ', '.join(f'{value:g}' for value in boxes[place])
    return f'[{box}] of {describe(annotations[place])}'
