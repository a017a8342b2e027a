# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""How the frames of a source become detections, with every option checked.

Legend: T frames of a window, B frames of a pass through the backbone.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Callable, Generator, Optional, Union

from mmtrack.registry import TASK_UTILS

from ..sources import FrameSource
from ..streaming import VideoEngine
from ..streaming.window import (
    LiveWindow,
    RecordedWindow,
    SymmetricWindow,
    Window,
)
from .detect import (
    PostProcessor,
    detect_frames,
    detect_whole_video,
    finished_frames,
)
from .frames import FrameEncoder


@dataclass(frozen=True)
class Plan:
    """How the frames of a source become detections.

    Attributes:
        source (FrameSource): The source.
        engine (VideoEngine): Of the model.
        window (Window): Which frames support which.
        batch_size (int): B.
        score_thr (float): Detections below are left out.
        max_frames (int, optional): After how many frames to stop.
        post_processor (PostProcessor, optional): What looks at the boxes of
            the whole video before NMS.
    """

    source: FrameSource
    engine: VideoEngine
    window: Window
    batch_size: int = 1
    score_thr: float = 0.0
    max_frames: Optional[int] = None
    post_processor: Optional[PostProcessor] = None

    def run(
        self, encoder: FrameEncoder, seen: Callable[[], None] = lambda: None
    ) -> Generator:
        """Go through the source.

        Args:
            encoder (FrameEncoder): Of the model.
            seen (Callable): Called for each frame that has passed the
                network.

        Returns:
            Generator: As that of :func:`mmhvr.apis.detect.detect_frames`.
        """
        passed = (
            itertools.islice(self.source, self.max_frames),
            encoder,
            self.engine,
            self.window,
            self.batch_size,
        )
        if self.post_processor is not None:
            return detect_whole_video(
                self.source,
                finished_frames(*passed),
                self.post_processor,
                self.score_thr,
                seen,
            )
        return _counted(detect_frames(*passed, self.score_thr), seen)

    @property
    def header(self) -> dict:
        """What the JSON file of the results says of it."""
        post: Any = self.post_processor
        name = None
        if post is not None:
            name = getattr(post, 'name', type(post).__name__)
        return dict(
            source=self.source.name,
            fps=self.source.fps,
            score_thr=self.score_thr,
            mode=self.engine.mode,
            num_window_frames=self.window.max_supports + 1,
            post_processor=name,
        )


def make_plan(
    model: Any,
    source: FrameSource,
    num_frames: Optional[int] = None,
    lookahead: Optional[int] = None,
    mode: Optional[str] = None,
    batch_size: int = 1,
    score_thr: float = 0.0,
    max_frames: Optional[int] = None,
    post_processor: Union[PostProcessor, dict, None] = None,
) -> Plan:
    """Plan a run over a source, as in testing where not said.

    Args:
        model (HVRNet): As :func:`mmhvr.apis.init_model` returns it.
        source (FrameSource): The source.
        num_frames (int, optional): T.
        lookahead (int, optional): See :func:`choose_window`.
        mode (str, optional): 'cached', 'delayed' or 'exact'.
        batch_size (int): B.
        score_thr (float): Detections below are left out.
        max_frames (int, optional): After how many frames to stop.
        post_processor (PostProcessor | dict, optional): Or its config.

    Returns:
        Plan: The plan.

    Raises:
        TypeError: The post-processor is none.
        ValueError: An option is out of range, or does not fit the source.
    """
    for name, value in (
        ('batch_size', batch_size),
        ('max_frames', max_frames),
    ):
        if value is not None and value < 1:
            raise ValueError(f'{name} must be at least 1, but is {value}')
    if not 0 <= score_thr <= 1:
        raise ValueError(f'score_thr must be 0 to 1, but is {score_thr}')
    roi_head = model.detector.roi_head
    if post_processor is not None:
        if source.is_live or not source.can_be_read_again:
            raise ValueError(
                f'post_processor needs the whole video, and {source.name} '
                'can be read only once, as its frames come; record it to a '
                'file (a list or an array does, too), or leave '
                'post_processor out'
            )
        post_processor = _built(post_processor, roi_head.test_cfg)
    cfg = model.cfg.get('test_cfg') or {}
    sampler = cfg.get('frame_sampler') or dict(type='WindowFrameSampler')
    return Plan(
        source,
        VideoEngine(
            roi_head,
            mode or cfg.get('mode', 'cached'),
            before_nms=post_processor is not None,
        ),
        choose_window(sampler, source, num_frames, lookahead, max_frames),
        batch_size,
        score_thr,
        max_frames,
        post_processor,
    )


def choose_window(
    frame_sampler: dict,
    source: FrameSource,
    num_frames: Optional[int] = None,
    lookahead: Optional[int] = None,
    max_frames: Optional[int] = None,
) -> Window:
    """Return the window of a source: as in testing, or a live one.

    Args:
        frame_sampler (dict): ``test_cfg.frame_sampler`` of a config.
        source (FrameSource): The source.
        num_frames (int, optional): T, in place of the sampler's.
        lookahead (int, optional): Frames after a frame that its window waits
            for. Defaults to the sampler's window, and to 0 for a camera.
        max_frames (int, optional): After how many frames the source is left.

    Returns:
        Window: For :class:`mmhvr.streaming.VideoEngine`.

    Raises:
        ValueError: T or ``lookahead`` is out of range, or the sampler needs
            the length of a source that does not tell it.
    """
    sampler = dict(frame_sampler)
    if num_frames is not None:
        sampler['num_frames'] = num_frames
    built: Any = TASK_UTILS.build(sampler)
    if lookahead is None and source.is_live:
        lookahead = 0
    if lookahead is not None:
        return LiveWindow(built.num_frames, lookahead)
    kind = type(built).__name__
    if kind == 'WindowFrameSampler' and built.stride == 1:
        return SymmetricWindow(built.num_frames)
    length = source.count()
    if length is None:
        raise ValueError(
            f"{kind} of the config's test_cfg needs the number of frames, "
            f'which {source.name} does not tell; give lookahead'
        )
    if max_frames is not None:
        length = min(length, max_frames)
    return RecordedWindow(built, length)


def _built(
    post_processor: Union[PostProcessor, dict], test_cfg: dict
) -> PostProcessor:
    """Return a post-processor, built if it is a config."""
    if isinstance(post_processor, dict):
        from ..engine.post_processing import build_post_processor

        try:
            return build_post_processor(post_processor, test_cfg)
        except KeyError as error:
            raise ValueError(
                f'post_processor {dict(post_processor)} cannot be built: '
                f"{error.args[0]}; give dict(type='SeqNMS')"
            ) from error
    if not callable(post_processor):
        raise TypeError(
            'post_processor must be a mmhvr.evaluation.SeqNMS, another '
            'function of its kind, or a config such as '
            f"dict(type='SeqNMS'), got {post_processor!r}"
        )
    return post_processor


def _counted(frames: Generator, seen: Callable[[], None]) -> Generator:
    """Yield the same, with a call for each frame."""
    for pair in frames:
        yield pair
        seen()
