# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Which annotated boxes count: one rule for training and evaluation.

Legend: A annotations of a file; boxes are xywh in pixels as COCO writes them.
"""

from typing import List, Optional

import numpy as np

from .fields import Records, describe
from .findings import Findings

#: Why a box is left out, by the number that :func:`leave_out` gives it.
LEFT_OUT = (
    '',
    'NaN or infinite',
    'inverted (width or height below 0)',
    'under a pixel wide or high',
    'wholly outside of its image',
)
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
            len(boxes),
            f'none of {len(boxes)} boxes has a coordinate above 1, so they '
            f'are shares of the image, such as {_show(boxes[0])} of '
            f'{describe(annotations[0])}; write pixels',
        )
    elif not kept.any():
        findings.error(
            len(boxes),
            f'none of {len(boxes)} boxes can be used: '
            + '; '.join(_causes(boxes, reasons, annotations)),
        )
    elif not kept.all():
        findings.warn(
            int((~kept).sum()),
            f'{(~kept).sum()} of {len(boxes)} boxes are left out, in '
            'training and in evaluation: '
            + '; '.join(_causes(boxes, reasons, annotations)),
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
    order = np.lexsort(rows.T)
    again = order[1:][(rows[order[1:]] == rows[order[:-1]]).all(1)]
    if len(again):
        findings.warn(
            len(again),
            f'{len(again)} of {len(rows)} boxes repeat another one of the '
            'same image, category and bounds, such as '
            f'{describe(annotations[again.min()])}; they count, so that one '
            'of the two is always missed: take them out',
        )


def check_ignored(ignored: np.ndarray, findings: Findings) -> None:
    """Warn if no box is to be found.

    Args:
        ignored (np.ndarray): Whether a box is a crowd or ignored, bool [A].
        findings (Findings): Gets a warning.
    """
    if len(ignored) and ignored.all():
        findings.warn(
            len(ignored),
            f'all {len(ignored)} boxes have iscrowd or ignore, so that there '
            'is none to learn or to find; set both to 0 for single objects',
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
        reach = (start < -_SLACK) | (start + extent > sizes + _SLACK)
        beyond = (kept | (reasons == 4)) & reach.any(1)
        corners = (extent > start) & (extent <= sizes + _SLACK)
    if not beyond.any():
        return
    number, first = int(beyond.sum()), int(np.argmax(beyond))
    width, height = sizes[first].astype(int)
    text = (
        f'{number} of {len(boxes)} boxes end beyond their image, such as '
        f'{_show(boxes[first])} of {describe(annotations[first])} '
        f'({width} x {height})'
    )
    enough = len(boxes) >= _ENOUGH
    if enough and number > 0.1 * len(boxes) and corners[kept].all():
        findings.error(
            number,
            f'{text}, and all fit as corners [x1, y1, x2, y2]; write '
            '[x, y, width, height]',
        )
    elif enough and number > 0.5 * len(boxes):
        findings.error(
            number,
            f'{text}: most boxes are of images of another size, or bbox is '
            'not [x, y, width, height] with x, y the upper left corner',
        )
    else:
        findings.warn(
            number,
            f'{text}: they count, unless they are wholly outside, and '
            'training cuts them at the border; if they are many, check that '
            'bbox is [x, y, width, height] with x, y the upper left corner',
        )


def _causes(
    boxes: np.ndarray, reasons: np.ndarray, annotations: Records
) -> List[str]:
    """Return number and example of each cause, the frequent first."""
    counts = np.bincount(reasons, minlength=len(LEFT_OUT))
    counts[0] = 0
    causes = []
    for cause in np.argsort(-counts, kind='stable')[: (counts > 0).sum()]:
        first = int(np.argmax(reasons == cause))
        causes.append(
            f'{counts[cause]} {LEFT_OUT[cause]}, such as '
            f'{_show(boxes[first])} of {describe(annotations[first])}'
        )
    return causes


def _show(box: np.ndarray) -> str:
    """Return a box in short."""
    return '[' + ', '.join(f'{value:g}' for value in box) + ']'
