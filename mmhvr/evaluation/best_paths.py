# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The paths with the largest sums of scores through the boxes of a video.

Legend: T frames, N boxes of the video, P links; boxes are numbered 0 .. N - 1,
frame by frame.
"""

import heapq
from bisect import bisect_right
from typing import List, Sequence, Tuple

import numpy as np

# The sum of a box that is gone: less than any sum of scores.
_GONE = -1.0


class BestPaths:
    """The best path from each box to the end, while boxes are taken away.

    A path goes on as long as its last box has a link. When boxes go, only
    those are looked at again whose path led through them: sums never grow, so
    all others have the best path that they had.

    Args:
        scores (np.ndarray): Scores of the boxes, none negative, float64 [N].
        first (list[int]): The first box of each frame, and N, [T + 1].
        links (np.ndarray): The boxes of the next frame that can follow, box
            by box and each box's in ascending order, [P].
        begins (np.ndarray): Where the links of each box begin, [N + 1].
        min_sum (float): Paths with a smaller sum are of no interest.

    Attributes:
        sums (list[float]): Largest sum of a path that starts at each box.
        is_free (np.ndarray): Whether a box is not yet gone, bool [N].
    """

    def __init__(
        self,
        scores: np.ndarray,
        first: Sequence[int],
        links: np.ndarray,
        begins: np.ndarray,
        min_sum: float,
    ) -> None:
        self.first = first
        self.is_free = np.ones(len(scores), dtype=bool)
        sums, follows = sum_up(scores, first, links, begins)
        # Lists, since boxes are looked at one by one from here on.
        self.sums = sums.tolist()
        self._scores = scores.tolist()
        self._links, self._begins = links, begins.tolist()
        self._next = follows.tolist()
        self._chosen_by: List[List[int]] = [[] for _ in self._next]
        self._num_linked = 0
        for box, follow in enumerate(self._next):
            if follow >= 0:
                self._chosen_by[follow].append(box)
                self._num_linked += 1
        # Pairs of a sum, negative, and its box: the best are the smallest.
        # Those of the beginning, best last, and a heap of those that fell.
        self._min_sum = max(min_sum, 0.0)
        order = np.argsort(-sums, kind='stable')[::-1]
        order = order[sums[order] >= min_sum]
        self._sorted = list(zip((-sums[order]).tolist(), order.tolist()))
        self._fallen: List[Tuple[float, int]] = []

    def take_best(self) -> List[int]:
        """Find the path with the largest sum of all that are left.

        It is the caller's to remove the boxes of the path.

        Returns:
            list[int]: Its boxes; of equal paths the one that starts at the
            lowest number. Empty if no link is left, or no path has the
            least sum.
        """
        best, fallen, sums = self._sorted, self._fallen, self.sums
        while self._num_linked and (best or fallen):
            if not fallen or (best and best[-1] < fallen[0]):
                total, box = best.pop()
            else:
                total, box = heapq.heappop(fallen)
            if sums[box] == -total:
                path = []
                while box >= 0:
                    path.append(box)
                    box = self._next[box]
                return path
            if sums[box] >= self._min_sum:
                heapq.heappush(fallen, (-sums[box], box))
        return []

    def remove(self, boxes: np.ndarray) -> None:
        """Take boxes and their links away.

        Args:
            boxes (np.ndarray): Free boxes of adjacent frames, in ascending
                order.
        """
        self.is_free[boxes] = False
        gone = boxes.tolist()
        for box in gone:
            self.sums[box] = _GONE
            self._num_linked -= self._next[box] >= 0
        frame = bisect_right(self.first, gone[-1]) - 1
        less: List[int] = []
        # Frame by frame, last to first: what is gone or worth less, and then
        # what had chosen it.
        while gone or less:
            while gone and gone[-1] >= self.first[frame]:
                less.append(gone.pop())
            left = [
                box
                for follow in less
                for box in self._chosen_by[follow]
                if self.sums[box] >= 0
            ]
            for follow in less:
                self._chosen_by[follow] = []
            less = self._choose_anew(left)
            frame -= 1

    def _choose_anew(self, boxes: List[int]) -> List[int]:
        """Find best paths of a frame's boxes; returns those worth less."""
        sums, links, begins = self.sums, self._links, self._begins
        sum_of = sums.__getitem__
        less = []
        for box in boxes:
            choice = links[begins[box] : begins[box + 1]].tolist()
            # The first of the largest, so ties go to the lowest number.
            follow = max(choice, key=sum_of)
            total = self._scores[box]
            if sums[follow] >= 0:
                total += sums[follow]
                self._chosen_by[follow].append(box)
                self._next[box] = follow
            else:
                self._num_linked -= 1
                self._next[box] = -1
            if total != sums[box]:
                sums[box] = total
                less.append(box)
        return less


def sum_up(
    scores: np.ndarray,
    first: Sequence[int],
    links: np.ndarray,
    begins: np.ndarray,
) -> Tuple[np.ndarray, np.ndarray]:
    """Run the dynamic programme from the last frame to the first.

    Args:
        scores (np.ndarray): See :class:`BestPaths`, as for the others.
        first (list[int]): The first box of each frame, and N, [T + 1].
        links (np.ndarray): The boxes that can follow, [P].
        begins (np.ndarray): Where those of each box begin, [N + 1].

    Returns:
        tuple[np.ndarray, np.ndarray]: The largest sum of a path that starts
        at each box, float64 [N], and the box that follows on it (of equal
        ones the lowest number), -1 for none, int64 [N].
    """
    sums = scores.copy()
    follows = np.full(len(scores), -1, dtype=np.int64)
    counts = np.diff(begins)
    for low, high in zip(first[-2::-1], first[:0:-1]):
        linked = low + np.flatnonzero(counts[low:high])
        if not len(linked):
            continue
        start, end = begins[low], begins[high]
        offered = sums[links[start:end]]
        own = begins[linked] - start
        best = np.maximum.reduceat(offered, own)
        # The first link of each box that offers its best.
        winners = np.flatnonzero(offered == np.repeat(best, counts[linked]))
        chosen = winners[np.searchsorted(winners, own)]
        follows[linked] = links[start + chosen]
        sums[linked] += best
    return sums, follows
