# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Detection in any source of frames, from one call.

Legend: T frames of a window, B frames of a pass through the backbone.
"""

from __future__ import annotations

import os
import warnings
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Generator, Iterator, List, Optional, Tuple, Union

from mmengine.config import Config
from torch import nn

from ..sources import Frame, FrameSource, ImageFiles, open_source
from ..sources.base import SourceEndedEarly
from ..utils.progress import Progress
from .detect import PostProcessor
from .frames import FrameEncoder, FrameResult
from .model import init_model
from .outputs import OutputPaths, ResultWriter
from .plan import make_plan

AnyPath = Union[str, os.PathLike]


@dataclass
class VideoResult:
    """Detections of a source.

    Attributes:
        frames (list[FrameResult]): One a frame, in order; empty if they were
            only to be written.
        times (list[float | None]): When each of them is shown, in seconds,
            as :class:`mmhvr.sources.Frame` has it.
        class_names (tuple[str]): Of ``labels``.
        num_frames (int): Number of frames that were gone through.
        num_detections (int): Their detections.
        complete (bool): Whether the source was read to its end.
        message (str): Why it was not, else ''.
    """

    frames: List[FrameResult] = field(default_factory=list)
    times: List[Optional[float]] = field(default_factory=list)
    class_names: Tuple[str, ...] = ()
    num_frames: int = 0
    num_detections: int = 0
    complete: bool = False
    message: str = ''

    def add(self, frame: Frame, found: FrameResult, keep: bool) -> None:
        """Count a frame, and keep its detections if asked for."""
        self.num_frames += 1
        self.num_detections += len(found.scores)
        if keep:
            self.frames.append(found)
            self.times.append(frame.time)


class HVRInferencer:
    """HVR-Net for a video file, a folder of frames, a camera or arrays.

    Frames are read one at a time and results are written as they come;
    memory does not grow with the length of the source, but for the results
    that are returned, and for the boxes that a post-processor needs. By
    default a recorded source gives what ``mim test`` gives, and a camera
    gives results without delay.

    Args:
        model (str | PathLike | Config | nn.Module, optional): The name of a
            config of mmhvr, a config file, a config, or a model from
            :func:`mmhvr.apis.init_model`. None takes the config that
            training has written into the checkpoint.
        weights (str | PathLike, optional): The checkpoint.
        device (str, optional): Such as 'cpu' or 'cuda:0'. Defaults to the
            first GPU, or the CPU without one.

    Raises:
        FileNotFoundError: The config or the checkpoint is missing.
        TypeError: The model is no HVR-Net.
        ValueError: The checkpoint does not fit, or the device is not there.

    Example:
        >>> inferencer = HVRInferencer('hvr_faster-rcnn_r18_mini', 'FILE.pth')
        >>> result = inferencer('clip.mp4', out_video='out.mp4')
        >>> result.frames[0].boxes, result.class_names  # [n, 4], names
    """

    def __init__(
        self,
        model: Union[AnyPath, Config, nn.Module, None] = None,
        weights: Optional[AnyPath] = None,
        device: Optional[str] = None,
    ) -> None:
        if isinstance(model, nn.Module):
            if weights is not None:
                raise ValueError(
                    'model is built already, so weights would be ignored; '
                    'give its config instead, or leave weights out'
                )
            self.model: Any = model if device is None else model.to(device)
        else:
            self.model = init_model(model, _text(weights), device)
            if self.model.checkpoint is None:
                warnings.warn(
                    'no weights were given: the model has random ones, and '
                    'its detections mean nothing; pass '
                    "weights='CHECKPOINT.pth'",
                    stacklevel=2,
                )
        if not hasattr(self.model, 'encode'):
            raise TypeError(
                f'the model is a {type(self.model).__name__}, but '
                'HVRInferencer needs an HVRNet; give a config whose name '
                'begins with hvr_'
            )
        self.class_names = tuple(getattr(self.model, 'class_names', ()))
        self.encoder = FrameEncoder(self.model)

    def __call__(
        self,
        source: Any,
        *,
        out_video: Optional[AnyPath] = None,
        out_json: Optional[AnyPath] = None,
        out_dir: Optional[AnyPath] = None,
        score_thr: float = 0.3,
        num_frames: Optional[int] = None,
        lookahead: Optional[int] = None,
        mode: Optional[str] = None,
        batch_size: int = 1,
        max_frames: Optional[int] = None,
        fps: Optional[float] = None,
        post_processor: Union[PostProcessor, dict, None] = None,
        return_results: bool = True,
        progress: bool = True,
    ) -> VideoResult:
        """Detect in a source.

        Args:
            source: See :func:`mmhvr.sources.open_source`.
            out_video: An .mp4 file for the frames with boxes.
            out_json: A .json file for the detections.
            out_dir: A folder for pictures with boxes.
            score_thr: Detections below are left out everywhere.
            num_frames: T. Defaults to that of the config's test.
            lookahead: Frames after a frame that its window waits for.
                Defaults to a window as in testing for what is recorded, and
                to 0 for a camera.
            mode: 'cached', 'delayed' or 'exact', see
                :class:`mmhvr.streaming.VideoEngine`. Defaults to that of the
                config's test.
            batch_size: B. More may be faster and takes more memory; the
                results are the same.
            max_frames: Stop after so many frames, as if the source ended.
            fps: Frames a second of ``out_video``. By default each frame is
                shown at its own time, and those of a source without times at
                25 frames a second.
            post_processor: What makes detections of the boxes of the whole
                video before NMS: a :class:`mmhvr.evaluation.SeqNMS`, another
                function of its kind, or a config such as
                ``dict(type='SeqNMS')``, whose thresholds are then the
                model's. The source is read twice, so that it must be
                recorded; all boxes are kept until its end, and what is to be
                written is written then.
            return_results: False keeps no results in memory.
            progress: Whether to show a bar, if there is a terminal.

        Returns:
            VideoResult: The detections of all frames.

        Raises:
            FileNotFoundError, ValueError, TypeError, OSError: The source
                cannot be read, an option is out of range, or an output
                cannot be written; before any frame is gone through. A frame
                in the middle that cannot be used raises after all before it
                are written.

        Warns:
            UserWarning: The source broke off; the results end there.
        """
        source = self._open(source)
        paths = OutputPaths(*map(_text, (out_video, out_json, out_dir)))
        paths.check(source)
        if not (fps is None or 0 < fps < float('inf')):
            raise ValueError(f'fps is {fps}; give a positive number')
        plan = make_plan(
            self.model,
            source,
            num_frames,
            lookahead,
            mode,
            batch_size,
            score_thr,
            max_frames,
            post_processor,
        )
        result = VideoResult(class_names=self.class_names)
        with (
            ResultWriter(paths, self.class_names, plan.header, fps) as writer,
            Progress(_least(source.length, max_frames), progress) as bar,
            closing(plan.run(self.encoder, bar.update)) as frames,
        ):
            try:
                for frame, found in frames:
                    writer.write(frame, found)
                    result.add(frame, found, return_results)
            except SourceEndedEarly as broken:
                result.message = str(broken)
            result.complete = not result.message
            writer.finish(result.message)
        if result.message:
            warnings.warn(result.message, stacklevel=2)
        return result

    def iterate(
        self,
        source: Any,
        *,
        score_thr: float = 0.3,
        num_frames: Optional[int] = None,
        lookahead: Optional[int] = None,
        mode: Optional[str] = None,
        batch_size: int = 1,
    ) -> Iterator[FrameResult]:
        """Return detections one frame after the other, as they come.

        For a source without an end; nothing is written and nothing kept.

        Args:
            source: See :func:`mmhvr.sources.open_source`.
            score_thr: Detections below are left out.
            num_frames: T, as for a call.
            lookahead: As for a call.
            mode: As for a call.
            batch_size: B; a camera's results come B frames at a time.

        Returns:
            Iterator[FrameResult]: One a frame, in order.

        Raises:
            FileNotFoundError, ValueError, TypeError, OSError: As for a call;
                a frame that cannot be used raises in its place.

        Warns:
            UserWarning: The source broke off; the results end there.
        """
        source = self._open(source)
        plan = make_plan(
            self.model,
            source,
            num_frames,
            lookahead,
            mode,
            batch_size,
            score_thr,
        )
        return _results_alone(plan.run(self.encoder))

    def _open(self, source: Any) -> FrameSource:
        """Return a source whose images are read as those of the test are."""
        source = open_source(source)
        if isinstance(source, ImageFiles):
            return ImageFiles(source.paths, source.name, self.encoder.bits)
        return source


def _results_alone(frames: Generator) -> Iterator[FrameResult]:
    """Return the results without their frames; an early end is a warning."""
    with closing(frames):
        try:
            for _, found in frames:
                yield found
        except SourceEndedEarly as broken:
            warnings.warn(str(broken), stacklevel=2)


def _text(path: Optional[AnyPath]) -> Optional[str]:
    """Return a path as text; None stays."""
    return None if path is None else os.fspath(path)


def _least(*values: Optional[int]) -> Optional[int]:
    """Return the least of the numbers that are known."""
    return min((v for v in values if v is not None), default=None)
