# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""By how much one model is better than another, and how sure that is.

The paired bootstrap over videos: the videos of the data set are drawn with
replacement, the same ones for both models, and the values are computed anew.
The middle 95 % of the differences are the interval. Frames are not drawn one
by one, since those of a video are alike.

Legend: G boxes to find, I images, V videos, B resamples, C groups of boxes
(all, slow, medium, fast), K classes, S files of predictions.
"""

from dataclasses import dataclass
from typing import (
    Any,
    Dict,
    FrozenSet,
    Iterable,
    List,
    Optional,
    Sequence,
    Union,
)

import numpy as np
from mmengine.logging import print_log

from ..evaluation.average_precision import mean_average_precision
from ..evaluation.prediction_files import (
    AnyPredictions,
    label_names,
    load_predictions,
)
from ..evaluation.vid_metric import VIDMetric
from .resampling import (
    draw_videos,
    motion_groups,
    number_videos,
    resampled_average_precisions,
)

# A file of predictions, or what it holds.
Run = Union[str, AnyPredictions]

# Percentiles at the ends of the interval. With fewer resamples than LEAST
# less than one is beyond an end.
ENDS = (2.5, 97.5)
LEAST = 40


@dataclass(frozen=True)
class Difference:
    """How far B is above A, in AP from 0 to 1.

    Attributes:
        a (float): AP of A, the mean over its files.
        b (float): AP of B.
        difference (float): b - a.
        low (float): Lower end of the interval of 95 %.
        high (float): Its upper end.
        above_zero (float): Share of the resamples in which B is above A.
        below_zero (float): Share in which it is below.
        resamples (int): How many of them have such boxes.
        boxes (int): How many boxes there are to find.
        videos (int): How many videos have such boxes.
    """

    a: float
    b: float
    difference: float
    low: float
    high: float
    above_zero: float
    below_zero: float
    resamples: int
    boxes: int
    videos: int


@dataclass(frozen=True)
class Comparison:
    """Two models on the same videos.

    Attributes:
        means (dict[str, Difference]): Of the mean over the classes, by group:
            ``'all'`` and, with motion, ``'slow'``, ``'medium'``, ``'fast'``;
            a group without boxes is left out.
        classes (dict[str, dict[str, Difference]]): Of each class, by group.
        runs (dict[str, list[float]]): Mean over the classes of each file of
            ``'a'`` and of ``'b'``, all boxes.
        videos (int): V.
        resamples (int): B.
        seed (int): Of the draws.
    """

    means: Dict[str, Difference]
    classes: Dict[str, Dict[str, Difference]]
    runs: Dict[str, List[float]]
    videos: int
    resamples: int
    seed: int


def compare_predictions(
    a: Iterable[Run],
    b: Iterable[Run],
    ann_file: str,
    classes: Optional[Sequence[str]] = None,
    protocol: Optional[str] = 'fgfa',
    resamples: int = 2000,
    seed: int = 0,
    score_thr: Optional[float] = None,
    **options: Any,
) -> Comparison:
    """Compare two models, each by the predictions of one or several runs.

    The values of several runs are averaged; a resample is the same for all
    of them. Labels are matched by the names of their classes.

    Args:
        a (Iterable[str | dict]): The runs of A, each a file of predictions
            or detections by image id. One file is in memory at a time.
        b (Iterable[str | dict]): The runs of B.
        ann_file (str): The annotation file, with videos.
        classes (Sequence[str], optional): Class names by label, if the
            predictions do not have them.
        protocol (str, optional): The rules of AP by motion, None for none.
            Defaults to 'fgfa'.
        resamples (int): B. Defaults to 2000.
        seed (int): Of the draws. Defaults to 0.
        score_thr (float, optional): Detections with a lower score are left
            out. By default none are.
        **options (Any): Of :class:`VIDMetric`: ``motion_iou_file``,
            ``iou_thr`` and ``offset``.

    Returns:
        Comparison: The differences.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If an argument is out of range, a file is broken or does
            not say its classes, A and B have different frames or classes,
            there are fewer than two videos, or nothing is to be found.
    """
    if resamples < LEAST:
        raise ValueError(
            f'resamples must be at least {LEAST}, but got {resamples}: less '
            'than one would be beyond an end of the interval'
        )
    if score_thr is not None and not np.isfinite(score_thr):
        raise ValueError(f'score_thr must be a number, but got {score_thr}')
    metric = VIDMetric(
        ann_file,
        protocols=() if protocol is None else (protocol,),
        coco=False,
        **options,
    )
    videos, ids = number_videos(metric.annotations)
    # The first column is the data set itself.
    counts = np.ones((len(ids), 1 + resamples), dtype=np.int64)
    counts[:, 1:] = draw_videos(len(ids), resamples, seed)
    evaluation = _Evaluation(metric, videos, counts, classes, score_thr)
    runs_a, runs_b = evaluation.values('A', a), evaluation.values('B', b)
    names = evaluation.names
    gt = metric.annotations.ground_truth(names, metric.motion)
    a_mean, b_mean = runs_a.mean(0), runs_b.mean(0)
    means: Dict[str, Difference] = {}
    by_class: Dict[str, Dict[str, Difference]] = {name: {} for name in names}
    for column, (group, mask) in enumerate(motion_groups(gt).items()):
        labels, own = gt.labels[mask], videos[gt.images[mask]]
        a_group, b_group = a_mean[:, column], b_mean[:, column]
        if len(labels):
            means[group] = difference(
                _mean_over_classes(a_group), _mean_over_classes(b_group), own
            )
        for label in np.unique(labels).tolist():
            by_class[names[label]][group] = difference(
                a_group[:, label], b_group[:, label], own[labels == label]
            )
    return Comparison(
        means=means,
        classes=by_class,
        runs={
            side: [mean_average_precision(run[0, 0]) for run in runs]
            for side, runs in (('a', runs_a), ('b', runs_b))
        },
        videos=len(ids),
        resamples=resamples,
        seed=seed,
    )


def difference(
    a: np.ndarray, b: np.ndarray, box_videos: np.ndarray
) -> Difference:
    """Put the values of the resamples into a few numbers.

    Args:
        a (np.ndarray): AP of A in the data set and in each resample, [1 + B];
            NaN in those without boxes.
        b (np.ndarray): AP of B, [1 + B].
        box_videos (np.ndarray): The video of each box to find, [G].

    Returns:
        Difference: The numbers.
    """
    apart = (b - a)[1:]
    # Equal values must not differ by the rounding of their sums.
    apart = apart[~np.isnan(apart)].round(12)
    low, high = np.percentile(apart, ENDS).tolist()
    return Difference(
        a=float(a[0]),
        b=float(b[0]),
        difference=float(b[0] - a[0]),
        low=low,
        high=high,
        above_zero=float((apart > 0).mean()),
        below_zero=float((apart < 0).mean()),
        resamples=len(apart),
        boxes=len(box_videos),
        videos=len(np.unique(box_videos)),
    )


class _Evaluation:
    """Evaluates runs one after the other, all of the same frames and classes.

    Args:
        metric: Checks the predictions and knows the boxes.
        videos: Number of each image's video, int [I].
        counts: How often each video counts, int [V, 1 + B].
        classes: Class names by label of runs that do not have them.
        score_thr: Detections with a lower score are left out; None for none.
    """

    def __init__(
        self,
        metric: VIDMetric,
        videos: np.ndarray,
        counts: np.ndarray,
        classes: Optional[Sequence[str]],
        score_thr: Optional[float],
    ) -> None:
        self.metric = metric
        self.videos = videos
        self.counts = counts
        self.classes = classes
        self.score_thr = score_thr
        # Of the first run, which the others must equal.
        self.first = ''
        self.names: List[str] = []
        self.frames: FrozenSet[Any] = frozenset()

    def values(self, side: str, runs: Iterable[Run]) -> np.ndarray:
        """AP in the data set and in each resample, [S, 1 + B, C, K]."""
        results = []
        for number, run in enumerate(runs, 1):
            name = f'run {number} of {side}'
            if isinstance(run, str):
                name = repr(run)
                print_log(f'reading {run}', logger='current')
                run = load_predictions(run, self.metric.annotations)
            try:
                results.append(self._run(name, run))
            except ValueError as error:
                raise ValueError(f'{name}: {error}') from error
            # Otherwise it stays while the next one is read.
            del run
        if not results:
            raise ValueError(f'{side} has no files of predictions; give one')
        return np.array(results)

    def _run(self, name: str, predictions: AnyPredictions) -> np.ndarray:
        """AP of one run, [1 + B, C, K], the classes as of the first run."""
        names = label_names(predictions, self.classes)
        frames = frozenset(predictions)
        if not self.first:
            self.first, self.names, self.frames = name, names, frames
        self._compare(names, frames)
        metric = self.metric
        metric.dataset_meta = dict(classes=names)
        for image_id, frame in predictions.items():
            metric.process(None, [dict(img_id=image_id, pred_instances=frame)])
        _, gt, det = metric.arrays(metric.results)
        metric.results.clear()
        if self.score_thr is not None:
            det = det.select(det.scores >= self.score_thr)
        values = resampled_average_precisions(
            gt,
            det,
            len(names),
            self.videos,
            self.counts,
            metric.protocols[0] if metric.protocols else 'fgfa',
            metric.iou_thr,
            metric.offset,
        )
        return values[..., [names.index(name) for name in self.names]]

    def _compare(self, names: List[str], frames: FrozenSet[Any]) -> None:
        """Raise a ValueError unless frames and classes are the first's."""
        if set(names) != set(self.names):
            raise ValueError(
                f'it has the classes {sorted(set(names) - set(self.names))}, '
                f'which {self.first} has not, and not '
                f'{sorted(set(self.names) - set(names))}, which it has; '
                'compare models of the same classes'
            )
        apart = frames ^ self.frames
        if apart:
            raise ValueError(
                f'it predicts {len(frames)} frames and {self.first} '
                f'{len(self.frames)}, and {len(apart)} are in one of them '
                f'alone, such as image id {min(apart, key=str)!r}; test both '
                f'on all frames of {self.metric.ann_file!r}'
            )


def _mean_over_classes(values: np.ndarray) -> np.ndarray:
    """Mean of [1 + B, K] over the classes with boxes; NaN if there is none."""
    known = ~np.isnan(values)
    number = known.sum(1)
    total = np.where(known, values, 0).sum(1)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)
