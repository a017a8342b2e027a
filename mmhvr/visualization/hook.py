# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Pictures of the frames of a test, with the boxes that were found."""

import os
import os.path as osp
from typing import Any, Iterator, List, Optional, Sequence

import cv2
import numpy as np
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from mmengine.structures import BaseDataElement, InstanceData

from ..annotations.class_names import names_in
from ..evaluation.predictions import PREDICTION_KEYS, prediction_key
from ..utils.image_files import read_image, save_picture
from .draw import draw_detections

# Smaller frames are enlarged, by a whole factor, until the shorter side has
# about so many pixels and a tag covers a small part of them.
_LEGIBLE_SIDE = 384


@HOOKS.register_module()
class VIDVisualizationHook(Hook):
    """Draws the detections of every frame of a test.

    With ``show_dir`` it writes ``show_dir/VIDEO/FRAME.jpg``: the path that the
    frame has below ``data_prefix`` of the test data. It takes what video
    detectors predict (``pred_det_instances``) and what detectors of single
    frames do (``pred_instances``). ``tools/test.py --show-dir FOLDER`` adds
    it.

    Args:
        draw: Whether to do anything at all.
        show_dir: A folder, or None.
        show: Whether to show every frame in a window.
        wait_time: Seconds that a window stays; 0 waits for a key.
        score_thr: Boxes of at least this score are drawn.
        interval: Draw one frame out of so many.
        factor: Enlarge frames by this whole number; by default small frames
            are enlarged until a tag can be read on them.
        backend_args: How MMEngine reads the images; from the disk by
            default. 16 bits are scaled as the test pipeline does it.

    Raises:
        ValueError: ``interval`` is less than 1.
    """

    def __init__(
        self,
        draw: bool = True,
        show_dir: Optional[str] = None,
        show: bool = False,
        wait_time: float = 0.0,
        score_thr: float = 0.3,
        interval: int = 1,
        factor: Optional[int] = None,
        backend_args: Optional[dict] = None,
    ):
        if interval < 1:
            raise ValueError(
                f'interval is {interval}; give 1 for every '
                'frame, n for one frame out of n'
            )
        self.draw = draw
        self.show_dir = show_dir
        self.show = show
        self.wait_time = wait_time
        self.score_thr = score_thr
        self.interval = interval
        self.factor = factor
        self.backend_args = backend_args

    def after_test_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Optional[Sequence[BaseDataElement]] = None,
    ) -> None:
        """Draws the frames of a batch.

        Args:
            runner: The runner, whose test data name the classes.
            batch_idx: The batch of the test.
            data_batch: Not used.
            outputs: The predictions, with ``img_path``.
        """
        if not self.draw or not self.every_n_inner_iters(
            batch_idx, self.interval
        ):
            return
        dataset = runner.test_dataloader.dataset
        names, roots = class_names_of(dataset), image_roots(dataset)
        for sample in outputs or ():
            picture = self.picture(sample, names, bits_of(dataset))
            if self.show_dir is not None:
                save_picture(
                    picture,
                    picture_path(self.show_dir, sample.img_path, roots),
                )
            if self.show:
                cv2.imshow('mmhvr', picture)
                cv2.waitKey(int(self.wait_time * 1000))

    def picture(
        self,
        sample: BaseDataElement,
        class_names: Optional[Sequence[str]],
        bits: int = 16,
    ) -> np.ndarray:
        """Read the frame of a prediction and draws its boxes.

        Args:
            sample: The prediction, with ``img_path``.
            class_names: The name of each class.
            bits: As for :func:`mmhvr.utils.image_files.read_image`.

        Returns:
            [H, W, 3] BGR uint8.
        """
        image = read_image(sample.img_path, self.backend_args, bits)
        found = predicted_instances(sample)
        return draw_detections(
            image,
            found.bboxes.detach().cpu().numpy(),
            found.labels.detach().cpu().numpy(),
            found.scores.detach().cpu().numpy(),
            class_names=class_names,
            score_thr=self.score_thr,
            factor=self.factor or legible_factor(image),
        )


def predicted_instances(sample: BaseDataElement) -> InstanceData:
    """Return the boxes of a prediction, of a video or a single-frame detector.

    Args:
        sample: A TrackDataSample or a DetDataSample.

    Raises:
        ValueError: It holds no prediction.
    """
    key = prediction_key(sample)
    if key is None:
        raise ValueError(
            f'the sample holds neither {" nor ".join(PREDICTION_KEYS)}, '
            f'found {sorted(sample.keys())}; draw what a test predicts'
        )
    return getattr(sample, key)


def class_names_of(dataset: Any) -> Optional[Sequence[str]]:
    """Return the class names of a data set, by either spelling."""
    return names_in(getattr(dataset, 'metainfo', None))


def legible_factor(image: np.ndarray) -> int:
    """How many times an image must be enlarged to carry tags.

    Example:
        >>> legible_factor(np.zeros((96, 96, 3), np.uint8))
        4
    """
    return max(1, round(_LEGIBLE_SIDE / max(1, min(image.shape[:2]))))


def image_roots(dataset: Any) -> List[str]:
    """Return the folders to which the file names of a data set are relative.

    Args:
        dataset: With ``data_prefix``, or a wrapper around such ones.
    """
    roots = []
    for part in _parts(dataset):
        prefix = getattr(part, 'data_prefix', None) or {}
        roots += [osp.abspath(path) for path in prefix.values() if path]
    return roots


def bits_of(dataset: Any) -> int:
    """``bits`` of the LoadVideoFrames in the pipeline of a data set."""
    for part in _parts(dataset):
        pipeline = getattr(part, 'pipeline', None)
        for step in getattr(pipeline, 'transforms', ()):
            if hasattr(step, 'bits'):
                return step.bits
    return 16


def _parts(dataset: Any) -> Iterator[Any]:
    """Return a data set, and those that it wraps."""
    yield dataset
    wrapped = getattr(dataset, 'datasets', None) or []
    for part in [*wrapped, getattr(dataset, 'dataset', None)]:
        if part is not None:
            yield from _parts(part)


def picture_path(
    show_dir: str, img_path: str, roots: Sequence[str] = ()
) -> str:
    """Where the picture of a frame goes, another place for each frame.

    Args:
        show_dir: The folder of all pictures.
        img_path: The file of the frame.
        roots: Folders that hold the frames, absolute. Their common part is
            left out of the path; without, the working directory is.

    Example:
        >>> picture_path('out', '/d/val/SEQ/img1/7.JPEG', ['/d/val'])
        'out/SEQ/img1/7.jpg'
    """
    path = osp.abspath(img_path)
    root = osp.commonpath(roots) if roots else os.getcwd()
    below = osp.relpath(path, root)
    if below.startswith(os.pardir):
        below = osp.relpath(path, os.sep)
    return osp.join(show_dir, f'{osp.splitext(below)[0]}.jpg')
