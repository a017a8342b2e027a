# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
r"""Average precision when each video counts so many times.

With c_v how often video v was drawn, h_j and w_j what detection j counts as a
true and as a false one, and g_v the boxes of a video,

.. math::
    TP_i = \sum_{j \le i} c_{v(j)} h_j, \quad
    FP_i = \sum_{j \le i} c_{v(j)} w_j, \quad G = \sum_v c_v g_v .

This equals the evaluation of a data set that holds a video c_v times, each
copy of a frame right after the frame. Precision does not fall while true
detections follow each other and does not rise while false ones do, so that
only the ends of the rows of true detections matter, and copies may be counted
at once. The exception are true and false detections of one frame that have
the same score: their copies take turns (true, false, true, false), and each
turn is a row of its own, which is there if c_v is large enough.

Legend: D detections, I images, V videos, B resamples, N rows.
"""

from typing import Tuple

import numpy as np
from scipy.sparse import csr_matrix

from ..evaluation.matching import descending_order
from ..evaluation.ranking import Ranking

# Rows, or videos, times resamples looked at together: arrays of 8 MB.
CELLS_AT_ONCE = 1 << 20


def weighted_average_precisions(
    ranking: Ranking,
    videos: np.ndarray,
    counts: np.ndarray,
    share: np.ndarray,
) -> np.ndarray:
    """AP of one class in each resample.

    Args:
        ranking (Ranking): What its detections found.
        videos (np.ndarray): Number of each image's video, int [I].
        counts (np.ndarray): How often each video counts, int [V, B].
        share (np.ndarray): Weight of a false detection that stands alone,
            [B].

    Returns:
        np.ndarray: float64 [B]; NaN in a resample without boxes to find.
    """
    boxes = np.bincount(videos[ranking.box_images], minlength=len(counts))
    number = boxes @ counts
    result = np.full(counts.shape[1], np.nan)
    if not len(ranking.box_images):
        return result
    true, false, alone = _rows(
        ranking, videos, len(counts), int(counts.max(initial=0))
    )
    step = max(1, CELLS_AT_ONCE // max(true.shape))
    for begin in range(0, counts.shape[1], step):
        part = slice(begin, begin + step)
        drawn = _with_turns(counts[:, part], true.shape[1] // len(counts) - 1)
        hits = true @ drawn
        misses = false @ drawn
        if alone.nnz:
            misses += share[part] * (alone @ drawn)
        np.divide(
            _area(hits, misses),
            number[part],
            out=result[part],
            where=number[part] > 0,
        )
    return result


def _rows(
    ranking: Ranking, videos: np.ndarray, num_videos: int, most: int
) -> Tuple[csr_matrix, csr_matrix, csr_matrix]:
    """Return what each video adds to each row.

    A row is false detections and then true ones.

    Args:
        ranking (Ranking): What the detections found.
        videos (np.ndarray): Number of each image's video, int [I].
        num_videos (int): V.
        most (int): The most copies of a video.

    Returns:
        tuple[csr_matrix, csr_matrix, csr_matrix]: True ones, false ones, and
        those that are false by the share, [N, V] each. If copies take turns
        there are V columns more for each turn.
    """
    order = descending_order(ranking.scores)
    some = ranking.hits | (ranking.weights > 0) | ranking.alone
    order, turn = _take_turns(ranking, order[some[order]], most)
    columns = videos[ranking.images[order]] + num_videos * turn
    hits = ranking.hits[order]
    rows = np.cumsum(np.diff(hits.astype(np.int8), prepend=0) < 0)
    # What follows the last true detection adds nothing.
    shape = (
        int(rows[hits].max(initial=0)) + 1,
        num_videos * (1 + int(turn.max(initial=0))),
    )

    def add(values: np.ndarray) -> csr_matrix:
        used = (rows < shape[0]) & (values > 0)
        return csr_matrix(
            (values[used], (rows[used], columns[used])), shape=shape
        )

    return (
        add(hits.astype(np.float64)),
        add(ranking.weights[order]),
        add(ranking.alone[order].astype(np.float64)),
    )


def _take_turns(
    ranking: Ranking, order: np.ndarray, most: int
) -> Tuple[np.ndarray, np.ndarray]:
    """Write copies out where true and false ones of a frame have one score.

    Args:
        ranking (Ranking): What the detections found.
        order (np.ndarray): Detections by falling score, int [D].
        most (int): The most copies of a video.

    Returns:
        tuple[np.ndarray, np.ndarray]: The detections with their copies, and
        of which turn each is: from 1 to ``most``, or 0 where all copies of
        the detection stand together, int [D'].
    """
    scores, images = ranking.scores[order], ranking.images[order]
    hits = ranking.hits[order]
    equal = (np.diff(scores) == 0) & (np.diff(images) == 0)
    block = np.concatenate([np.zeros(len(order[:1])), np.cumsum(~equal)])
    block = block.astype(np.int64)
    mixed = (np.bincount(block, hits) > 0) & (np.bincount(block, ~hits) > 0)
    together = np.flatnonzero(~mixed[block])
    apart = np.flatnonzero(mixed[block])
    if not len(apart):
        return order, np.zeros(len(order), dtype=np.int64)
    index = np.concatenate([together, np.tile(apart, most)])
    turn = np.repeat(
        np.arange(1 + most), [len(together)] + [len(apart)] * most
    )
    place = np.lexsort((index, turn, block[index]))
    return order[index[place]], turn[place]


def _with_turns(counts: np.ndarray, turns: int) -> np.ndarray:
    """Count, and whether each turn takes place, float64 [V (1 + T), B]."""
    parts = [counts, *(counts >= turn for turn in range(1, turns + 1))]
    return np.concatenate(parts).astype(np.float64)


def _area(true: np.ndarray, false: np.ndarray) -> np.ndarray:
    """Area under the envelope, times the boxes to find.

    Args:
        true (np.ndarray): True detections of each row, [N, B].
        false (np.ndarray): False detections before them, [N, B].

    Returns:
        np.ndarray: float64 [B].
    """
    hits = np.cumsum(true, axis=0)
    both = np.cumsum(false, axis=0)
    both += hits
    precision = np.divide(hits, both, out=hits, where=both > 0)
    envelope = np.maximum.accumulate(precision[::-1], axis=0)[::-1]
    return np.einsum('nb,nb->b', true, envelope)
